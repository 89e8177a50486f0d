-- What models were made from: parents found under the names they had then, roots, cycles.
-- Each parent once a source. A text may name several; base.reference has what each names.
CREATE TABLE base.stated_parent AS
WITH word(word, relation) AS (VALUES {{relation_words}}),
read AS (
    SELECT claim.model, claim.source, claim.place, claim.hub_id, coalesce(word.relation, 'unknown') AS relation,
        reference.part, reference.name, reference.kind, reference.key
    FROM base.claim AS claim JOIN base.reference AS reference USING (text)
    LEFT JOIN word ON word.word = lower(trim(claim.relation))
),
-- Of several tags for one parent, the last that says how the model was made from it.
tagged AS (
    SELECT model, key,
        coalesce(arg_max(name, nth) FILTER (relation <> 'unknown'), arg_min(name, nth)) AS name,
        coalesce(arg_max(kind, nth) FILTER (relation <> 'unknown'), arg_min(kind, nth)) AS kind,
        coalesce(arg_max(relation, nth) FILTER (relation <> 'unknown'), 'unknown') AS relation
    FROM (SELECT *, place::BIGINT << 32 | part AS nth FROM read WHERE source = 'tag') GROUP BY model, key
),
claimed AS (
    SELECT model, source, key, name, kind, hub_id, relation, place, part FROM read WHERE source <> 'tag'
    UNION ALL
    SELECT model, 'tag', key, name, kind, NULL, relation, 1, 0 FROM tagged
),
adapted AS (
    SELECT model FROM base.file WHERE path = 'adapter_config.json'
    UNION SELECT model FROM base.claim WHERE source = 'adapter_config'
),
-- Duplicates are only possible where a source names several.
several AS (SELECT DISTINCT model, source FROM claimed WHERE place > 1 OR part > 0),
once AS (
    SELECT * FROM claimed ANTI JOIN several USING (model, source)
    UNION ALL
    (SELECT DISTINCT ON (model, source, key) * FROM claimed SEMI JOIN several USING (model, source)
    ORDER BY model, source, key, place, part)
),
-- Without a word of its own the tag decides, then an adapter_config.json, else nobody.
decided AS (
    SELECT once.model, model.hub_id AS child_hub_id, model.repo_id AS child, once.name AS parent, once.hub_id AS parent_hub_id, once.kind AS parent_kind,
        CASE WHEN once.source = 'card_body' AND adapted.model IS NOT NULL THEN 'adapter'
            WHEN once.relation <> 'unknown' THEN once.relation
            WHEN tagged.relation <> 'unknown' THEN tagged.relation
            WHEN once.source NOT IN ({{no_adapter}}) AND adapted.model IS NOT NULL THEN 'adapter'
            ELSE 'unknown' END AS relation,
        once.source, once.key = lower(model.repo_id) OR coalesce(once.hub_id = model.hub_id, false) AS self_parent
    FROM once
    JOIN base.model AS model ON model.model = once.model
    LEFT JOIN tagged ON once.relation = 'unknown' AND tagged.model = once.model AND tagged.key = once.key
    LEFT JOIN adapted ON adapted.model = once.model
)
-- Evidence that a model was made from itself (its own _name_or_path) is no claim.
SELECT model, child_hub_id, child, parent, parent_hub_id, parent_kind, relation, source, self_parent FROM decided
WHERE NOT self_parent OR source IN ({{declared}});

DROP TABLE base.claim;
DROP TABLE base.reference;

-- Who a name belongs to: what was seen under it; else what the Hub links under it; else, where the Hub links one model
-- for the only name that a tag gives, that one (the name is a former one), if owner or name are still the same.
CREATE TABLE base.name_owner AS
WITH seen AS (
    SELECT lower(named.repo_id) AS name,
        arg_max(key.hub_id, (now.repo_id IS NOT NULL, named.last_seen, key.hub_id)) AS hub_id
    FROM base.name_history AS named
    JOIN base.model_key AS key USING (model)
    LEFT JOIN base.name AS now ON now.model = named.model AND now.to_run = 2147483647 AND now.repo_id = named.repo_id
    GROUP BY lower(named.repo_id)
),
linked AS (
    SELECT lower(parent) AS name, max(parent_hub_id) AS hub_id
    FROM base.stated_parent WHERE source = 'hub' AND parent_hub_id IS NOT NULL GROUP BY lower(parent)
),
single AS (
    SELECT model, source, lower(min(parent)) AS name, min(parent_hub_id) AS hub_id
    FROM base.stated_parent WHERE source IN ('hub', 'tag') AND parent_kind = 'repo'
    GROUP BY model, source HAVING count(*) = 1
),
moved AS (
    SELECT tag.name, min(hub.hub_id) AS hub_id
    FROM single AS tag JOIN single AS hub USING (model)
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

-- ``parent_key``: the same for all names of a parent. Which edges are in a cycle follows.
CREATE TABLE base.edge AS
WITH former AS (
    SELECT listed.old, listed.name, today.hub_id
    FROM (VALUES {{former_names}}) AS listed(old, name)
    LEFT JOIN base.name_owner AS today ON today.name = lower(listed.name)
),
named AS (
    SELECT stated.*, coalesce(former.name, stated.parent) AS current_name,
        coalesce(stated.parent_hub_id, former.hub_id, holder.hub_id) AS known_id
    FROM base.stated_parent AS stated
    LEFT JOIN former ON stated.parent_kind = 'repo' AND former.old = lower(stated.parent)
    LEFT JOIN base.name_owner AS holder ON stated.parent_kind = 'repo' AND holder.name = lower(stated.parent)
)
SELECT child_hub_id, child, parent, known_id AS parent_hub_id, parent_kind, relation, source,
    self_parent OR known_id IS NOT DISTINCT FROM child_hub_id AS self_parent, current_name,
    coalesce(known_id, CASE WHEN parent_kind = 'repo' THEN lower(current_name) ELSE current_name END) AS parent_key,
    false AS in_cycle
FROM named
-- A former name of the model itself, found in its files, is no claim.
WHERE source IN ({{declared}}) OR known_id IS DISTINCT FROM child_hub_id
-- So that the edges of one model are read without all others.
ORDER BY model;

-- One graph: of each model the edges of its most trusted source; a parent is a hub_id, or a name nobody has.
CREATE TABLE base.main_edge AS
WITH source_order(source, place) AS (VALUES {{lineage_sources}}),
ranked AS (
    SELECT child_hub_id AS child, parent_key AS parent, min(current_name) AS name, min(place) AS place
    FROM base.edge JOIN source_order USING (source) WHERE parent_kind = 'repo' AND NOT self_parent
    GROUP BY child_hub_id, parent_key
),
trusted AS (SELECT child, min(place) AS place FROM ranked GROUP BY child)
SELECT child, ranked.parent, ranked.name FROM ranked JOIN trusted USING (child, place);

DROP TABLE base.stated_parent;
