-- What models were made from: parents found under the names they had then, roots, cycles.
CREATE TABLE base.holder AS
SELECT lower(named.repo_id) AS name,
    arg_max(key.hub_id, (now.repo_id IS NOT NULL, named.last_seen, key.hub_id)) AS hub_id
FROM base.named AS named
JOIN base.model_key AS key USING (model)
LEFT JOIN base.name AS now ON now.model = named.model AND now.to_run = 2147483647 AND now.repo_id = named.repo_id
GROUP BY lower(named.repo_id);

CREATE TABLE base.parent AS
SELECT said.child_hub_id, said.child, said.parent, coalesce(said.parent_hub_id, holder.hub_id) AS parent_hub_id,
    said.parent_kind, said.relation, said.source,
    said.self_parent OR coalesce(said.parent_hub_id, holder.hub_id) IS NOT DISTINCT FROM said.child_hub_id AS self_parent
FROM base.said_lineage AS said
LEFT JOIN base.holder AS holder ON said.parent_kind = 'repo' AND holder.name = lower(said.parent)
-- A former name of the model itself in its own config is no claim.
WHERE said.source <> 'name_or_path'
    OR coalesce(said.parent_hub_id, holder.hub_id) IS DISTINCT FROM said.child_hub_id;

-- One graph: of each model the edges of its most trusted source; a parent is a hub_id, or a name nobody has.
CREATE TABLE base.followed AS
WITH ranked AS (
    SELECT child_hub_id AS child, coalesce(parent_hub_id, lower(parent)) AS parent, any_value(parent) AS name,
        min(CASE source WHEN 'hub' THEN 1 WHEN 'tag' THEN 2 WHEN 'card' THEN 3 WHEN 'adapter_config' THEN 4 ELSE 5 END)
            AS place
    FROM base.parent WHERE parent_kind = 'repo' AND NOT self_parent
    GROUP BY child_hub_id, coalesce(parent_hub_id, lower(parent))
),
trusted AS (SELECT child, min(place) AS place FROM ranked GROUP BY child)
SELECT ranked.child, ranked.parent, ranked.name FROM ranked JOIN trusted USING (child, place);

-- Only models that are parents themselves are followed upwards, 32 steps at most; the rest follows from them.
CREATE TABLE base.ancestor AS
WITH RECURSIVE upward AS (
    SELECT DISTINCT edge.child AS node, edge.parent AS ancestor, 1 AS depth
    FROM base.followed AS edge SEMI JOIN base.followed AS below ON below.parent = edge.child
    UNION
    SELECT upward.node, edge.parent, upward.depth + 1
    FROM upward JOIN base.followed AS edge ON edge.child = upward.ancestor
    WHERE upward.depth < 32 AND upward.ancestor <> upward.node
)
SELECT node, ancestor, min(depth) AS depth FROM upward GROUP BY node, ancestor;

CREATE TABLE lineage AS
WITH circle AS (SELECT node, ancestor FROM base.ancestor UNION SELECT child, parent FROM base.followed)
SELECT parent.child_hub_id, parent.child, parent.parent, parent.parent_hub_id, parent.parent_kind, parent.relation,
    parent.source, parent.self_parent, back.node IS NOT NULL AND NOT parent.self_parent AS in_cycle
FROM base.parent AS parent
LEFT JOIN circle AS back ON back.node = parent.parent_hub_id AND back.ancestor = parent.child_hub_id
ORDER BY parent.child_hub_id;

CREATE TABLE lineage_roots AS
WITH top AS (
    SELECT node, ancestor, depth FROM base.ancestor
    ANTI JOIN base.followed AS edge ON edge.child = base.ancestor.ancestor
),
reached AS (
    SELECT edge.child, coalesce(top.ancestor, edge.parent) AS root, coalesce(top.depth, 0) + 1 AS depth
    FROM base.followed AS edge LEFT JOIN top ON top.node = edge.parent
    WHERE top.node IS NOT NULL OR NOT EXISTS (SELECT 1 FROM base.followed AS above WHERE above.child = edge.parent)
),
shortest AS (SELECT child, root, min(depth) AS depth FROM reached GROUP BY child, root),
spelled AS (SELECT parent, any_value(name) AS name FROM base.followed GROUP BY parent)
SELECT shortest.child AS child_hub_id, name.repo_id AS child, holder.hub_id AS root_hub_id,
    coalesce(root_name.repo_id, spelled.name) AS root, shortest.depth::BIGINT AS depth
FROM shortest
JOIN base.model_key AS key ON key.hub_id = shortest.child
JOIN base.name AS name ON name.model = key.model AND name.to_run = 2147483647
LEFT JOIN base.model_key AS holder ON holder.hub_id = shortest.root
LEFT JOIN base.name AS root_name ON root_name.model = holder.model AND root_name.to_run = 2147483647
LEFT JOIN spelled ON spelled.parent = shortest.root
ORDER BY child_hub_id;

DROP TABLE base.parent;
