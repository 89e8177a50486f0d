-- title: Latest changes
-- question: What changed in models between the previous run and the newest one?
-- param kind VARCHAR = NULL: only changes of this kind (config, label, license, lineage, card, file, gating)
-- param noise BOOLEAN = false: include version stamps and formatting
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 50: rows to return
-- column repo_id VARCHAR: name when the change was noticed
-- column downloads BIGINT: downloads in 30 days; NULL if not reported or gone
-- column kind VARCHAR: as in changes
-- column path VARCHAR: document or file; NULL for changes seen in the listing
-- column field VARCHAR: as in changes; NULL for a file that was added or removed
-- column change VARCHAR: added, removed, changed or permuted
-- column old VARCHAR: value before
-- column new VARCHAR: value after
-- column announced_by VARCHAR[]: what else changed in the same step; empty means silent
-- column noise BOOLEAN: the change has no meaning (version stamps, formatting)
-- trap: a commit from a history is new if it comes after the head that the previous run saw; if that head is unknown or
--   not in the history, if it is younger than that run's listing
-- trap: after a single run there is nothing to compare, and no rows
-- see: `harvester harvest` counts these rows at the end of a run
WITH numbered AS (
    SELECT run_id, listed_at, row_number() OVER (ORDER BY listed_at DESC, run_id DESC) AS place
    FROM runs
    WHERE listed_at IS NOT NULL
),

previous AS (
    SELECT run_id, listed_at
    FROM numbered
    WHERE place = 2
),

heads AS (
    SELECT observations.hub_id, commits.position
    FROM observations
    INNER JOIN previous ON previous.run_id = observations.run_id
    INNER JOIN commits ON commits.hub_id = observations.hub_id AND commits.commit = observations.sha
)

SELECT
    changes.repo_id,
    models.downloads,
    changes.kind,
    changes.path,
    changes.field,
    changes.change,
    changes.old,
    changes.new,
    changes.announced_by,
    changes.noise
FROM changes
CROSS JOIN previous
LEFT JOIN models ON models.hub_id = changes.hub_id
LEFT JOIN heads ON heads.hub_id = changes.hub_id
LEFT JOIN commits
    ON changes.source = 'git' AND commits.hub_id = changes.hub_id AND commits.commit = changes.to_sha
WHERE
    coalesce(commits.position < heads.position, changes.changed_at > previous.listed_at)
    AND ($kind IS NULL OR changes.kind = $kind)
    AND ($noise OR NOT coalesce(changes.noise, false))
    AND coalesce(models.downloads, 0) >= $min_downloads
ORDER BY
    models.downloads DESC NULLS LAST, changes.repo_id, changes.kind = 'file', changes.kind, changes.path, changes.field, changes.changed_at,
    changes.new
LIMIT $limit
