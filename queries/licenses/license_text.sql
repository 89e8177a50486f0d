-- title: Licence text present
-- question: How many models that declare a licence include its text?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 50: rows to return
-- column license VARCHAR: the Hub's licence tag, verbatim; NULL if none is declared; 'all' first
-- column models BIGINT: models whose file names are known
-- column with_text BIGINT: those with a licence file (LICENSE, NOTICE, USE_POLICY and the like)
-- column share DOUBLE: with_text / models, 0 to 1
-- trap: the presence of a file says nothing about its content; a card may quote the text instead
-- see: 95.8% of 6,664 models lack licence text (Jewitt)
WITH license_files AS (
    SELECT hub_id
    FROM files
    WHERE role = 'license'
    GROUP BY hub_id
),

chosen AS (
    SELECT nullif(models.license, '') AS license, license_files.hub_id IS NOT NULL AS with_text
    FROM models
    LEFT JOIN license_files ON license_files.hub_id = models.hub_id
    WHERE models.file_count IS NOT NULL AND coalesce(models.downloads, 0) >= $min_downloads
)

SELECT
    CASE WHEN grouping(chosen.license) = 1 THEN 'all' ELSE chosen.license END AS license,
    count(*) AS models,
    count(*) FILTER (WHERE with_text) AS with_text,
    round(count(*) FILTER (WHERE with_text) / count(*), 4) AS share
FROM chosen
GROUP BY GROUPING SETS ((), (chosen.license))
HAVING count(*) > 0
ORDER BY grouping(chosen.license) DESC, models DESC, chosen.license
LIMIT $limit
