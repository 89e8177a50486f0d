-- title: Context length by model type
-- question: What context length do models of each type declare?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param min_models BIGINT = 1: only model types with at least this many models
-- param limit BIGINT = 50: rows to return
-- column model_type VARCHAR: transformers model type; NULL if the config declares none
-- column models BIGINT: models of this type whose config.json was read
-- column declared BIGINT: those that declare a context length
-- column shortest BIGINT: positions, as written
-- column median BIGINT: positions, as written; always a value that occurs
-- column p90 BIGINT: nine of ten models declare at most this many positions
-- column longest BIGINT: positions, as written
-- column commonest BIGINT: the most frequently declared value; the longest if there are several
-- trap: as written, not multiplied by a rope factor (see context_length_effective)
-- trap: types with relative positions (T5) or ALiBi may declare no length, or their training length
-- trap: adapters and diffusers pipelines have no config.json in the root folder and are left out
-- see: memory planning; no figure for the whole Hub is published
WITH read_configs AS (
    SELECT model_type, context_length
    FROM models
    WHERE
        config_path = 'config.json'
        AND config_status IN ('ok', 'lenient')
        AND coalesce(downloads, 0) >= $min_downloads
),

commonest_lengths AS (
    SELECT model_type, context_length
    FROM read_configs
    WHERE context_length IS NOT NULL
    GROUP BY model_type, context_length
    QUALIFY row_number() OVER (PARTITION BY model_type ORDER BY count(*) DESC, context_length DESC) = 1
)

SELECT
    read_configs.model_type,
    count(*) AS models,
    count(read_configs.context_length) AS declared,
    min(read_configs.context_length) AS shortest,
    quantile_disc(read_configs.context_length, 0.5) AS median,
    quantile_disc(read_configs.context_length, 0.9) AS p90,
    max(read_configs.context_length) AS longest,
    max(commonest_lengths.context_length) AS commonest
FROM read_configs
LEFT JOIN commonest_lengths ON commonest_lengths.model_type IS NOT DISTINCT FROM read_configs.model_type
GROUP BY read_configs.model_type
HAVING count(*) >= $min_models
ORDER BY models DESC, read_configs.model_type
LIMIT $limit
