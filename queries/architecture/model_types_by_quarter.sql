-- title: Model types by quarter
-- question: Which model types do new models have, quarter by quarter?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column model_type VARCHAR: transformers model type; NULL if the config that was read declares none
-- column quarter DATE: first day of the quarter of creation
-- column models BIGINT: models created then whose config.json was read
-- column share DOUBLE: share of all models of that quarter whose config.json was read, 0 to 1
-- trap: only models that still exist; the Hub dates all older models to 2022-03
-- trap: fine-tunes count like new designs: a popular base model raises its type
-- see: ATOM project on the shares of model families over time
SELECT
    model_type,
    CAST(date_trunc('quarter', created_at) AS DATE) AS quarter,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (PARTITION BY date_trunc('quarter', created_at)), 4) AS share
FROM models
WHERE
    config_path = 'config.json'
    AND config_status IN ('ok', 'lenient')
    AND created_at IS NOT NULL
    AND coalesce(downloads, 0) >= $min_downloads
GROUP BY model_type, date_trunc('quarter', created_at)
ORDER BY quarter, models DESC, model_type NULLS LAST
