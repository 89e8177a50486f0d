-- title: Libraries
-- question: Which libraries are models for, and how much of the downloads does each take?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 100: rows to return; the shares are of all models either way
-- column library_name VARCHAR: library as the Hub shows it; 'none' where it shows none
-- column models BIGINT: live models
-- column share DOUBLE: of all chosen models, 0 to 1
-- column downloads BIGINT: sum of their downloads in 30 days; NULL where none is told
-- column download_share DOUBLE: of the downloads of all chosen models, 0 to 1
-- trap: the Hub infers it from tags and file names where the card is silent
-- see: whoever decides which library to support first
WITH chosen AS (
    SELECT coalesce(library_name, 'none') AS library_name, downloads
    FROM models
    WHERE coalesce(downloads, 0) >= $min_downloads
)

SELECT
    library_name,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    round(sum(downloads) / nullif(sum(sum(downloads)) OVER (), 0), 4) AS download_share
FROM chosen
GROUP BY library_name
ORDER BY models DESC, library_name
LIMIT $limit
