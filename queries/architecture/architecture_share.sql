-- title: Architecture share
-- question: Which architectures do models have, and how much of the downloads does each take?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days; a count that is not told
--   passes 0 only
-- param limit BIGINT = 50: rows to return; the shares are of all models either way
-- column architecture VARCHAR: first of architectures as declared; 'none' where the documents were read, or are not
--   there, and declare none; 'unknown' where they could not be read and the Hub's excerpt is silent too
-- column models BIGINT: live models
-- column share DOUBLE: of all chosen models, 0 to 1
-- column downloads BIGINT: sum of their downloads in 30 days; NULL where none is told
-- column download_share DOUBLE: of the downloads of all chosen models, 0 to 1
-- trap: an adapter, a GGUF-only and a diffusers repository count as 'none', though their base model has an architecture
-- trap: in a top-N harvest the shares are those of the selection, not of the Hub
-- see: ATOM project on the shares of model families; Longpre et al. on the Hub's download history
WITH chosen AS (
    SELECT
        CASE
            WHEN config_status IN ('ok', 'lenient', 'not_object', 'absent') THEN coalesce(architecture, 'none')
            WHEN json_valid(config_stub)
                THEN coalesce(json_extract_string(config_stub, '$.architectures[0]'), 'unknown')
            ELSE 'unknown'
        END AS architecture,
        downloads
    FROM models
    WHERE coalesce(downloads, 0) >= $min_downloads
)

SELECT
    architecture,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    round(sum(downloads) / nullif(sum(sum(downloads)) OVER (), 0), 4) AS download_share
FROM chosen
GROUP BY architecture
ORDER BY models DESC, architecture
LIMIT $limit
