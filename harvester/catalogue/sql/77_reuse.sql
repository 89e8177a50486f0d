-- Which components of a reusable model are there, which are missing, and what loads it.
CREATE TABLE base.reuse_flag AS
SELECT model, bit_or({{signs}})::BIGINT AS signs, sum(size) FILTER (WHERE sha256 IS NOT NULL)::BIGINT AS lfs_size
FROM base.file GROUP BY model;

-- Shards whose names promise more files than there are, and whether what is left is a whole set of weights.
CREATE TABLE base.missing_shards AS
WITH part_config AS (
    SELECT model, path FROM base.file
    WHERE ends_with(path, 'config.json') AND regexp_full_match(path, '{{pipeline_part}}config\.json')
),
numbered AS (
    SELECT model FROM base.file
    WHERE contains(path, '-of-') AND role IN ('weights', 'framework_export') AND regexp_matches(path, '{{shard}}')
),
held AS (
    SELECT model, path, regexp_extract(path, '^(.*/)', 1) AS folder, format = 'gguf' AS gguf, true AS weighs
    FROM base.file SEMI JOIN (SELECT model FROM part_config UNION SELECT model FROM numbered) AS named USING (model)
    WHERE role IN ('weights', 'framework_export')
    UNION ALL
    SELECT model, path, regexp_extract(path, '^(.*/)', 1), false, false FROM part_config
),
groups AS (
    SELECT model, folder, weighs, coalesce(gguf, false) AS gguf,
        greatest(
            max(coalesce(try_cast(nullif(regexp_extract(path, '{{shard}}', 2), '') AS BIGINT), 0))
            - count(DISTINCT regexp_extract(path, '{{shard}}', 1)), 0
        ) AS missing
    FROM held
    GROUP BY model, folder, weighs, coalesce(gguf, false), regexp_replace(path, '{{shard}}', '*-of-\2')
),
folders AS (
    SELECT model, folder, sum(missing) AS missing, bool_or(missing > 0) AS torn, bool_or(NOT weighs) AS configured,
        bool_or(weighs AND missing = 0) AS whole, bool_or(gguf AND missing = 0) AS whole_gguf,
        regexp_full_match(folder, '{{pipeline_part}}') AS part
    FROM groups GROUP BY model, folder
)
SELECT model, sum(missing)::BIGINT AS missing,
    (bool_or(folder = '' AND torn AND NOT whole) AND NOT bool_or(whole_gguf))
        OR (bool_or(torn) AND NOT bool_or(whole)) AS torn,
    bool_or(part AND torn AND NOT whole) AS torn_part,
    bool_or(configured AND NOT whole AND NOT torn) AS hollow_part
FROM folders
GROUP BY model
HAVING sum(missing) > 0 OR bool_or(configured AND NOT whole AND NOT torn);

-- What the verdict on each model rests on. All models of one profile are alike in pipeline_tag, words and signs.
CREATE TABLE base.reuse_profiled AS
WITH known AS (
    SELECT models.hub_id, models.repo_id, models.gated, models.pipeline_tag, models.library_name,
        -- Few tags matter, and each is looked for many times.
        list_filter(models.tags, lambda tag: list_contains([{{telling_tags}}], tag)) AS tags,
        coalesce(sign.signs, 0) AS file_signs, coalesce(shards.missing, 0) AS missing_shards,
        coalesce(shards.torn, false) AS torn, coalesce(shards.torn_part, false) AS torn_part,
        coalesce(shards.hollow_part, false) AS hollow_part,
        coalesce(models.config_status IN ('ok', 'lenient'), false) AS was_read,
        CASE WHEN models.model_type IS NOT NULL OR models.architecture IS NOT NULL THEN true
            ELSE coalesce(regexp_matches(models.config_stub, '"(model_type": "|architectures": \[")'), false) END AS named,
        CASE WHEN len(models.base_models) > 0 OR models.base_model_name_or_path IS NOT NULL THEN true
            ELSE coalesce(regexp_matches(models.config_stub, '"base_model_name_or_path": "[^"]'), false) END AS parented,
        coalesce(models.names_code, false) OR coalesce(models.remote_code, models.config_stub LIKE '%"auto_map"%', false)
            OR list_contains(models.tags, 'custom_code') AS needs_remote_code
    FROM models
    JOIN base.model_key AS key ON key.hub_id = models.hub_id
    LEFT JOIN base.reuse_flag AS sign ON sign.model = key.model
    LEFT JOIN base.missing_shards AS shards ON shards.model = key.model
    WHERE sign.model IS NOT NULL OR models.file_count = 0
),
facts AS (
    SELECT known.*, file_signs AS signs,
        named OR (NOT was_read AND coalesce(library_name IN ({{transformers_inside}}), true)) AS maybe_typed,
        list_contains(coalesce(tags, []), 'lora') AS lora,
        list_contains(coalesce(tags, []), 'mlx') OR coalesce(library_name = 'mlx', false) AS mlx_made
    FROM known
),
reported AS (
    SELECT facts.*, named OR (maybe_typed AND {{has_trace}}) AS typed,
        parented OR (NOT was_read AND {{has_adapter_config}}) AS based
    FROM facts
),
placed AS (
    SELECT hub_id, repo_id, gated, missing_shards, needs_remote_code, pipeline_tag,
        list_append(tags, library_name) AS words, file_signs | {{facts}} AS signs
    FROM reported
)
SELECT placed.*, hash(pipeline_tag, words, signs) AS profile FROM placed;

-- Each profile is judged once.
CREATE TABLE base.reuse_verdict AS
WITH profiles AS (
    SELECT profile, any_value(pipeline_tag) AS pipeline_tag, any_value(words) AS words, any_value(signs) AS signs
    FROM base.reuse_profiled GROUP BY profile
),
assessed AS (
    SELECT profiles.*, {{modality}} AS modality, {{loads_with}} AS loads_with, {{holds}} FROM profiles
),
judged AS (SELECT assessed.*, {{missing}} AS missing FROM assessed)
SELECT profile, modality, {{has_config}} AS has_config, {{has_weights}} AS has_weights,
    {{has_tokenizer_config}} AS has_tokenizer_config, {{has_vocabulary}} AS has_vocabulary,
    {{has_processor}} AS has_processor, loads_with, missing, len(missing) = 0 AS reusable,
    {{unsafe_only}} AS unsafe_only
FROM judged;

CREATE VIEW reuse AS
SELECT known.hub_id, known.repo_id, verdict.modality, verdict.has_config, verdict.has_weights,
    verdict.has_tokenizer_config, verdict.has_vocabulary, verdict.has_processor, verdict.loads_with, verdict.missing,
    verdict.reusable, known.needs_remote_code, known.gated, verdict.unsafe_only, known.missing_shards
FROM base.reuse_profiled AS known JOIN base.reuse_verdict AS verdict ON verdict.profile = known.profile;
