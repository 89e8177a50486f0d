-- title: Parameters by quarter
-- question: How does the size of new models grow, and the size of the models that people download?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param pipeline_tag VARCHAR = NULL: only models of this task
-- column quarter DATE: first day of the quarter of creation
-- column models BIGINT: models created then
-- column known BIGINT: those whose number of parameters is known
-- column p25 BIGINT: parameters; a quarter of the models have at most this many
-- column median BIGINT: parameters
-- column p75 BIGINT: parameters
-- column largest BIGINT: parameters
-- column downloaded_mean BIGINT: mean of parameters weighted by downloads in 30 days, rounded; NULL without downloads
-- trap: downloads are current, not those of the quarter
-- trap: only models that still exist; the Hub dates all older models to 2022-03
-- see: the mean size of downloaded models grew 17-fold (Longpre et al.)
WITH dated AS (
    SELECT CAST(date_trunc('quarter', created_at) AS DATE) AS quarter, parameters, downloads
    FROM models
    WHERE
        created_at IS NOT NULL
        AND coalesce(downloads, 0) >= $min_downloads
        AND ($pipeline_tag IS NULL OR pipeline_tag = $pipeline_tag)
)

SELECT
    quarter,
    count(*) AS models,
    count(parameters) AS known,
    quantile_disc(parameters, 0.25) AS p25,
    quantile_disc(parameters, 0.5) AS median,
    quantile_disc(parameters, 0.75) AS p75,
    max(parameters) AS largest,
    CAST(round(
        sum(CAST(parameters AS DOUBLE) * downloads) / nullif(sum(downloads) FILTER (WHERE parameters IS NOT NULL), 0)
    ) AS BIGINT) AS downloaded_mean
FROM dated
GROUP BY quarter
ORDER BY quarter
