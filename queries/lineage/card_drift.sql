-- title: Cards along lineage
-- question: Do derived models document less than the model that they were made from?
-- column relation VARCHAR: finetune, adapter, quantized, merge or unknown; 'any' first
-- column pairs BIGINT: pairs of a live model and a live parent whose README.md were both read
-- column parent_length BIGINT: median characters of the parents' cards, without front matter
-- column child_length BIGINT: median characters of the derived models' cards, without front matter
-- column shorter_share DOUBLE: share of pairs with a shorter card than the parent's, 0 to 1
-- column parent_sections DOUBLE: mean number of headings of the parents' cards
-- column child_sections DOUBLE: mean number of headings of the derived models' cards
-- trap: cards have to be read (--with cards); pairs without both are left out
-- trap: a long card may be a template or a copy of the parent's
-- see: mean length 9,773 characters for parents and 4,402 for children (Laufer et al., 2025-07)
WITH texts AS (
    SELECT hub_id, max(body_length) AS length, max(len(sections)) AS sections
    FROM cards
    WHERE body_length IS NOT NULL
    GROUP BY hub_id
),

pairs AS (
    SELECT
        unnest(['any', edges.relation]) AS relation,
        edges.child_hub_id,
        edges.parent_hub_id,
        parents.length AS parent_length,
        children.length AS child_length,
        parents.sections AS parent_sections,
        children.sections AS child_sections
    FROM lineage_edges AS edges
    INNER JOIN texts AS children ON children.hub_id = edges.child_hub_id
    INNER JOIN texts AS parents ON parents.hub_id = edges.parent_hub_id
    WHERE edges.parent_hub_id <> edges.child_hub_id
        AND edges.child_hub_id IN (SELECT hub_id FROM models)
        AND edges.parent_hub_id IN (SELECT hub_id FROM models)
)

SELECT
    relation,
    count(*) AS pairs,
    CAST(median(parent_length) AS BIGINT) AS parent_length,
    CAST(median(child_length) AS BIGINT) AS child_length,
    round(count(*) FILTER (WHERE child_length < parent_length) / count(*), 4) AS shorter_share,
    round(avg(parent_sections), 2) AS parent_sections,
    round(avg(child_sections), 2) AS child_sections
FROM pairs
GROUP BY relation
ORDER BY relation <> 'any', pairs DESC, relation
