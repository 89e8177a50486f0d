-- title: Rising models
-- question: Which models gained the most downloads and likes between the first and the last run that saw them?
-- param since TIMESTAMP = NULL: only runs at or after this UTC time
-- param min_gain BIGINT = 1: only models that gained at least this many downloads
-- param limit BIGINT = 50: rows to return
-- column repo_id VARCHAR: current name
-- column first_at TIMESTAMP: first observation with reported downloads, UTC
-- column last_at TIMESTAMP: last observation with reported downloads, UTC
-- column downloads_before BIGINT: downloads in the 30 days before first_at
-- column downloads_after BIGINT: downloads in the 30 days before last_at
-- column gain BIGINT: downloads_after minus downloads_before
-- column likes_gain BIGINT: likes gained between them; NULL if not reported
-- trap: both counts cover 30 days: observations less than a month apart overlap
-- see: anyone who watches the Hub from week to week; gaps stored as 0 misled readers of other trackers
WITH reported AS (
    SELECT hub_id, observed_at, downloads, likes
    FROM observations
    WHERE downloads IS NOT NULL AND ($since IS NULL OR observed_at >= CAST($since AS TIMESTAMP))
),

ends AS (
    SELECT
        hub_id,
        min(observed_at) AS first_at,
        max(observed_at) AS last_at,
        arg_min(downloads, observed_at) AS downloads_before,
        arg_max(downloads, observed_at) AS downloads_after,
        arg_max(likes, observed_at) - arg_min(likes, observed_at) AS likes_gain
    FROM reported
    GROUP BY hub_id
    HAVING count(*) > 1
)

SELECT
    models.repo_id,
    ends.first_at,
    ends.last_at,
    ends.downloads_before,
    ends.downloads_after,
    ends.downloads_after - ends.downloads_before AS gain,
    ends.likes_gain
FROM ends
INNER JOIN models ON models.hub_id = ends.hub_id
WHERE ends.downloads_after - ends.downloads_before >= $min_gain
ORDER BY gain DESC, models.repo_id
LIMIT $limit
