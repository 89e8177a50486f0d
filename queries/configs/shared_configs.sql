-- title: Most shared config documents
-- question: Which config documents are identical, byte for byte, in the most models?
-- param path VARCHAR = 'config.json': path of the document in the repository
-- param min_models BIGINT = 2: only documents that at least this many models contain
-- param limit BIGINT = 50: rows to return
-- column oid VARCHAR: git blob id of the document
-- column size BIGINT: bytes; NULL if the document is not stored
-- column models BIGINT: live models that contain it
-- column share DOUBLE: share of all models with a document at this path, 0 to 1
-- column authors BIGINT: number of distinct owners
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column model_type VARCHAR: model type it declares; NULL if it declares none
-- column architecture VARCHAR: architecture it declares; NULL if it declares none
-- column example VARCHAR: the most downloaded model that contains it
-- trap: equal configs are copies or quantizations of one shape; the weights may differ entirely
-- see: studies of what a fine-tune changes in its config; the cost of crawling by content hash
WITH holders AS (
    SELECT oid, hub_id, repo_id, model_type, architecture
    FROM configs
    WHERE path = $path AND oid IS NOT NULL
),

counted AS (
    SELECT
        holders.oid,
        count(*) AS models,
        round(count(*) / sum(count(*)) OVER (), 4) AS share,
        count(DISTINCT models.author) AS authors,
        CAST(sum(models.downloads) AS BIGINT) AS downloads,
        max(holders.model_type) AS model_type,
        max(holders.architecture) AS architecture,
        arg_min(models.repo_id, (-coalesce(models.downloads, 0), models.repo_id)) AS example
    FROM holders
    INNER JOIN models ON models.hub_id = holders.hub_id
    GROUP BY holders.oid
)

SELECT
    counted.oid,
    documents.size,
    counted.models,
    counted.share,
    counted.authors,
    counted.downloads,
    counted.model_type,
    counted.architecture,
    counted.example
FROM counted
LEFT JOIN documents ON documents.oid = counted.oid
WHERE counted.models >= $min_models
ORDER BY counted.models DESC, counted.oid
LIMIT $limit
