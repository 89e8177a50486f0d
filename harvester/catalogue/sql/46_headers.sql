-- Weight headers as people query them, and the licences they name.
CREATE VIEW weights AS
SELECT key.hub_id, name.repo_id, head.sha, weight.path, header.format, header.tensor_count, header.parameters,
    header.parameters_by_dtype::JSON AS parameters_by_dtype, header.elements_by_dtype::JSON AS elements_by_dtype,
    header.metadata::JSON AS metadata, header.architecture, header.context_length, header.file_type,
    variant.variant, companion.path IS NOT NULL AS companion, header.header_bytes, header.bytes_read, header.status, header.reason
FROM base.weight AS weight
JOIN base.header AS header ON header.content = weight.content
JOIN base.weights_head AS head ON head.model = weight.model
JOIN base.model_key AS key ON key.model = weight.model
JOIN base.name AS name ON name.model = weight.model AND name.to_run = 2147483647
LEFT JOIN base.variant AS variant ON variant.path = weight.path
LEFT JOIN base.companion AS companion ON companion.model = weight.model AND companion.path = weight.path;

CREATE VIEW base.weights_license AS
WITH stated AS (
    SELECT weight.model, header.metadata::JSON AS metadata
    FROM base.weight AS weight JOIN base.header AS header ON header.content = weight.content
    WHERE header.metadata LIKE '%license"%'
),
named AS (
    SELECT model, unnest(['license', 'general.license', 'modelspec.license']) AS key, metadata FROM stated
)
SELECT model, left(lower(trim(metadata ->> ('$."' || key || '"'))), 200) AS license,
    metadata ->> ('$."' || key || '.name"') AS name, metadata ->> ('$."' || key || '.link"') AS link
FROM named WHERE trim(metadata ->> ('$."' || key || '"')) <> '';

-- Bytes of a model's weights where it has one set of them and no parts; of several sets one is chosen (base.main_weight_set).
CREATE TABLE base.weight_count AS
WITH held AS (
    SELECT model, CASE WHEN contains(path, '-of-') THEN regexp_replace(path, '{{shard}}', '*-of-\2') ELSE path END AS set_path,
        size,
        CASE WHEN contains(path, '-of-') THEN try_cast(nullif(regexp_extract(path, '{{shard}}', 2), '') AS BIGINT) END
            AS shards
    FROM base.file
    WHERE role = 'weights' AND format IN ('safetensors', 'gguf', 'pickle')
        AND (model, path) NOT IN (SELECT (model, path) FROM base.companion)
),
pieced AS (
    SELECT DISTINCT model FROM base.file
    WHERE path IN ('model_index.json', 'modules.json') OR contains(path, '.safetensors.index.')
)
SELECT held.model, count(DISTINCT held.set_path) AS sets, count(*) = coalesce(max(held.shards), 1) AS whole,
    any_value(pieced.model) IS NULL AND max(held.shards) IS NULL OR count(*) = max(held.shards) AS plain,
    CASE WHEN count(held.size) = count(*) THEN sum(held.size)::BIGINT END AS size
FROM held LEFT JOIN pieced USING (model) GROUP BY held.model;

-- Weight files as sets: the shards of one set are one row.
CREATE VIEW weight_sets AS
WITH held AS (
    SELECT file.model, file.size, file.role, file.format, file.framework, file.unsafe, variant.variant,
        companion.path IS NOT NULL AS companion,
        regexp_replace(file.path, '{{shard}}', '*-of-\2') AS path,
        try_cast(nullif(regexp_extract(file.path, '{{shard}}', 2), '') AS BIGINT) AS shards,
        regexp_extract(file.path, '{{shard}}', 1) AS place
    FROM base.file AS file
    LEFT JOIN base.variant AS variant ON variant.path = file.path
    LEFT JOIN base.companion AS companion ON companion.model = file.model AND companion.path = file.path
    WHERE file.role IN ('weights', 'framework_export')
),
sets AS (
    SELECT model, path, role, format, framework, unsafe, min(variant) AS variant, count(*) AS files,
        max(shards) AS shards,
        CASE WHEN max(shards) > 0 THEN greatest(max(shards) - count(DISTINCT place), 0) END AS missing_shards,
        CASE WHEN count(size) = count(*) THEN sum(size)::BIGINT END AS size, bool_and(companion) AS companion
    FROM held GROUP BY model, path, role, format, framework, unsafe
)
SELECT key.hub_id, name.repo_id, head.sha, sets.path, sets.role, sets.format, sets.framework, sets.unsafe, sets.variant,
    sets.files, sets.shards, sets.missing_shards, sets.size, sets.companion
FROM sets
JOIN base.file_head AS head ON head.model = sets.model
JOIN base.model_key AS key ON key.model = sets.model
JOIN base.name AS name ON name.model = sets.model AND name.to_run = 2147483647;
