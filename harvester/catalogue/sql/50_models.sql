-- One row per live model.
CREATE TABLE base.config_path AS
WITH ranked AS (
    SELECT model, path, doc, CASE
        WHEN path = 'config.json' THEN 1
        WHEN path IN ('transformer/config.json', 'unet/config.json') THEN 2
        WHEN path IN ('prior/config.json', 'decoder/config.json', 'model_index.json') THEN 3
        WHEN path = 'adapter_config.json' THEN 4
        WHEN path = 'open_clip_config.json' THEN 5
        -- Any program may call a document so: only one with a model's sizes is one.
        WHEN path = 'params.json' AND doc IN (
            SELECT doc FROM base.doc WHERE kind = 'params' AND hidden_size IS NOT NULL AND num_hidden_layers IS NOT NULL
        ) THEN 6 END AS place
    FROM (SELECT model, path, doc FROM base.ref UNION ALL SELECT model, path, NULL FROM base.unread_document WHERE outcome = 'oversized')
)
SELECT model, arg_min(path, (place, path)) AS path, arg_min(coalesce(doc, -1), (place, path)) AS doc
FROM ranked WHERE place IS NOT NULL GROUP BY model;

-- Models with a document that loading follows (at the root, or of a component) and that names code of a repository.
CREATE TABLE base.custom_code AS
SELECT DISTINCT ref.model
FROM base.ref AS ref
JOIN base.doc AS doc USING (doc)
LEFT JOIN (SELECT DISTINCT model FROM base.ref WHERE path IN ('model_index.json', 'modules.json')) AS composed USING (model)
WHERE doc.names_code AND doc.kind <> 'other'
    AND (NOT contains(ref.path, '/') OR (composed.model IS NOT NULL AND regexp_full_match(ref.path, '[^/]+/[^/]+')));

-- The newest row of facts of each model, by a digest: the wide rows are streamed past it.
CREATE TABLE base.newest_fact AS
WITH newest AS (
    SELECT hub_id, max(run_id) AS run_id, arg_max(observed_at, run_id) AS observed_at,
        arg_max(facts_hash, run_id) AS facts_hash
    FROM base.fact_key GROUP BY hub_id
)
SELECT hash(hub_id, newest.run_id, newest.observed_at, newest.facts_hash) AS fact, key.model
FROM newest JOIN base.model_key AS key USING (hub_id);

-- What of it is not in base.model, or needed before.
CREATE TABLE base.fact AS
SELECT newest.model, fact.base_models, fact.base_model_ids, fact.base_relation, fact.gguf, fact.parameters_hub,
    fact.parameters_by_dtype_hub, fact.eval_results, fact.listed_files
FROM lake_facts AS fact
JOIN base.newest_fact AS newest ON newest.fact = hash(fact.hub_id, fact.run_id, fact.observed_at, fact.facts_hash);

-- Bytes of the weight set whose parameters count.
CREATE TABLE base.weight_bytes AS
WITH measured AS (
    SELECT part.model, CASE WHEN count(file.size) = count(*) THEN sum(file.size)::BIGINT END AS size
    FROM (SELECT model, unnest(paths) AS path FROM base.counted_weights) AS part
    LEFT JOIN base.file AS file ON file.model = part.model AND file.path = part.path
    GROUP BY part.model
)
SELECT counted.model, CASE WHEN counted.size IS NULL THEN NULL
        WHEN measured.model IS NOT NULL THEN measured.size
        WHEN counted.sets = 1 AND counted.plain AND counted.whole THEN counted.size
        ELSE chosen.size END AS size
FROM base.weight_count AS counted
LEFT JOIN measured ON measured.model = counted.model
LEFT JOIN base.main_weight_set AS chosen ON chosen.model = counted.model;

