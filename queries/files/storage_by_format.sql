-- title: Storage by format
-- question: How many bytes does each format take, and how many of them are copies?
-- param limit BIGINT = 50: rows to return
-- column format VARCHAR: file format
-- column models BIGINT: models with such files
-- column files BIGINT: files of known size
-- column bytes BIGINT: their bytes
-- column distinct_bytes BIGINT: bytes if each content is counted once
-- column duplicate_share DOUBLE: share of bytes that are copies, 0 to 1; NULL if there are no bytes
-- trap: only models whose manifest was read have sizes; contents that differ by one byte are different
-- trap: the Hub stores chunks once (Xet), so a copy may take no space there
-- see: ZipLLM (2025) on redundancy between models
WITH sized AS (
    SELECT format, hub_id, size, coalesce(sha256, oid, hub_id || '/' || path) AS content
    FROM files
    WHERE size IS NOT NULL
),

contents AS (
    SELECT format, content, count(*) AS files, sum(size) AS bytes, max(size) AS size
    FROM sized
    GROUP BY format, content
),

holders AS (
    SELECT format, count(DISTINCT hub_id) AS models
    FROM sized
    GROUP BY format
)

SELECT
    contents.format,
    max(holders.models) AS models,
    CAST(sum(contents.files) AS BIGINT) AS files,
    CAST(sum(contents.bytes) AS BIGINT) AS bytes,
    CAST(sum(contents.size) AS BIGINT) AS distinct_bytes,
    round(1 - sum(contents.size) / nullif(sum(contents.bytes), 0), 4) AS duplicate_share
FROM contents
INNER JOIN holders ON holders.format IS NOT DISTINCT FROM contents.format
GROUP BY contents.format
ORDER BY bytes DESC, contents.format
LIMIT $limit
