-- title: Models that are gone
-- question: Which models disappeared, how, and how many live models were made from them?
-- param cause VARCHAR = NULL: only this cause (deleted_or_private, renamed, replaced, disabled)
-- param since TIMESTAMP = NULL: only names that were found gone at or after this UTC time
-- param returned BOOLEAN = false: include those that returned
-- param limit BIGINT = 50: rows to return
-- column repo_id VARCHAR: the name that disappeared
-- column cause VARCHAR: deleted_or_private, renamed, replaced (another model has the name now), disabled
-- column last_seen TIMESTAMP: last listing that contained it, UTC
-- column noticed_at TIMESTAMP: first listing without it; it disappeared between the two
-- column renamed_to VARCHAR: new name of the same model
-- column returned_at TIMESTAMP: when it was listed again; NULL: not so far
-- column children BIGINT: live models that declare it as their parent, even if it has another name now
-- column child_downloads BIGINT: their downloads in 30 days; NULL if none is reported
-- trap: only harvests of a whole selection (`--all`, an author, a tag...) show that a name is gone, never a top-N
-- trap: the Hub does not distinguish deleted from private
-- see: +436,427 and -99,042 models in 16 weeks; 131 deleted base models had 1,318 derived models (2025)
WITH made AS (
    SELECT DISTINCT lineage.parent_hub_id, lineage.child_hub_id
    FROM lineage
    WHERE lineage.parent_hub_id IS NOT NULL AND lineage.parent_hub_id <> lineage.child_hub_id
),

families AS (
    SELECT made.parent_hub_id, count(*) AS children, CAST(sum(models.downloads) AS BIGINT) AS downloads
    FROM made
    INNER JOIN models ON models.hub_id = made.child_hub_id
    GROUP BY made.parent_hub_id
)

SELECT
    tombstones.repo_id,
    tombstones.cause,
    tombstones.last_seen,
    tombstones.noticed_at,
    tombstones.renamed_to,
    tombstones.returned_at,
    coalesce(families.children, 0) AS children,
    families.downloads AS child_downloads
FROM tombstones
LEFT JOIN families ON families.parent_hub_id = tombstones.hub_id
WHERE
    ($cause IS NULL OR tombstones.cause = $cause)
    AND ($since IS NULL OR tombstones.noticed_at >= CAST($since AS TIMESTAMP))
    AND ($returned OR tombstones.returned_at IS NULL)
ORDER BY children DESC, tombstones.noticed_at DESC, tombstones.repo_id, tombstones.cause
LIMIT $limit
