-- Lineage as people query it: cycles marked, and the roots of every model.
UPDATE base.edge SET in_cycle = true
WHERE (child_hub_id, parent_hub_id) IN (SELECT (child, parent) FROM base.cycle_edge);

CREATE VIEW lineage AS
SELECT child_hub_id, child, parent, parent_hub_id, parent_kind, relation, source, self_parent, in_cycle FROM base.edge;

-- One row for a child and a parent, whatever sources say it and under whichever of its names.
CREATE VIEW lineage_edges AS
WITH source_order(source, place) AS (VALUES {{lineage_sources}}),
grouped AS (
    SELECT edge.child_hub_id, min(edge.child) AS child, edge.parent_key, max(edge.parent_hub_id) AS parent_hub_id,
        arg_min(edge.current_name, (place, edge.parent)) AS parent, min(edge.parent_kind) AS parent_kind,
        coalesce(arg_min(edge.relation, place) FILTER (WHERE edge.relation <> 'unknown'), 'unknown') AS relation,
        list(DISTINCT {'place': place, 'source': edge.source}) AS sources, bool_or(edge.self_parent) AS self_parent,
        bool_or(edge.in_cycle) AS in_cycle
    FROM base.edge AS edge JOIN source_order USING (source)
    GROUP BY edge.child_hub_id, edge.parent_key
)
SELECT grouped.child_hub_id, grouped.child, coalesce(name.repo_id, grouped.parent) AS parent, grouped.parent_hub_id,
    grouped.parent_kind, grouped.relation, list_transform(list_sort(grouped.sources), lambda one: one.source) AS sources,
    grouped.self_parent, grouped.in_cycle
FROM grouped
LEFT JOIN base.model_key AS key ON key.hub_id = grouped.parent_hub_id
LEFT JOIN base.name AS name ON name.model = key.model AND name.to_run = 2147483647;

-- Of models that are parents the roots are known (base.parent_root); those of all others follow from their parents'.
CREATE TABLE lineage_roots AS
WITH reached AS (
    SELECT edge.child, coalesce(top.root, edge.parent) AS root, coalesce(top.depth, 0) + 1 AS depth
    FROM base.main_edge AS edge LEFT JOIN base.parent_root AS top ON top.child = edge.parent
    WHERE top.child IS NOT NULL OR NOT EXISTS (SELECT 1 FROM base.main_edge AS above WHERE above.child = edge.parent)
),
shortest AS (SELECT child, root, min(depth)::BIGINT AS depth FROM reached GROUP BY child, root),
spelled AS (SELECT parent, min(name) AS name FROM base.main_edge GROUP BY parent)
SELECT shortest.child AS child_hub_id, name.repo_id AS child, holder.hub_id AS root_hub_id,
    coalesce(root_name.repo_id, spelled.name) AS root, shortest.depth
FROM shortest
JOIN base.model_key AS key ON key.hub_id = shortest.child
JOIN base.name AS name ON name.model = key.model AND name.to_run = 2147483647
LEFT JOIN base.model_key AS holder ON holder.hub_id = shortest.root
LEFT JOIN base.name AS root_name ON root_name.model = holder.model AND root_name.to_run = 2147483647
LEFT JOIN spelled ON spelled.parent = shortest.root
ORDER BY child_hub_id;
