-- title: Remote code
-- question: How many models need code from a repository to load, by kind of evidence, and how much are they downloaded?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column sign VARCHAR: kind of evidence
-- column known BIGINT: models for which this evidence could be checked
-- column models BIGINT: those that have it
-- column share DOUBLE: models / known, 0 to 1; NULL if none is known
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column example VARCHAR: the most downloaded of them; NULL if there is none
-- trap: a Python file may be an example or a handler that no library loads; libraries follow what documents name
-- see: security audits of the Hub; no exact figure is published
WITH python_files AS (
    SELECT hub_id
    FROM files
    WHERE format = 'python'
    GROUP BY hub_id
),

signs AS (
    SELECT
        models.repo_id,
        models.downloads,
        unnest([
            {
                'place': 1,
                'sign': 'auto_map in the config',
                'seen': CASE WHEN models.config_status IN ('ok', 'lenient', 'absent')
                    THEN coalesce(models.remote_code, FALSE) END
            },
            {
                'place': 2,
                'sign': 'auto_map that names another repository',
                'seen': CASE WHEN models.config_status IN ('ok', 'lenient', 'absent')
                    THEN coalesce(len(models.remote_code_repos) > 0, FALSE) END
            },
            {
                'place': 3,
                'sign': 'code named by any document',
                'seen': CASE WHEN models.config_status IN ('ok', 'lenient', 'absent')
                    THEN coalesce(models.names_code, FALSE) OR coalesce(models.remote_code, FALSE) END
            },
            {
                'place': 4,
                'sign': 'tag custom_code',
                'seen': list_contains(models.tags, 'custom_code')
            },
            {
                'place': 5,
                'sign': 'a Python file',
                'seen': CASE WHEN models.file_count IS NOT NULL THEN python_files.hub_id IS NOT NULL END
            }
        ], recursive := true)
    FROM models
    LEFT JOIN python_files ON python_files.hub_id = models.hub_id
    WHERE coalesce(models.downloads, 0) >= $min_downloads
)

SELECT
    sign,
    count(seen) AS known,
    count(*) FILTER (WHERE seen) AS models,
    round(count(*) FILTER (WHERE seen) / nullif(count(seen), 0), 4) AS share,
    CAST(sum(downloads) FILTER (WHERE seen) AS BIGINT) AS downloads,
    arg_min(repo_id, (-coalesce(downloads, 0), repo_id)) FILTER (WHERE seen) AS example
FROM signs
GROUP BY place, sign
ORDER BY place
