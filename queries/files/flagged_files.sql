-- title: Flagged files
-- question: What did the Hub's security scan find, in which formats, and in how many models?
-- column scan_status VARCHAR: result of the scan as the Hub reports it; 'not scanned' if it reports none
-- column format VARCHAR: file format; 'unknown' where the catalogue has none
-- column files BIGINT: files of live models
-- column models BIGINT: live models with such a file
-- column downloads BIGINT: sum of these models' downloads in 30 days; NULL if none is reported
-- column example VARCHAR: the most downloaded of these models
-- trap: scan results are read only with --with dates; models that were read without have no row
-- trap: a scanner's finding is not proof, and 'safe' is not either
-- see: 352,000 findings in 51,700 of 1.41M models (Protect AI, 2025-04-01)
WITH scanned AS (
    SELECT DISTINCT hub_id
    FROM files
    WHERE scan_status IS NOT NULL
),

found AS (
    SELECT
        coalesce(files.scan_status, 'not scanned') AS scan_status,
        coalesce(files.format, 'unknown') AS format,
        files.hub_id,
        count(*) AS files
    FROM files
    INNER JOIN scanned ON scanned.hub_id = files.hub_id
    GROUP BY ALL
)

SELECT
    found.scan_status,
    found.format,
    CAST(sum(found.files) AS BIGINT) AS files,
    count(*) AS models,
    CAST(sum(models.downloads) AS BIGINT) AS downloads,
    arg_max(models.repo_id, (coalesce(models.downloads, -1), models.repo_id)) AS example
FROM found
INNER JOIN models ON models.hub_id = found.hub_id
GROUP BY found.scan_status, found.format
ORDER BY list_position(['safe', 'not scanned'], found.scan_status) NULLS FIRST, files DESC, found.scan_status, found.format
