-- title: Files that many models share
-- question: Which large files are copied most, and from which models?
-- param format VARCHAR = NULL: only files of this format, such as safetensors
-- param min_models BIGINT = 2: only files that at least this many models contain
-- param limit BIGINT = 50: rows to return
-- column sha256 VARCHAR: SHA-256 of the content
-- column format VARCHAR: file format
-- column size BIGINT: bytes of one copy
-- column copies BIGINT: files with this content
-- column models BIGINT: models that contain it
-- column authors BIGINT: number of distinct owners
-- column spare_bytes BIGINT: bytes of all copies but one
-- column first_repo_id VARCHAR: the oldest model that contains it
-- column path VARCHAR: path in that model
-- trap: the oldest model did not necessarily publish it first: models are renamed, and files replaced
-- trap: only LFS files have a SHA-256; small files in git are not considered
-- see: ZipLLM (2025); audits of re-uploads
WITH copies AS (
    SELECT sha256, format, size, hub_id, path
    FROM files
    WHERE sha256 IS NOT NULL AND ($format IS NULL OR format = $format)
),

shared AS (
    SELECT sha256
    FROM copies
    GROUP BY sha256
    HAVING count(DISTINCT hub_id) >= $min_models
)

SELECT
    copies.sha256,
    min(copies.format) AS format,
    max(copies.size) AS size,
    count(*) AS copies,
    count(DISTINCT copies.hub_id) AS models,
    count(DISTINCT models.author) AS authors,
    max(copies.size) * (count(*) - 1) AS spare_bytes,
    arg_min(models.repo_id, (coalesce(models.created_at, TIMESTAMP 'infinity'), models.repo_id, copies.path))
        AS first_repo_id,
    arg_min(copies.path, (coalesce(models.created_at, TIMESTAMP 'infinity'), models.repo_id, copies.path)) AS path
FROM copies
INNER JOIN shared ON shared.sha256 = copies.sha256
INNER JOIN models ON models.hub_id = copies.hub_id
GROUP BY copies.sha256
ORDER BY spare_bytes DESC NULLS LAST, copies.sha256
LIMIT $limit
