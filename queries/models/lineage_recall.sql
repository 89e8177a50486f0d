-- title: Lineage recall
-- question: Of the parents that files and texts reveal, how many does the model declare?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column evidence VARCHAR: mergekit (a recipe), weights (GGUF header), card_body (the sentence that training libraries
--   write), name_or_path (config.json); 'any' first
-- column edges BIGINT: pairs of model and parent that this evidence shows
-- column declared BIGINT: those that the model also declares (hub, tag, card, adapter_config)
-- column other_declared BIGINT: those of models that declare only other parents
-- column undeclared BIGINT: those of models that declare no parent
-- column recall DOUBLE: declared / edges, 0 to 1; NULL if there are none
-- trap: evidence may name the parent's parent (GGUF base_model), or an intermediate checkpoint (name_or_path)
-- trap: items that were not read give no evidence; --with configs,cards,weights reads all of them
-- see: mergekit recipes are declared in the card by a template; a config's _name_or_path is not
WITH edges AS (
    SELECT
        lineage_edges.child_hub_id,
        list_has_any(lineage_edges.sources, ['hub', 'tag', 'card', 'adapter_config']) AS declared,
        lineage_edges.sources
    FROM lineage_edges
    JOIN models ON models.hub_id = lineage_edges.child_hub_id
    WHERE
        lineage_edges.parent_kind = 'repo'
        AND NOT coalesce(lineage_edges.self_parent, FALSE)
        AND coalesce(models.downloads, 0) >= $min_downloads
),

declaring AS (
    SELECT DISTINCT child_hub_id
    FROM edges
    WHERE declared
),

shown AS (
    SELECT
        unnest(list_append(
            list_filter(
                edges.sources,
                lambda source: list_contains(['mergekit', 'weights', 'card_body', 'name_or_path'], source)
            ),
            'any'
        )) AS evidence,
        edges.declared,
        declaring.child_hub_id IS NOT NULL AS declares
    FROM edges
    LEFT JOIN declaring ON declaring.child_hub_id = edges.child_hub_id
    WHERE list_has_any(edges.sources, ['mergekit', 'weights', 'card_body', 'name_or_path'])
)

SELECT
    evidence,
    count(*) AS edges,
    count(*) FILTER (WHERE declared) AS declared,
    count(*) FILTER (WHERE NOT declared AND declares) AS other_declared,
    count(*) FILTER (WHERE NOT declares) AS undeclared,
    round(count(*) FILTER (WHERE declared) / count(*), 4) AS recall
FROM shown
GROUP BY evidence
ORDER BY evidence <> 'any', edges DESC, evidence
