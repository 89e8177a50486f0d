-- title: Context length by month
-- question: How did the declared context length of new models grow?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param since DATE = NULL: only months from the month of this day on
-- column month DATE: month of creation
-- column models BIGINT: models created that month that declare a context length
-- column median BIGINT: positions, as written
-- column p90 BIGINT: positions, as written
-- column longest BIGINT: positions, as written
-- column share_32k DOUBLE: share of these models with 32,768 positions or more, 0 to 1
-- column share_128k DOUBLE: share of these models with 131,072 positions or more, 0 to 1
-- trap: only models that still exist; the Hub dates all older models to 2022-03
-- see: Longpre et al. on how models grow; no figure is published for context lengths
WITH declaring AS (
    SELECT CAST(date_trunc('month', created_at) AS DATE) AS month, context_length
    FROM models
    WHERE
        context_length IS NOT NULL
        AND created_at IS NOT NULL
        AND coalesce(downloads, 0) >= $min_downloads
        AND ($since IS NULL OR created_at >= date_trunc('month', CAST($since AS DATE)))
)

SELECT
    month,
    count(*) AS models,
    quantile_disc(context_length, 0.5) AS median,
    quantile_disc(context_length, 0.9) AS p90,
    max(context_length) AS longest,
    round(count(*) FILTER (WHERE context_length >= 32768) / count(*), 4) AS share_32k,
    round(count(*) FILTER (WHERE context_length >= 131072) / count(*), 4) AS share_128k
FROM declaring
GROUP BY month
ORDER BY month
