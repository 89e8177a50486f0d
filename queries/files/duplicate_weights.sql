-- title: Duplicate weights
-- question: How many bytes of weights are copies of another file, by format?
-- column format VARCHAR: file format of the weights
-- column files BIGINT: weight files of live models whose SHA-256 is known
-- column contents BIGINT: number of different contents
-- column bytes BIGINT: bytes of all files
-- column spare_bytes BIGINT: bytes of all copies but one of each content
-- column spare_share DOUBLE: spare_bytes / bytes, 0 to 1
-- column models_with_copies BIGINT: live models with a file that another model has too
-- trap: bytes as downloaded: the Hub stores equal contents once, and equal parts of files too
-- trap: weights that differ in one tensor are no copies here
-- see: 54% less storage by removing duplicates and compressing differences (ZipLLM, 2025)
WITH contents AS (
    SELECT
        format, sha256, count(*) AS copies, any_value(size) AS size, min(hub_id) <> max(hub_id) AS shared
    FROM files
    WHERE role IN ('weights', 'framework_export') AND sha256 IS NOT NULL
    GROUP BY format, sha256
),

copied AS (
    SELECT files.format, count(DISTINCT files.hub_id) AS models
    FROM files
    WHERE
        files.role IN ('weights', 'framework_export')
        AND files.sha256 IN (SELECT sha256 FROM contents WHERE shared)
    GROUP BY files.format
)

SELECT
    contents.format,
    CAST(sum(contents.copies) AS BIGINT) AS files,
    count(*) AS contents,
    CAST(sum(contents.copies * contents.size) AS BIGINT) AS bytes,
    CAST(sum((contents.copies - 1) * contents.size) AS BIGINT) AS spare_bytes,
    round(sum((contents.copies - 1) * contents.size) / nullif(sum(contents.copies * contents.size), 0), 4) AS spare_share,
    coalesce(any_value(copied.models), 0) AS models_with_copies
FROM contents
LEFT JOIN copied ON copied.format = contents.format
GROUP BY contents.format
ORDER BY spare_bytes DESC, contents.format
