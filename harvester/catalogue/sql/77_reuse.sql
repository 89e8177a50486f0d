-- Which components of a reusable model are there, which are missing, and what loads it.
CREATE TABLE base.sign AS
SELECT model, bit_or({{signs}})::BIGINT AS signs, sum(size) FILTER (WHERE sha256 IS NOT NULL)::BIGINT AS lfs_size
FROM base.file GROUP BY model;

-- Shards whose names promise more files than there are. The names are those of extract/variants.py that carry a total.
CREATE TABLE base.missing_shards AS
WITH pieces AS (
    SELECT model, regexp_replace(path, '\d{1,6}(-of-\d{1,6})', '*\1') AS shards,
        regexp_extract(path, '-of-(\d{1,6})', 1)::BIGINT AS total, regexp_extract(path, '(\d{1,6})-of-', 1) AS place
    FROM base.file WHERE role IN ('weights', 'framework_export') AND regexp_matches(path, '\d{1,6}-of-\d{1,6}')
),
groups AS (
    SELECT model, shards, greatest(max(total) - count(DISTINCT place), 0) AS missing FROM pieces GROUP BY model, shards
)
SELECT model, sum(missing)::BIGINT AS missing FROM groups GROUP BY model HAVING sum(missing) > 0;

CREATE VIEW reuse AS
WITH facts AS (
    SELECT models.hub_id, models.repo_id, models.gated, models.pipeline_tag, models.library_name, models.tags,
        sign.signs, coalesce(shards.missing, 0) AS missing_shards,
        models.model_type IS NOT NULL OR models.architecture IS NOT NULL
            OR coalesce(regexp_matches(models.config_stub, '"(model_type": "|architectures": \[")'), false) AS typed,
        coalesce(models.remote_code, models.config_stub LIKE '%"auto_map"%', false) AS needs_remote_code
    FROM models
    JOIN base.model_key AS key ON key.hub_id = models.hub_id
    JOIN base.sign AS sign ON sign.model = key.model
    LEFT JOIN base.missing_shards AS shards ON shards.model = key.model
),
placed AS (SELECT facts.*, {{modality}} AS modality FROM facts),
assessed AS (
    SELECT placed.*, {{missing}} AS missing, {{loads_with}} AS loads_with FROM placed
)
SELECT hub_id, repo_id, modality, {{has_config}} AS has_config, {{has_weights}} AS has_weights,
    {{has_tokenizer_config}} AS has_tokenizer_config, {{has_vocabulary}} AS has_vocabulary,
    {{has_processor}} AS has_processor, loads_with, missing, len(missing) = 0 AS reusable, needs_remote_code, gated,
    {{unsafe_only}} AS unsafe_only, missing_shards
FROM assessed;
