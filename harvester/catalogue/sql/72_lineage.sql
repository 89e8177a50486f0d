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
    SELECT child_hub_id AS child, coalesce(parent_hub_id, lower(parent)) AS parent, min(parent) AS name,
        min(CASE source WHEN 'hub' THEN 1 WHEN 'tag' THEN 2 WHEN 'card' THEN 3 WHEN 'adapter_config' THEN 4 ELSE 5 END)
            AS place
    FROM base.parent WHERE parent_kind = 'repo' AND NOT self_parent
    GROUP BY child_hub_id, coalesce(parent_hub_id, lower(parent))
),
trusted AS (SELECT child, min(place) AS place FROM ranked GROUP BY child)
SELECT ranked.child, ranked.parent, ranked.name FROM ranked JOIN trusted USING (child, place);
