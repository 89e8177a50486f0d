-- title: Quantization
-- question: Which quantization methods and bit widths do configs declare, and how much are such models downloaded?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column quant_method VARCHAR: method as written; NULL if the config declares no quantization
-- column quant_bits BIGINT: bits per weight; NULL if not stated or if groups differ
-- column models BIGINT: models whose config.json was read
-- column share DOUBLE: share of all chosen models whose config.json was read, 0 to 1
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column download_share DOUBLE: share of the downloads of those models, 0 to 1
-- column example VARCHAR: the most downloaded of them
-- trap: GGUF files are quantized without a config: see weight_formats
-- trap: adapters and diffusers pipelines have no config.json in the root folder and are left out
-- see: quantized versions of one base model: the 6,283 derivatives of Qwen3-8B have 37% of downloads (2026)
WITH read_configs AS (
    SELECT quant_method, quant_bits, repo_id, downloads
    FROM models
    WHERE
        config_path = 'config.json'
        AND config_status IN ('ok', 'lenient')
        AND coalesce(downloads, 0) >= $min_downloads
)

SELECT
    quant_method,
    quant_bits,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    round(sum(downloads) / nullif(sum(sum(downloads)) OVER (), 0), 4) AS download_share,
    arg_min(repo_id, (-coalesce(downloads, 0), repo_id)) AS example
FROM read_configs
GROUP BY quant_method, quant_bits
ORDER BY models DESC, quant_method, quant_bits NULLS LAST
