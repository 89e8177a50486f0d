-- title: Largest families
-- question: Which root models have the most descendants, and how do their families branch?
-- param families BIGINT = 3: number of families, largest first
-- param children BIGINT = 8: models shown below each model: those with most children, then most downloads
-- param depth BIGINT = 4: generations below the root
-- column root VARCHAR: model that all of the family were made from, by its current name if known
-- column members BIGINT: live models made from it, directly or indirectly
-- column depth BIGINT: generation; the root has 0
-- column model VARCHAR: name of the model
-- column parent VARCHAR: model it was made from; NULL for the root
-- column relation VARCHAR: finetune, adapter, quantized, merge or unknown; NULL for the root
-- column children BIGINT: live models made directly from it, whether shown or not
-- column downloads BIGINT: downloads in 30 days; NULL if not reported, or if the model is not in the catalogue
-- trap: declared parents only: two thirds of derived models declare theirs
-- trap: a merge has several parents, and appears below each of them
-- see: model family trees (Laufer et al., 2025): Qwen1.5-0.5B had 32,497 children (2025-06)
WITH RECURSIVE sizes AS (
    SELECT root, count(*) AS members
    FROM lineage_roots
    GROUP BY root
    ORDER BY members DESC, root
    LIMIT $families
),

edges AS (
    SELECT
        lineage_edges.parent,
        models.repo_id AS model,
        any_value(lineage_edges.relation) AS relation,
        any_value(models.downloads) AS downloads
    FROM lineage_edges
    INNER JOIN models ON models.hub_id = lineage_edges.child_hub_id
    WHERE NOT coalesce(lineage_edges.self_parent, false) AND NOT coalesce(lineage_edges.in_cycle, false)
    GROUP BY lineage_edges.parent, models.repo_id
),

counted AS (
    SELECT parent AS model, count(*) AS children
    FROM edges
    GROUP BY parent
),

ranked AS (
    SELECT
        edges.parent,
        edges.model,
        edges.relation,
        coalesce(counted.children, 0) AS children,
        edges.downloads,
        row_number() OVER (
            PARTITION BY edges.parent
            ORDER BY coalesce(counted.children, 0) DESC, coalesce(edges.downloads, -1) DESC, edges.model
        ) AS position
    FROM edges
    LEFT JOIN counted ON counted.model = edges.model
),

family AS (
    SELECT
        sizes.root,
        sizes.members,
        CAST(0 AS BIGINT) AS depth,
        sizes.root AS model,
        CAST(NULL AS VARCHAR) AS parent,
        CAST(NULL AS VARCHAR) AS relation,
        coalesce(counted.children, 0) AS children,
        models.downloads
    FROM sizes
    LEFT JOIN counted ON counted.model = sizes.root
    LEFT JOIN models ON models.repo_id = sizes.root
    UNION ALL
    SELECT
        family.root,
        family.members,
        family.depth + 1,
        ranked.model,
        ranked.parent,
        ranked.relation,
        ranked.children,
        ranked.downloads
    FROM family
    INNER JOIN ranked ON ranked.parent = family.model
    WHERE ranked.position <= $children AND family.depth < $depth
)

SELECT root, members, depth, model, parent, relation, children, downloads
FROM family
ORDER BY members DESC, root, depth, parent NULLS FIRST, children DESC, downloads DESC NULLS LAST, model
