-- title: Gated models by month of creation
-- question: Does the share of gated models grow?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column month DATE: month of creation
-- column models BIGINT: models created then whose gating is reported
-- column gated BIGINT: those that are gated today
-- column share DOUBLE: gated / models, 0 to 1
-- trap: gated today, not when created: gating can be added or removed (see changes, if two harvests saw it)
-- see: librarians and platform teams; no exact figure is published
SELECT
    CAST(date_trunc('month', created_at) AS DATE) AS month,
    count(*) AS models,
    count(*) FILTER (WHERE gated <> 'false') AS gated,
    round(count(*) FILTER (WHERE gated <> 'false') / count(*), 4) AS share
FROM models
WHERE created_at IS NOT NULL AND gated IS NOT NULL AND coalesce(downloads, 0) >= $min_downloads
GROUP BY month
ORDER BY month
