-- title: Declared dtypes
-- question: In which dtype were the weights saved, according to the configs?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column dtype VARCHAR: dtype or torch_dtype as declared; NULL if the config declares none
-- column models BIGINT: models whose config.json was read
-- column share DOUBLE: share of all chosen models whose config.json was read, 0 to 1
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column download_share DOUBLE: share of the downloads of those models, 0 to 1
-- trap: declared in the config, not measured in the weights; a quantized model often keeps its base model's dtype
-- trap: adapters and diffusers pipelines have no config.json in the root folder and are left out
-- see: planning of memory and hardware; no figure for the whole Hub is published
WITH read_configs AS (
    SELECT dtype, downloads
    FROM models
    WHERE
        config_path = 'config.json'
        AND config_status IN ('ok', 'lenient')
        AND coalesce(downloads, 0) >= $min_downloads
)

SELECT
    dtype,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    round(sum(downloads) / nullif(sum(sum(downloads)) OVER (), 0), 4) AS download_share
FROM read_configs
GROUP BY dtype
ORDER BY models DESC, dtype
