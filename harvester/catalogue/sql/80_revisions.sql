-- Where an id file named the revision: its facts are no change of the model.
CREATE VIEW base.pinned AS SELECT model, from_run AS place FROM base.name WHERE pinned;

-- The facts of each model, run by run, for models whose facts changed. ``place`` is the run that noticed a head.
CREATE TABLE base.revision AS
SELECT name.model, name.from_run AS place, name.sha, name.repo_id
FROM base.name AS name
SEMI JOIN (SELECT model FROM base.name GROUP BY model HAVING count(*) > 1) AS moved ON moved.model = name.model
ANTI JOIN base.pinned AS pinned ON pinned.model = name.model AND pinned.place = name.from_run
ORDER BY name.model, place;

CREATE TABLE base.revision_fact AS
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

-- Licence, base models, task and library: a row where one differs from the one before.
CREATE TABLE base.fact_change AS
WITH base_names AS (
    SELECT model, place, array_to_string(list_sort(base_models), ', ') AS names,
        array_to_string(list_sort(base_model_ids), ', ') AS ids, base_relation
    FROM base.revision_fact
),
values_stated AS (
    SELECT model, place, 'license' AS kind, 'license' AS field, nullif(license, '') AS value, license AS same FROM base.revision_fact
    WHERE tagged
    UNION ALL
    -- A base model that was only renamed is the same one.
    SELECT model, place, 'lineage', 'base_model', nullif(names, ''), coalesce(nullif(ids, ''), names) FROM base_names
    UNION ALL
    SELECT model, place, 'lineage', 'base_model_relation', base_relation, base_relation FROM base_names
    UNION ALL
    SELECT model, place, 'card', 'pipeline_tag', pipeline_tag, pipeline_tag FROM base.revision_fact
    UNION ALL
    SELECT model, place, 'card', 'library_name', library_name, library_name FROM base.revision_fact
),
with_previous AS (
    SELECT model, kind, field, place, value, same, row_number() OVER steps AS number, lag(value) OVER steps AS before,
        lag(same) OVER steps AS same_before
    FROM values_stated WINDOW steps AS (PARTITION BY model, field ORDER BY place)
),
starts AS (
    SELECT model, kind, field, place, value, before, number, lag(place) OVER (PARTITION BY model, field ORDER BY place) AS since
    FROM with_previous
    WHERE number = 1 OR (value IS DISTINCT FROM before AND (same IS DISTINCT FROM same_before OR value IS NULL OR before IS NULL))
)
SELECT model, place, since, kind, field, before AS old, value AS new FROM starts WHERE number > 1
ORDER BY model, place, field;

CREATE TABLE base.gate_change AS
WITH reported AS (
    SELECT model, from_run AS place, gated AS value, lag(gated) OVER (PARTITION BY model ORDER BY from_run) AS before
    FROM base.observed WHERE gated IS NOT NULL
)
SELECT model, place, before AS old, value AS new FROM reported WHERE before IS NOT NULL AND value <> before ORDER BY model, place;
