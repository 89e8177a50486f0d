-- title: New derivatives by quarter
-- question: From whose models were the new derived models of each quarter made?
-- param authors BIGINT = 10: authors of roots with most members, each with rows of its own; all others are 'other'
-- column quarter DATE: first day of the quarter in which the derived models were created
-- column root_author VARCHAR: owner of the root model, according to its current name; 'other' for all others
-- column derivatives BIGINT: live derived models with such a root
-- column share DOUBLE: share of the quarter's pairs of derived model and root author, 0 to 1
-- trap: models that were deleted since then are missing, so old quarters are too small
-- trap: createdAt of repositories before 2022-03-02 is that day
-- trap: a merge of models of two authors counts for both
-- see: Qwen's share of new derivatives: 1% in January 2024, 69% in February 2026 (ATOM project)
WITH made AS (
    SELECT DISTINCT
        CAST(date_trunc('quarter', models.created_at) AS DATE) AS quarter,
        lineage_roots.child_hub_id,
        CASE WHEN contains(lineage_roots.root, '/') THEN split_part(lineage_roots.root, '/', 1) ELSE 'other' END AS author
    FROM lineage_roots
    INNER JOIN models ON models.hub_id = lineage_roots.child_hub_id
    WHERE models.created_at IS NOT NULL
),

largest AS (
    SELECT author
    FROM made
    WHERE author <> 'other'
    GROUP BY author
    ORDER BY count(*) DESC, author
    LIMIT $authors
),

named AS (
    SELECT DISTINCT made.quarter, made.child_hub_id, coalesce(largest.author, 'other') AS root_author
    FROM made
    LEFT JOIN largest ON largest.author = made.author
)

SELECT
    quarter,
    root_author,
    count(*) AS derivatives,
    round(count(*) / sum(count(*)) OVER (PARTITION BY quarter), 4) AS share
FROM named
GROUP BY quarter, root_author
ORDER BY quarter, root_author = 'other', derivatives DESC, root_author
