-- title: Models added and removed by week
-- question: How many models appear each week, and how many disappear?
-- param since DATE = NULL: only weeks that begin at or after this day
-- column week DATE: Monday
-- column created BIGINT: models created in that week, without those that are gone today
-- column gone BIGINT: names found gone in that week (deleted, private, replaced or disabled) that have not returned
-- column renamed BIGINT: names found to have changed
-- column returned BIGINT: names that returned in that week
-- column gone_share DOUBLE: gone / created; NULL if none was created
-- trap: a name counts in the week in which a harvest of a whole selection found it gone; without such harvests every
--   week has 0
-- trap: models that appeared and disappeared between two harvests were never seen
-- see: +436,427 and -99,042 in the 16 weeks to 2025-07-02, medians 28,127 and 4,639 per week
WITH happened AS (
    SELECT created_at AS happened_at, 'created' AS what
    FROM models
    UNION ALL
    SELECT noticed_at, 'gone'
    FROM tombstones
    WHERE cause <> 'renamed' AND returned_at IS NULL
    UNION ALL
    SELECT noticed_at, 'renamed'
    FROM tombstones
    WHERE cause = 'renamed'
    UNION ALL
    SELECT returned_at, 'returned'
    FROM tombstones
)

SELECT
    CAST(date_trunc('week', happened_at) AS DATE) AS week,
    count(*) FILTER (WHERE what = 'created') AS created,
    count(*) FILTER (WHERE what = 'gone') AS gone,
    count(*) FILTER (WHERE what = 'renamed') AS renamed,
    count(*) FILTER (WHERE what = 'returned') AS returned,
    round(
        count(*) FILTER (WHERE what = 'gone') / nullif(count(*) FILTER (WHERE what = 'created'), 0), 4
    ) AS gone_share
FROM happened
WHERE happened_at IS NOT NULL AND ($since IS NULL OR date_trunc('week', happened_at) >= CAST($since AS DATE))
GROUP BY week
ORDER BY week
