-- title: Children by origin of the parent
-- question: Do quantizations, adapters, fine-tunes and merges get children of their own?
-- column made_by VARCHAR: how the model itself was made: finetune, adapter, quantized, merge, unknown, or 'no known
--   parent'
-- column models BIGINT: live models made like this
-- column parents BIGINT: those with at least one live child
-- column childless_share DOUBLE: share without a child, 0 to 1
-- column children BIGINT: live children of these models
-- column finetune BIGINT: children with this relation
-- column adapter BIGINT: children with this relation
-- column quantized BIGINT: children with this relation
-- column merge BIGINT: children with this relation
-- column unknown BIGINT: children whose relation is not known
-- trap: a model that was made in several ways counts in each, and so do its children
-- trap: a parent that was never seen under any name has no row here, but its children do
-- see: children of quantizations: 15,047 fine-tunes, 970 quantizations, 458 adapters (Laufer et al., 2025-07)
WITH edges AS (
    SELECT DISTINCT lineage.child_hub_id, lineage.parent_hub_id, lineage.relation
    FROM lineage
    INNER JOIN models ON models.hub_id = lineage.child_hub_id
    WHERE NOT coalesce(lineage.self_parent, FALSE) AND lineage.parent_hub_id IS DISTINCT FROM lineage.child_hub_id
),

-- What one source knows of a child counts, what another does not know does not.
known AS (
    SELECT child_hub_id, parent_hub_id, relation
    FROM edges
    QUALIFY relation <> 'unknown'
        OR count(*) FILTER (WHERE relation <> 'unknown') OVER (PARTITION BY child_hub_id, parent_hub_id) = 0
),

origins AS (
    SELECT DISTINCT child_hub_id AS hub_id, relation AS made_by
    FROM known
    UNION ALL
    SELECT hub_id, 'no known parent'
    FROM models
    WHERE hub_id NOT IN (SELECT child_hub_id FROM known)
),

counted AS (
    SELECT
        parent_hub_id AS hub_id,
        count(DISTINCT child_hub_id) AS children,
        count(*) FILTER (WHERE relation = 'finetune') AS finetune,
        count(*) FILTER (WHERE relation = 'adapter') AS adapter,
        count(*) FILTER (WHERE relation = 'quantized') AS quantized,
        count(*) FILTER (WHERE relation = 'merge') AS merge,
        count(*) FILTER (WHERE relation = 'unknown') AS unknown
    FROM known
    WHERE parent_hub_id IS NOT NULL
    GROUP BY parent_hub_id
)

SELECT
    origins.made_by,
    count(*) AS models,
    count(counted.hub_id) AS parents,
    round(1 - count(counted.hub_id) / count(*), 4) AS childless_share,
    CAST(coalesce(sum(counted.children), 0) AS BIGINT) AS children,
    CAST(coalesce(sum(counted.finetune), 0) AS BIGINT) AS finetune,
    CAST(coalesce(sum(counted.adapter), 0) AS BIGINT) AS adapter,
    CAST(coalesce(sum(counted.quantized), 0) AS BIGINT) AS quantized,
    CAST(coalesce(sum(counted.merge), 0) AS BIGINT) AS merge,
    CAST(coalesce(sum(counted.unknown), 0) AS BIGINT) AS unknown
FROM origins
LEFT JOIN counted ON counted.hub_id = origins.hub_id
GROUP BY origins.made_by
ORDER BY models DESC, origins.made_by