-- Metadata of GGUF files: the header that was read, else the Hub's excerpt of one.
CREATE TABLE base.gguf AS
WITH reported AS (
    SELECT key.model, any_value(manifests.gguf::JSON) AS metadata
    FROM lake_manifests AS manifests
    JOIN base.model_key AS key USING (hub_id)
    JOIN base.file_head AS head ON head.model = key.model AND head.sha = manifests.sha
    WHERE manifests.gguf IS NOT NULL AND json_valid(manifests.gguf)
    GROUP BY key.model
),
excerpt AS (
    SELECT model, metadata FROM reported
    UNION ALL
    -- Where no manifest was read, the listing has it.
    SELECT model, gguf::JSON FROM base.fact ANTI JOIN reported USING (model) WHERE gguf IS NOT NULL AND json_valid(gguf)
),
read AS (
    SELECT weight.model, arg_min(header.content, weight.path) AS content
    FROM base.weight AS weight JOIN base.header AS header USING (content)
    WHERE header.format = 'gguf' AND header.status = 'ok' AND header.architecture NOT IN ('clip', 'mmproj')
    GROUP BY weight.model
),
stated AS (
    SELECT coalesce(read.model, excerpt.model) AS model, header.metadata::JSON AS metadata,
        CASE WHEN header.content IS NOT NULL THEN 'header' ELSE 'hub' END AS source,
        coalesce(header.architecture, excerpt.metadata ->> '$.architecture') AS architecture,
        coalesce(header.context_length, try_cast(excerpt.metadata ->> '$.context_length' AS BIGINT)) AS context_length,
        CASE WHEN coalesce(excerpt.metadata ->> '$.architecture', '') NOT IN ('clip', 'mmproj')
            THEN nullif(greatest(try_cast(excerpt.metadata ->> '$.total' AS BIGINT), 0), 0) END AS parameters_hub,
        coalesce(
            header.metadata::JSON ->> '$."gguf.chat_template"' = 'true', excerpt.metadata ->> '$.has_chat_template' = 'true', false
        ) AS templated
    FROM read JOIN base.header AS header USING (content) FULL JOIN excerpt USING (model)
)
SELECT model, source, left(architecture, 100) AS architecture, context_length,
    context_length AS context_length_effective, parameters_hub, templated,
    {{gguf_sizes}}
FROM stated;

-- Models with a chat template: in a document that was read, or in a file of that name.
CREATE TABLE base.chat_template AS
SELECT ref.model FROM base.ref AS ref JOIN base.doc AS doc USING (doc)
WHERE doc.has_chat_template AND NOT contains(ref.path, '/')
UNION
SELECT model FROM base.file
WHERE regexp_full_match(path, 'chat_template\.jinja|additional_chat_templates/[^/]+\.jinja')
UNION
SELECT model FROM base.file ANTI JOIN base.ref USING (model, path) WHERE path = 'chat_template.json'
UNION
SELECT model FROM base.gguf WHERE templated;

-- The Hub's count; where its own sum by dtype is far above its total, the sum.
CREATE TABLE base.hub_parameters AS
WITH reported AS (
    SELECT fact.model, fact.parameters_hub AS total, gguf.parameters_hub AS gguf,
        CASE WHEN json_valid(fact.parameters_by_dtype_hub) THEN list_sum(
            list_transform(map_values(fact.parameters_by_dtype_hub::JSON::MAP(VARCHAR, JSON)), lambda held: try_cast(held AS BIGINT))
        ) END AS summed
    FROM base.fact AS fact LEFT JOIN base.gguf AS gguf ON gguf.model = fact.model
    WHERE fact.parameters_hub IS NOT NULL OR gguf.parameters_hub IS NOT NULL OR fact.parameters_by_dtype_hub IS NOT NULL
)
SELECT model, total, summed::BIGINT AS summed,
    CASE WHEN total IS NULL OR summed > 2 * total THEN coalesce(summed, gguf) ELSE total END::BIGINT AS parameters
FROM reported;

-- Of each model, the documents that fill columns which the one at config_path leaves open.
CREATE TABLE base.beside AS
SELECT model, {{companion_docs}}
FROM base.ref WHERE path IN ({{companion_paths}}) GROUP BY model;

