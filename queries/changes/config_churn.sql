-- title: Config fields that change
-- question: Which config fields do authors change after publication, and do they announce it?
-- param path VARCHAR = NULL: only this document
-- param noise BOOLEAN = false: include version stamps
-- param min_models BIGINT = 1: only fields that changed in at least this many models
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 50: rows to return
-- column field VARCHAR: as in config_fields, indices of lists written as []; 'id2label' for a changed label map
-- column models BIGINT: models in which it changed
-- column updates BIGINT: steps from one commit to another in which it changed
-- column added BIGINT: updates in which it was added
-- column removed BIGINT: updates in which it was removed
-- column changed BIGINT: updates in which its value or its JSON type changed
-- column silent_share DOUBLE: updates that are not announced in card text, tag, name or new_version, 0 to 1
-- column example_old VARCHAR: value before in the newest of them, JSON text; NULL if it was added
-- column example_new VARCHAR: value after; NULL if it was removed
-- column example VARCHAR: model of that update
-- trap: no change is known for models that were seen once without `--with history`: shares of all models mean nothing
-- see: no figure is published
WITH reported AS (
    SELECT
        changes.hub_id,
        changes.repo_id,
        changes.changed_at,
        changes.to_sha,
        CASE
            WHEN changes.kind = 'label' THEN 'id2label'
            ELSE regexp_replace(changes.field, '\[[0-9]+\]', '[]', 'g')
        END AS field,
        changes.change,
        changes.old,
        changes.new,
        len(coalesce(changes.announced_by, CAST([] AS VARCHAR[]))) = 0 AS silent
    FROM changes
    LEFT JOIN models ON models.hub_id = changes.hub_id
    WHERE
        changes.kind IN ('config', 'label')
        AND ($path IS NULL OR changes.path = $path)
        AND ($noise OR NOT coalesce(changes.noise, false))
        AND coalesce(models.downloads, 0) >= $min_downloads
),

updates AS (
    SELECT
        field,
        hub_id,
        to_sha,
        bool_or(change = 'added') AS added,
        bool_or(change = 'removed') AS removed,
        bool_or(change IN ('changed', 'permuted')) AS changed,
        bool_and(silent) AS silent,
        max({'changed_at': changed_at, 'repo_id': repo_id, 'old': old, 'new': new}) AS newest
    FROM reported
    GROUP BY field, hub_id, to_sha
),

counted AS (
    SELECT
        field,
        count(DISTINCT hub_id) AS models,
        count(*) AS updates,
        count(*) FILTER (WHERE added) AS added,
        count(*) FILTER (WHERE removed) AS removed,
        count(*) FILTER (WHERE changed) AS changed,
        round(count(*) FILTER (WHERE silent) / count(*), 4) AS silent_share,
        max(newest) AS newest
    FROM updates
    GROUP BY field
)

SELECT
    field,
    models,
    updates,
    added,
    removed,
    changed,
    silent_share,
    newest.old AS example_old,
    newest.new AS example_new,
    newest.repo_id AS example
FROM counted
WHERE models >= $min_models
ORDER BY models DESC, updates DESC, field
LIMIT $limit
