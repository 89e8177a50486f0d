-- title: Labels that changed their meaning
-- question: In which models does a class index now mean something else?
-- param change VARCHAR = NULL: only updates with a label of this kind of change (changed, permuted, added, removed)
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 50: rows to return
-- column repo_id VARCHAR: name when the change was noticed
-- column downloads BIGINT: downloads in 30 days; NULL if not reported or gone
-- column changed_at TIMESTAMP: time of the commit, or when it was noticed, UTC
-- column path VARCHAR: document
-- column permuted BIGINT: existing labels that moved to another index: users of the old map read wrong answers
-- column changed BIGINT: labels that were renamed or replaced
-- column added BIGINT: indices that were added
-- column removed BIGINT: indices that were removed
-- column labels VARCHAR[]: `index: old -> new`, the first 10 in the order of the indices (text_config.0 in a sub-model)
-- column announced_by VARCHAR[]: what else changed in the same step; empty means silent
-- column to_sha VARCHAR: first known commit with the new labels
-- trap: a renamed label may mean the same (NEG, negative)
-- see: users who map indices to names by hand and pin no revision; no figure is published
WITH numbered AS (
    -- The maps of sub-models come after the model's own, each in the order of its indices.
    SELECT
        *,
        regexp_replace(field, '[0-9]+$', '') AS owner,
        try_cast(regexp_extract(field, '[0-9]+$') AS BIGINT) AS index
    FROM changes
    WHERE kind = 'label'
)

SELECT
    numbered.repo_id,
    any_value(models.downloads) AS downloads,
    numbered.changed_at,
    numbered.path,
    count(*) FILTER (WHERE numbered.change = 'permuted') AS permuted,
    count(*) FILTER (WHERE numbered.change = 'changed') AS changed,
    count(*) FILTER (WHERE numbered.change = 'added') AS added,
    count(*) FILTER (WHERE numbered.change = 'removed') AS removed,
    list(
        numbered.field || ': ' || coalesce(numbered.old, '(none)') || ' -> ' || coalesce(numbered.new, '(none)')
        ORDER BY numbered.owner, numbered.index NULLS LAST, numbered.field
    )[1:10] AS labels,
    any_value(numbered.announced_by) AS announced_by,
    numbered.to_sha
FROM numbered
LEFT JOIN models ON models.hub_id = numbered.hub_id
WHERE coalesce(models.downloads, 0) >= $min_downloads
GROUP BY numbered.hub_id, numbered.repo_id, numbered.changed_at, numbered.path, numbered.to_sha
HAVING $change IS NULL OR bool_or(numbered.change = $change)
ORDER BY downloads DESC NULLS LAST, numbered.repo_id, numbered.changed_at, numbered.path, numbered.to_sha
LIMIT $limit