-- The widest rows there are: streamed past the narrow tables, never held or sorted.
SET disabled_optimizers = 'join_order,build_side_probe_side';
CREATE TABLE base.model AS
SELECT newest.model, fact.hub_id, fact.repo_id, fact.author, fact.sha,
    CASE WHEN head.source <> 'listing' THEN head.sha END AS manifest_sha,
    config_head.sha AS config_sha,
    fact.created_at, fact.last_modified, fact.pipeline_tag, fact.library_name,
    replace(list_filter(fact.tags, lambda tag: starts_with(tag, 'license:'))[1], 'license:', '') AS license,
    list_filter(
        fact.tags, lambda tag: CASE WHEN length(tag) = 2 THEN list_contains({{iso_639_1}}, tag) ELSE false END
    ) AS languages,
    coalesce(fact.tags, []) AS tags,
    coalesce(
        fact.base_models,
        list_transform(
            list_filter(fact.tags, lambda tag: regexp_full_match(tag, 'base_model:[^:]+')), lambda tag: tag[12:]
        ),
        []
    ) AS base_models,
    fact.base_relation,
    coalesce(file_count.file_count, CASE WHEN head.source <> 'listing' THEN 0 ELSE fact.listed_files END) AS file_count,
    head.total_size,
    coalesce(head.used_storage, fact.used_storage) AS used_storage,
    coalesce(measured.parameters, hub.parameters, doc.parameters_estimated) AS parameters,
    CASE WHEN measured.parameters IS NOT NULL THEN 'header' WHEN hub.parameters IS NOT NULL THEN 'hub'
        WHEN doc.parameters_estimated IS NOT NULL THEN 'config' END AS parameters_source,
    measured.parameters AS parameters_header, hub.parameters AS parameters_hub, fact.parameters_by_dtype_hub,
    bytes.size AS bytes_of_weights, (bytes.size + (bytes.size + 4) // 5)::BIGINT AS min_memory_bytes,
    gguf.architecture AS gguf_architecture, gguf.source AS gguf_source,
    fact.transformers_info ->> '$.auto_model' AS auto_class, fact.transformers_info ->> '$.processor' AS auto_processor,
    list_distinct(json_extract_string(fact.inference_providers, '$[*].provider')) AS inference_providers,
    head.spaces, head.children AS children_by_relation, fact.extra, fact.config_stub,
    CASE WHEN config_path.doc = -1 THEN 'oversized' WHEN doc.status IS NOT NULL THEN doc.status
        WHEN unread.outcome IS NOT NULL THEN unread.outcome WHEN config_head.model IS NULL THEN 'pending'
        ELSE 'absent' END AS config_status,
    config_path.path AS config_path,
    {{model_columns}}
FROM lake_facts AS fact
JOIN base.newest_fact AS newest ON newest.fact = hash(fact.hub_id, fact.run_id, fact.observed_at, fact.facts_hash)
LEFT JOIN base.file_head AS head ON head.model = newest.model
LEFT JOIN base.file_count AS file_count ON file_count.model = newest.model
LEFT JOIN base.config_head AS config_head ON config_head.model = newest.model
LEFT JOIN base.config_path AS config_path ON config_path.model = newest.model
LEFT JOIN base.counted_weights AS measured ON measured.model = newest.model
LEFT JOIN base.gguf AS gguf ON gguf.model = newest.model
LEFT JOIN base.hub_parameters AS hub ON hub.model = newest.model
LEFT JOIN base.weight_bytes AS bytes ON bytes.model = newest.model
LEFT JOIN (
    SELECT * FROM base.doc SEMI JOIN (SELECT doc FROM base.config_path) AS used USING (doc)
) AS doc ON doc.doc = config_path.doc
LEFT JOIN base.custom_code AS code ON code.model = newest.model
LEFT JOIN base.chat_template AS templated ON templated.model = newest.model
LEFT JOIN base.unread_document AS unread ON unread.model = newest.model AND unread.path = 'config.json'
LEFT JOIN base.beside AS beside ON beside.model = newest.model
{{companion_joins}};

RESET disabled_optimizers;

DROP TABLE base.newest_fact;
DROP TABLE base.beside;

-- What every listing changes, of live models: narrow.
CREATE TABLE base.current AS
SELECT fact.model, observed.downloads, observed.downloads_all_time, observed.likes, observed.trending_score,
    observed.gated, observed.private, observed.disabled, seen.first_seen, seen.last_seen
FROM (SELECT model FROM base.model ANTI JOIN base.removed USING (model) ANTI JOIN base.displaced USING (model)) AS fact
LEFT JOIN base.sighting_range AS seen ON seen.model = fact.model
LEFT JOIN base.observed AS observed ON observed.model = fact.model AND observed.to_run = 2147483647
ORDER BY fact.model;

CREATE VIEW models AS
SELECT {{models_columns}} FROM base.model AS model JOIN base.current AS current ON current.model = model.model;

-- SetFit keeps the classes of its head beside the config of the body.
CREATE VIEW labels AS
WITH setfit AS (SELECT model, doc FROM base.ref WHERE path = 'config_setfit.json'),
labelled AS (
    SELECT model, doc FROM setfit SEMI JOIN base.label USING (doc)
    UNION ALL
    SELECT model, doc FROM base.config_path ANTI JOIN (SELECT model FROM setfit SEMI JOIN base.label USING (doc)) USING (model)
)
SELECT models.hub_id, models.repo_id, models.config_sha AS sha, label.label_id, label.label
FROM labelled AS config_path
JOIN base.label AS label ON label.doc = config_path.doc
JOIN base.model_key AS key ON key.model = config_path.model
JOIN models ON models.hub_id = key.hub_id;

CREATE VIEW tags AS SELECT hub_id, repo_id, unnest(tags) AS tag FROM models;
