-- What models were made from: parents found under the names they had then, roots, cycles.
-- Who a name belongs to: what was seen under it; else what the Hub links under it; else, where the Hub links one model
-- for the only name that a tag gives, that one (the name is a former one), if owner or name are still the same.
CREATE TABLE base.holder AS
WITH seen AS (
    SELECT lower(named.repo_id) AS name,
        arg_max(key.hub_id, (now.repo_id IS NOT NULL, named.last_seen, key.hub_id)) AS hub_id
    FROM base.named AS named
    JOIN base.model_key AS key USING (model)
    LEFT JOIN base.name AS now ON now.model = named.model AND now.to_run = 2147483647 AND now.repo_id = named.repo_id
    GROUP BY lower(named.repo_id)
),
linked AS (
    SELECT lower(parent) AS name, max(parent_hub_id) AS hub_id
    FROM base.said_lineage WHERE source = 'hub' AND parent_hub_id IS NOT NULL GROUP BY lower(parent)
),
single AS (
    SELECT child_hub_id, source, lower(min(parent)) AS name, min(parent_hub_id) AS hub_id
    FROM base.said_lineage WHERE source IN ('hub', 'tag') AND parent_kind = 'repo'
    GROUP BY child_hub_id, source HAVING count(*) = 1
),
moved AS (
    SELECT tag.name, min(hub.hub_id) AS hub_id
    FROM single AS tag JOIN single AS hub USING (child_hub_id)
    WHERE tag.source = 'tag' AND hub.source = 'hub' AND hub.hub_id IS NOT NULL AND hub.name <> tag.name
        AND (
            split_part(hub.name, '/', 1) = split_part(tag.name, '/', 1)
            OR split_part(hub.name, '/', -1) = split_part(tag.name, '/', -1)
        )
    GROUP BY tag.name HAVING count(DISTINCT hub.hub_id) = 1
)
SELECT name, hub_id FROM seen
UNION ALL SELECT name, hub_id FROM linked ANTI JOIN seen USING (name)
UNION ALL SELECT name, hub_id FROM moved ANTI JOIN seen USING (name) ANTI JOIN linked USING (name);

-- ``meant``: one word for a parent, whatever it was called.
CREATE TABLE base.parent AS
WITH former(old, name) AS (VALUES {{former_names}}),
named AS (
    SELECT said.*, coalesce(former.name, said.parent) AS current_name,
        coalesce(said.parent_hub_id, today.hub_id, holder.hub_id) AS known_id
    FROM base.said_lineage AS said
    LEFT JOIN former ON said.parent_kind = 'repo' AND former.old = lower(said.parent)
    LEFT JOIN base.holder AS today ON today.name = lower(former.name)
    LEFT JOIN base.holder AS holder ON said.parent_kind = 'repo' AND holder.name = lower(said.parent)
)
SELECT child_hub_id, child, parent, known_id AS parent_hub_id, parent_kind, relation, source,
    self_parent OR known_id IS NOT DISTINCT FROM child_hub_id AS self_parent, current_name,
    coalesce(known_id, CASE WHEN parent_kind = 'repo' THEN lower(current_name) ELSE current_name END) AS meant
FROM named
-- A former name of the model itself, found in its files, is no claim.
WHERE source IN ({{declared}}) OR known_id IS DISTINCT FROM child_hub_id;

-- One graph: of each model the edges of its most trusted source; a parent is a hub_id, or a name nobody has.
CREATE TABLE base.followed AS
WITH source_order(source, place) AS (VALUES {{lineage_sources}}),
ranked AS (
    SELECT child_hub_id AS child, meant AS parent, min(current_name) AS name, min(place) AS place
    FROM base.parent JOIN source_order USING (source) WHERE parent_kind = 'repo' AND NOT self_parent
    GROUP BY child_hub_id, meant
),
trusted AS (SELECT child, min(place) AS place FROM ranked GROUP BY child)
SELECT ranked.child, ranked.parent, ranked.name FROM ranked JOIN trusted USING (child, place);
