-- title: Base models with the most children
-- question: Which models are most often fine-tuned, adapted, quantized and merged?
-- param min_children BIGINT = 1: only base models with at least this many children
-- param limit BIGINT = 50: rows to return
-- column base_model VARCHAR: name as declared
-- column in_catalogue BOOLEAN: a model with this name, or that had it before, is in the catalogue
-- column children BIGINT: live models that declare it
-- column finetune BIGINT: children with this relation according to the Hub
-- column adapter BIGINT: children with this relation according to the Hub
-- column quantized BIGINT: children with this relation according to the Hub
-- column merge BIGINT: children with this relation according to the Hub
-- column unknown BIGINT: children whose relation the Hub does not report
-- column downloads BIGINT: sum of the children's downloads in 30 days; NULL if none is reported
-- trap: declared links only: two thirds of derived models declare theirs; names as written, so a renamed base model may
--   appear twice
-- trap: children, not descendants: a child of a child counts for its own parent only
-- see: model family trees: Qwen1.5-0.5B 32,497 and FLUX.1-dev 32,173 children (2025-06)
WITH links AS (
    SELECT DISTINCT hub_id, unnest(base_models) AS base_model, base_relation, downloads
    FROM models
),

known_names AS (
    SELECT repo_id FROM names
    UNION
    SELECT repo_id FROM models
)

SELECT
    links.base_model,
    bool_or(known_names.repo_id IS NOT NULL) AS in_catalogue,
    count(*) AS children,
    count(*) FILTER (WHERE links.base_relation = 'finetune') AS finetune,
    count(*) FILTER (WHERE links.base_relation = 'adapter') AS adapter,
    count(*) FILTER (WHERE links.base_relation = 'quantized') AS quantized,
    count(*) FILTER (WHERE links.base_relation = 'merge') AS merge,
    count(*) FILTER (
        WHERE coalesce(links.base_relation, '') NOT IN ('finetune', 'adapter', 'quantized', 'merge')
    ) AS unknown,
    CAST(sum(links.downloads) AS BIGINT) AS downloads
FROM links
LEFT JOIN known_names ON known_names.repo_id = links.base_model
WHERE links.base_model IS NOT NULL
GROUP BY links.base_model
HAVING count(*) >= $min_children
ORDER BY children DESC, links.base_model
LIMIT $limit
