-- title: Children of popular bases, published
-- question: Which shares of all derived models were made directly from the most popular bases?
-- column figure VARCHAR: what is compared
-- column ours DOUBLE: our value; NULL if the catalogue has no data for it
-- column published DOUBLE: the published value
-- column low DOUBLE: lower end of the band, four fifths of the published value
-- column high DOUBLE: upper end of the band, six fifths of the published value
-- column verdict VARCHAR: within, below or above the band; 'no data'; 'not comparable' if the models are not all of
--   huggingface.co, or are shown by another selection
-- column published_on VARCHAR: month that the published value describes
-- column source VARCHAR: who published it
-- trap: the Hub changes: a value outside the band is a reason to look, not an error
-- trap: the band is a choice, not a confidence interval
-- trap: a model counts for each of its parents; only parents under their present name are found
-- see: MSC, weekly snapshots of the model supply chain (2025-06-25): children of each base, and 540,838 derived
--   models
WITH published(place, figure, value, published_on, source) AS (
    VALUES
        (1, 'Qwen/Qwen1.5-0.5B', 0.0601, '2025-06', 'MSC'),
        (2, 'black-forest-labs/FLUX.1-dev', 0.0595, '2025-06', 'MSC'),
        (3, 'Qwen/Qwen1.5-1.8B', 0.0565, '2025-06', 'MSC'),
        (4, 'google/gemma-2b', 0.044, '2025-06', 'MSC'),
        (5, 'google/gemma-7b', 0.0177, '2025-06', 'MSC'),
        (6, 'distilbert/distilbert-base-uncased', 0.017, '2025-06', 'MSC'),
        (7, 'stabilityai/stable-diffusion-xl-base-1.0', 0.0153, '2025-06', 'MSC')
),

edges AS (
    SELECT DISTINCT lineage_edges.child_hub_id, lineage_edges.parent
    FROM lineage_edges
    INNER JOIN models ON models.hub_id = lineage_edges.child_hub_id
    WHERE lineage_edges.parent_kind = 'repo' AND NOT coalesce(lineage_edges.self_parent, FALSE)
),

ours AS (
    SELECT parent AS figure, count(*) / (SELECT count(DISTINCT child_hub_id) FROM edges) AS value
    FROM edges
    GROUP BY parent
),

whole AS (
    SELECT coalesce(
        bool_or(json_keys(selections.flags) = ['all']) AND bool_and(runs.hub = 'https://huggingface.co'), FALSE
    ) AS hub
    FROM runs
    LEFT JOIN selections ON selections.selection_id = runs.selection_id
    WHERE runs.listed_at IS NOT NULL
)

SELECT
    published.figure,
    round(ours.value, 4) AS ours,
    CAST(published.value AS DOUBLE) AS published,
    CAST(round(published.value * 0.8, 4) AS DOUBLE) AS low,
    CAST(round(published.value * 1.2, 4) AS DOUBLE) AS high,
    CASE
        WHEN NOT whole.hub THEN 'not comparable'
        WHEN ours.value IS NULL THEN 'no data'
        WHEN ours.value < published.value * 0.8 THEN 'below'
        WHEN ours.value > published.value * 1.2 THEN 'above'
        ELSE 'within'
    END AS verdict,
    published.published_on,
    published.source
FROM published
CROSS JOIN whole
LEFT JOIN ours ON ours.figure = published.figure
WHERE EXISTS (SELECT 1 FROM models)
ORDER BY published.place
