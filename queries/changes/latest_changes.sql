-- title: What changed last
-- question: What changed in models since the run before the newest one?
-- param kind VARCHAR = NULL: only changes of this kind (config, label, license, lineage, card, file, gating)
-- param noise BOOLEAN = false: version stamps and formatting too
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 50: rows to return
-- column repo_id VARCHAR: name when the change was noticed
-- column downloads BIGINT: downloads in 30 days; NULL where not told or gone
-- column kind VARCHAR: as in changes
-- column path VARCHAR: document or file; NULL where the listing told of the change
-- column field VARCHAR: as in changes; NULL for a file that came or went
-- column change VARCHAR: added, removed, changed or permuted
-- column old VARCHAR: value before
-- column new VARCHAR: value after
-- column announced_by VARCHAR[]: what else changed in the same step; empty is silent
-- column noise BOOLEAN: nothing was meant by it
-- trap: a commit that a history told of is new if it lies above the head that the run before saw; if that head is not in
--   the history, or was not seen, if it is younger than that run's listing
-- trap: one run has nothing before it, and no rows
-- see: `harvester harvest` counts these rows when a run ends
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
