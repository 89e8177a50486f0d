-- What the listing told of a model, run by run, for models of which it told more than one thing.
-- A place is the run that noticed a head. Commits read from git would be further rows between two places: every
-- comparison below is between neighbours, so they supersede the interval between two harvests.
CREATE TABLE base.revision AS
SELECT name.model, name.from_run AS place, name.sha, name.repo_id, coalesce(run.listed_at, run.started_at) AS at
FROM base.name AS name
SEMI JOIN (SELECT model FROM base.name GROUP BY model HAVING count(*) > 1) AS moved ON moved.model = name.model
JOIN base.run AS run ON run.run = name.from_run
ORDER BY name.model, place;

CREATE TABLE base.said AS
SELECT revision.model, revision.place, fact.pipeline_tag, fact.library_name, fact.tags IS NOT NULL AS tagged,
    replace(list_filter(fact.tags, lambda tag: starts_with(tag, 'license:'))[1], 'license:', '') AS license,
    coalesce(
        fact.base_models,
        list_transform(
            list_filter(fact.tags, lambda tag: regexp_full_match(tag, 'base_model:[^:]+')), lambda tag: tag[12:]
        )
    ) AS base_models,
    fact.base_model_ids, fact.base_relation,
    -- What authors write, without what the Hub works out from files, config and card.
    list_sort(list_filter(fact.tags, lambda tag: NOT (
        regexp_matches(tag, '^(license|base_model|region|dataset|arxiv|doi|deploy|template):')
        OR tag IN (
            'safetensors', 'pytorch', 'tf', 'jax', 'onnx', 'gguf', 'tensorboard', 'coreml', 'openvino', 'tflite', 'rust',
            'keras', 'endpoints_compatible', 'autotrain_compatible', 'text-generation-inference',
            'text-embeddings-inference', 'custom_code', 'has_space', 'model-index', 'eval-results', 'co2_eq_emissions',
            '2-bit', '3-bit', '4-bit', '8-bit', 'awq', 'gptq', 'bitsandbytes', 'compressed-tensors', 'fp8', 'mxfp4'
        )
        OR tag IS NOT DISTINCT FROM fact.pipeline_tag OR tag IS NOT DISTINCT FROM fact.library_name
        OR tag IS NOT DISTINCT FROM CASE WHEN json_valid(fact.config_stub)
            THEN json_extract_string(fact.config_stub, '$.model_type') END
    ))) AS own_tags
FROM lake_facts AS fact
JOIN base.fact_key AS newest USING (hub_id, run_id, observed_at, facts_hash)
JOIN base.model_key AS key USING (hub_id)
JOIN base.run AS run USING (run_id)
JOIN base.revision AS revision ON revision.model = key.model AND revision.place = run.run;

-- Licence, base models, task and library: a row where one differs from what was said before.
CREATE TABLE base.said_change AS
WITH base_names AS (
    SELECT model, place, array_to_string(list_sort(base_models), ', ') AS names,
        array_to_string(list_sort(base_model_ids), ', ') AS ids, base_relation
    FROM base.said
),
things AS (
    SELECT model, place, 'license' AS kind, 'license' AS field, nullif(license, '') AS value, license AS same FROM base.said
    WHERE tagged
    UNION ALL
    -- A base model that was only renamed is the same one.
    SELECT model, place, 'lineage', 'base_model', nullif(names, ''), coalesce(nullif(ids, ''), names) FROM base_names
    UNION ALL
    SELECT model, place, 'lineage', 'base_model_relation', base_relation, base_relation FROM base_names
    UNION ALL
    SELECT model, place, 'card', 'pipeline_tag', pipeline_tag, pipeline_tag FROM base.said
    UNION ALL
    SELECT model, place, 'card', 'library_name', library_name, library_name FROM base.said
),
beside AS (
    SELECT model, kind, field, place, value, same, row_number() OVER steps AS number, lag(value) OVER steps AS before,
        lag(same) OVER steps AS same_before
    FROM things WINDOW steps AS (PARTITION BY model, field ORDER BY place)
),
starts AS (
    SELECT model, kind, field, place, value, before, number, lag(place) OVER (PARTITION BY model, field ORDER BY place) AS since
    FROM beside
    WHERE number = 1 OR (value IS DISTINCT FROM before AND (same IS DISTINCT FROM same_before OR value IS NULL OR before IS NULL))
)
SELECT model, place, since, kind, field, before AS old, value AS new FROM starts WHERE number > 1
ORDER BY model, place, field;

