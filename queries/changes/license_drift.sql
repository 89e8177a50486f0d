-- title: Licences from parent to child
-- question: Do derived models keep the licence of their base model, and how do licences drift?
-- param relation VARCHAR = NULL: only this relation (finetune, adapter, quantized, merge, unknown)
-- param min_downloads BIGINT = 0: only children with at least this many downloads in 30 days
-- param limit BIGINT = 100: rows to return
-- column relation VARCHAR: relation of the child to the parent, according to the most trusted source that has one
-- column outcome VARCHAR: kept, changed, dropped (the child declares none), added (the parent declares none), neither
-- column parent_license VARCHAR: licence by the Hub's tag; NULL if none is declared, and where
--   all_licenses
-- column child_license VARCHAR: the same for the child
-- column all_licenses BOOLEAN: the row counts every pair with this outcome, whatever the licences
-- column edges BIGINT: pairs of child and parent, both in the catalogue
-- column share DOUBLE: share of the edges of this relation, 0 to 1
-- column share_of_declared DOUBLE: share of those edges where both declare a licence, 0 to 1; NULL if one does not
-- trap: current licences; `license_changes` shows whether parent or child changed, and when
-- trap: parents that are not in the catalogue are left out; 'other' and 'unknown' count as licences
-- see: 0.1976 of 138,694 finetune edges with two licences change the licence (2025-07); 8.05% drift in fine-tunes and
--   56.67% omission in adapters
WITH licensed AS (
    SELECT
        edges.relation,
        CASE
            WHEN parents.license IS NULL AND children.license IS NULL THEN 'neither'
            WHEN parents.license IS NULL THEN 'added'
            WHEN children.license IS NULL THEN 'dropped'
            WHEN lower(parents.license) = lower(children.license) THEN 'kept'
            ELSE 'changed'
        END AS outcome,
        parents.license AS parent_license,
        children.license AS child_license
    FROM lineage_edges AS edges
    INNER JOIN models AS children ON children.hub_id = edges.child_hub_id
    INNER JOIN models AS parents ON parents.hub_id = edges.parent_hub_id
    WHERE edges.parent_hub_id <> edges.child_hub_id
        AND coalesce(children.downloads, 0) >= $min_downloads
        AND ($relation IS NULL OR edges.relation = $relation)
),

totals AS (
    SELECT relation, count(*) AS edges, count(*) FILTER (WHERE outcome IN ('kept', 'changed')) AS declared
    FROM licensed
    GROUP BY relation
),

counted AS (
    SELECT
        relation,
        outcome,
        parent_license,
        child_license,
        grouping(parent_license) = 1 AS all_licenses,
        count(*) AS edges
    FROM licensed
    GROUP BY GROUPING SETS ((relation, outcome), (relation, outcome, parent_license, child_license))
)

SELECT
    counted.relation,
    counted.outcome,
    counted.parent_license,
    counted.child_license,
    counted.all_licenses,
    counted.edges,
    round(counted.edges / totals.edges, 4) AS share,
    CASE
        WHEN counted.outcome IN ('kept', 'changed') THEN round(counted.edges / totals.declared, 4)
    END AS share_of_declared
FROM counted
INNER JOIN totals ON totals.relation = counted.relation
ORDER BY
    totals.edges DESC, counted.relation, counted.all_licenses DESC, counted.edges DESC, counted.outcome, counted.parent_license,
    counted.child_license
LIMIT $limit
