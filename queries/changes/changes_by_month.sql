-- title: Changes by month
-- question: When did models change, and what changed?
-- param noise BOOLEAN = false: include version stamps and formatting
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column month DATE: month of the change, UTC
-- column kind VARCHAR: what changed, as in changes
-- column updates BIGINT: steps from one commit to another in which it changed
-- column models BIGINT: models in which it changed
-- column silent BIGINT: updates that are not announced in card text, tag, name or new_version
-- trap: a change that was seen between two harvests counts in the month in which it was noticed
-- trap: without `--with history` only changes between harvests are known, so early months are missing
-- see: Ajibode et al. on how model repositories change between releases
SELECT
    month,
    kind,
    count(*) AS updates,
    count(DISTINCT hub_id) AS models,
    count(*) FILTER (WHERE silent) AS silent
FROM (
    SELECT
        CAST(date_trunc('month', changes.changed_at) AS DATE) AS month,
        changes.kind,
        changes.hub_id,
        changes.to_sha,
        bool_and(len(coalesce(changes.announced_by, CAST([] AS VARCHAR[]))) = 0) AS silent
    FROM changes
    LEFT JOIN models ON models.hub_id = changes.hub_id
    WHERE
        ($noise OR NOT coalesce(changes.noise, false))
        AND coalesce(models.downloads, 0) >= $min_downloads
    GROUP BY date_trunc('month', changes.changed_at), changes.kind, changes.hub_id, changes.to_sha
) AS steps
GROUP BY month, kind
ORDER BY month, kind