CREATE TABLE base.gate_change AS
WITH told AS (
    SELECT model, from_run AS place, gated AS value, lag(gated) OVER (PARTITION BY model ORDER BY from_run) AS before
    FROM base.observed WHERE gated IS NOT NULL
)
SELECT model, place, before AS old, value AS new FROM told WHERE before IS NOT NULL AND value <> before ORDER BY model, place;

-- The card at a head: its blob, the digest of its text where the card was read, and the model that replaces this one.
CREATE TABLE base.card_seen AS
WITH blobs AS (
    SELECT hub_id, sha, oid FROM lake_refs WHERE path = 'README.md'
    UNION ALL
    SELECT hub_id, sha, oid FROM lake_files WHERE path = 'README.md' AND oid IS NOT NULL
),
heads AS (
    SELECT revision.model, revision.place, key.hub_id, revision.sha
    FROM base.revision AS revision JOIN base.model_key AS key USING (model)
),
held AS (
    SELECT heads.model, heads.place, any_value(blobs.oid) AS oid
    FROM heads JOIN blobs USING (hub_id, sha) GROUP BY heads.model, heads.place
),
replaced AS (
    SELECT heads.model, heads.place, any_value(json_extract_string(manifests.card_data, '$.new_version')) AS new_version
    FROM heads JOIN lake_manifests AS manifests USING (hub_id, sha)
    WHERE json_valid(manifests.card_data) GROUP BY heads.model, heads.place
),
bodies AS (
    SELECT oid, any_value(md5(regexp_replace(
        try(decode(bytes)), '^\s*---\s*\n(.*?\n)?---[ \t]*(\n|$)', '', 's'))) AS body
    FROM lake_documents SEMI JOIN (SELECT DISTINCT oid FROM held) AS cards USING (oid) GROUP BY oid
)
SELECT model, place, held.oid, bodies.body, replaced.new_version
FROM held FULL JOIN replaced USING (model, place) LEFT JOIN bodies ON bodies.oid = held.oid;

-- What went along with a step. Whether the text of an unread card changed is guessed: its blob did, and nothing of
-- what its front matter says.
CREATE TABLE base.announced AS
WITH cards AS (
    SELECT model, place, oid IS DISTINCT FROM lag(oid) OVER steps AS moved, body IS DISTINCT FROM lag(body) OVER steps AS reworded,
        body IS NOT NULL AND lag(body) OVER steps IS NOT NULL AS known, row_number() OVER steps > 1 AS later
    FROM base.card_seen WHERE oid IS NOT NULL WINDOW steps AS (PARTITION BY model ORDER BY place)
),
replaced AS (
    SELECT model, place, new_version IS NOT NULL AND new_version IS DISTINCT FROM lag(new_version) OVER steps AS changed,
        row_number() OVER steps > 1 AS later
    FROM base.card_seen WINDOW steps AS (PARTITION BY model ORDER BY place)
),
tags AS (
    SELECT model, place, own_tags IS DISTINCT FROM lag(own_tags) OVER steps AS changed, row_number() OVER steps > 1 AS later
    FROM base.said WHERE tagged WINDOW steps AS (PARTITION BY model ORDER BY place)
),
names AS (
    SELECT model, place, repo_id <> lag(repo_id) OVER (PARTITION BY model ORDER BY place) AS changed FROM base.revision
),
explained AS (SELECT DISTINCT model, place FROM base.said_change)
SELECT names.model, names.place,
    coalesce(cards.later AND CASE WHEN cards.known THEN cards.reworded ELSE cards.moved END, false) AS card,
    coalesce(cards.known, false) AS card_known,
    explained.model IS NOT NULL OR coalesce(tags.later AND tags.changed, false) AS card_explained,
    coalesce(tags.later AND tags.changed, false) AS tag,
    coalesce(names.changed, false) AS name,
    coalesce(replaced.later AND replaced.changed, false) AS new_version
FROM names
LEFT JOIN cards USING (model, place) LEFT JOIN replaced USING (model, place) LEFT JOIN tags USING (model, place)
LEFT JOIN explained USING (model, place)
ORDER BY names.model, names.place;
