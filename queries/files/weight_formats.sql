-- title: Weight formats
-- question: In which formats are weights published, what share of downloads do they have, and which can run code?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column format VARCHAR: format of weights or of a framework export; 'none' for models without weights
-- column unsafe BOOLEAN: the format can contain a pickle, which can run code when loaded; NULL for 'none'
-- column models BIGINT: models with at least one such file
-- column share DOUBLE: share of chosen models with known file names, 0 to 1; a model counts in each format
-- column downloads BIGINT: sum of these models' downloads in 30 days; NULL if none is reported
-- column download_share DOUBLE: share of the downloads of the chosen models whose file names are known, 0 to 1
-- column files BIGINT: number of files
-- column bytes BIGINT: known bytes; NULL if no manifest was read
-- trap: downloads are counted by repository, not by file: a model with two formats counts for both
-- trap: models whose files are unknown are left out; config and tokenizer files are not weights
-- see: PickleBall (2025); the study of safetensors conversions over 3,406 repositories
WITH chosen AS (
    SELECT hub_id, downloads
    FROM models
    WHERE file_count IS NOT NULL AND coalesce(downloads, 0) >= $min_downloads
),

total AS (
    SELECT count(*) AS models, sum(downloads) AS downloads FROM chosen
),

weight_files AS (
    SELECT hub_id, format, bool_or(unsafe) AS unsafe, count(*) AS files, sum(size) AS bytes
    FROM files
    WHERE role IN ('weights', 'framework_export')
    GROUP BY hub_id, format
),

forms AS (
    SELECT
        coalesce(weight_files.format, 'none') AS format,
        weight_files.unsafe,
        chosen.downloads,
        coalesce(weight_files.files, 0) AS files,
        weight_files.bytes
    FROM chosen
    LEFT JOIN weight_files ON weight_files.hub_id = chosen.hub_id
)

SELECT
    forms.format,
    bool_or(forms.unsafe) AS unsafe,
    count(*) AS models,
    round(count(*) / max(total.models), 4) AS share,
    CAST(sum(forms.downloads) AS BIGINT) AS downloads,
    round(sum(forms.downloads) / nullif(max(total.downloads), 0), 4) AS download_share,
    CAST(sum(forms.files) AS BIGINT) AS files,
    CAST(sum(forms.bytes) AS BIGINT) AS bytes
FROM forms
CROSS JOIN total
GROUP BY forms.format
ORDER BY models DESC, forms.format
