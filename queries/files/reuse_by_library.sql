-- title: Reuse by library
-- question: Of the models of each library, how many lack something that loading needs, and what most often?
-- param min_models BIGINT = 1: only libraries with at least this many models
-- column library VARCHAR: library as reported by the Hub; NULL if none is
-- column models BIGINT: live models whose files are known
-- column reusable BIGINT: those that lack nothing
-- column share DOUBLE: reusable / models, 0 to 1
-- column lacking_most VARCHAR: component that most of the others lack; NULL if none lacks any
-- column lacking BIGINT: models that lack it
-- column remote_code BIGINT: models that run code of the repository when loaded
-- column unsafe_only BIGINT: models with weights only in formats that can contain a pickle
-- column example VARCHAR: the most downloaded model that lacks something
-- trap: judged by file names: a file may be empty or broken, and no model was loaded
-- trap: gated models are judged like others; loading them needs access
-- see: Jajal et al. on failures when models are converted or reused
WITH judged AS MATERIALIZED (
    SELECT
        nullif(models.library_name, '') AS library,
        models.repo_id,
        models.downloads,
        reuse.reusable,
        reuse.missing,
        reuse.needs_remote_code,
        reuse.unsafe_only
    FROM reuse
    INNER JOIN models ON models.hub_id = reuse.hub_id
    WHERE reuse.reusable IS NOT NULL
),

absent AS (
    SELECT library, component, count(*) AS lacking
    FROM (SELECT library, unnest(missing) AS component FROM judged)
    GROUP BY library, component
    QUALIFY row_number() OVER (PARTITION BY library ORDER BY count(*) DESC, component) = 1
)

SELECT
    judged.library,
    count(*) AS models,
    count(*) FILTER (WHERE judged.reusable) AS reusable,
    round(count(*) FILTER (WHERE judged.reusable) / count(*), 4) AS share,
    any_value(absent.component) AS lacking_most,
    any_value(absent.lacking) AS lacking,
    count(*) FILTER (WHERE judged.needs_remote_code) AS remote_code,
    count(*) FILTER (WHERE judged.unsafe_only) AS unsafe_only,
    arg_max(judged.repo_id, (coalesce(judged.downloads, -1), judged.repo_id)) FILTER (WHERE NOT judged.reusable) AS example
FROM judged
LEFT JOIN absent ON absent.library IS NOT DISTINCT FROM judged.library
GROUP BY judged.library
HAVING count(*) >= $min_models
ORDER BY models DESC, judged.library
