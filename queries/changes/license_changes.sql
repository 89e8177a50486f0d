-- title: Licence changes
-- question: Which licences did models change after publication, and was it announced?
-- param since TIMESTAMP = NULL: only changes at or after this UTC time
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 50: rows to return
-- column license_before VARCHAR: licence by the Hub's tag; NULL if none was declared
-- column license_after VARCHAR: licence by the Hub's tag; NULL if none is declared any more
-- column models BIGINT: models with this step
-- column silent BIGINT: those whose change is not announced in card text, tag, name or new_version
-- column downloads BIGINT: sum of the models' downloads in 30 days; NULL if none is reported
-- column example VARCHAR: the most downloaded of them
-- trap: counts changes of the tag, not of a licence text; a model that changed back counts in both rows
-- see: `license_drift` compares children with their parents; no figure on changes over time is published
WITH steps AS (
    SELECT
        changes.hub_id,
        changes.old AS license_before,
        changes.new AS license_after,
        max(changes.repo_id) AS repo_id,
        any_value(models.downloads) AS downloads,
        bool_and(len(coalesce(changes.announced_by, CAST([] AS VARCHAR[]))) = 0) AS silent
    FROM changes
    LEFT JOIN models ON models.hub_id = changes.hub_id
    WHERE
        changes.kind = 'license'
        AND ($since IS NULL OR changes.changed_at >= CAST($since AS TIMESTAMP))
        AND coalesce(models.downloads, 0) >= $min_downloads
    GROUP BY changes.hub_id, license_before, license_after
)

SELECT
    license_before,
    license_after,
    count(*) AS models,
    count(*) FILTER (WHERE silent) AS silent,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    arg_max(repo_id, (coalesce(downloads, -1), repo_id)) AS example
FROM steps
GROUP BY license_before, license_after
ORDER BY models DESC, license_before, license_after
LIMIT $limit
