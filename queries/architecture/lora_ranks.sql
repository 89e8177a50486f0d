-- title: LoRA ranks
-- question: Which ranks do LoRA adapters have?
-- param min_downloads BIGINT = 0: only adapters with at least this many downloads in 30 days
-- column lora_rank BIGINT: rank as written in adapter_config.json; NULL if not stated
-- column adapters BIGINT: live models with such an adapter config
-- column share DOUBLE: share of all chosen adapters, 0 to 1
-- column median_alpha DOUBLE: median of lora_alpha; NULL if none is stated
-- column base_models BIGINT: distinct base models they are for, as written
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- trap: ranks set per layer (rank_pattern) are not considered; see config_fields
-- see: adapters are 42.6% of all declared relations (hub-stats, 2025-10-23)
WITH adapters AS (
    SELECT lora_rank, lora_alpha, base_model_name_or_path, downloads
    FROM models
    WHERE upper(peft_type) = 'LORA' AND coalesce(downloads, 0) >= $min_downloads
)

SELECT
    lora_rank,
    count(*) AS adapters,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    quantile_disc(lora_alpha, 0.5) AS median_alpha,
    count(DISTINCT base_model_name_or_path) AS base_models,
    CAST(sum(downloads) AS BIGINT) AS downloads
FROM adapters
GROUP BY lora_rank
ORDER BY adapters DESC, lora_rank NULLS LAST
