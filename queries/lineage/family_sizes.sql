-- title: Families
-- question: Which families of models are largest, how deep are they, and how were their members made?
-- param limit BIGINT = 50: rows to return
-- column root VARCHAR: model that all of the family were made from, by its current name if known
-- column members BIGINT: live models made from it, directly or indirectly
-- column depth BIGINT: longest distance of a member from the root in steps; 1: only children
-- column finetunes BIGINT: members with a parent that they were fine-tuned from
-- column adapters BIGINT: members with a parent that they are an adapter for
-- column quantizations BIGINT: members with a parent that they are a quantization of
-- column merges BIGINT: members with a parent that was merged into them
-- column unknown BIGINT: members that do not say how they were made from any parent
-- column downloads BIGINT: sum of the members' downloads in 30 days; NULL if none is reported
-- trap: declared parents count first, and many derived models declare none (see lineage_recall): families are larger
-- trap: a merge belongs to the family of each of its parents, and a member with two relations counts in both columns
-- trap: a member's distance is that of its shortest path to the root
-- see: model family trees (2025-07): FLUX.1-dev 32,796 members, Qwen1.5-0.5B 32,560, Llama-3.1-8B 13,875
WITH made AS (
    SELECT child_hub_id, list(DISTINCT relation) AS relations
    FROM lineage
    WHERE NOT coalesce(self_parent, FALSE)
    GROUP BY child_hub_id
)

SELECT
    lineage_roots.root,
    count(*) AS members,
    max(lineage_roots.depth) AS depth,
    count(*) FILTER (WHERE list_contains(made.relations, 'finetune')) AS finetunes,
    count(*) FILTER (WHERE list_contains(made.relations, 'adapter')) AS adapters,
    count(*) FILTER (WHERE list_contains(made.relations, 'quantized')) AS quantizations,
    count(*) FILTER (WHERE list_contains(made.relations, 'merge')) AS merges,
    count(*) FILTER (WHERE coalesce(made.relations, ['unknown']) = ['unknown']) AS unknown,
    CAST(sum(models.downloads) AS BIGINT) AS downloads
FROM lineage_roots
INNER JOIN models ON models.hub_id = lineage_roots.child_hub_id
LEFT JOIN made ON made.child_hub_id = lineage_roots.child_hub_id
GROUP BY lineage_roots.root_hub_id, lineage_roots.root
ORDER BY members DESC, lineage_roots.root
LIMIT $limit
