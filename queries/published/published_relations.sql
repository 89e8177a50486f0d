-- title: Relations, published
-- question: Does our mix of relations to base models agree with published ones?
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
-- trap: relations as the Hub reports them; the share of a relation is one of the models that have one of the four
-- see: data set cfahlgren1/hub-stats (2025-10-23): 607,148 of 2,161,698 models declare a base model
-- see: MSC, weekly snapshots of the model supply chain (2025-06-25): 1,251,376 of 1,817,398 models are isolated
WITH published(place, figure, value, published_on, source) AS (
    VALUES
        (1, 'models with a base model', 0.2809, '2025-10', 'hub-stats'),
        (2, 'adapter', 0.4257, '2025-10', 'hub-stats'),
        (3, 'finetune', 0.3591, '2025-10', 'hub-stats'),
        (4, 'quantized', 0.1922, '2025-10', 'hub-stats'),
        (5, 'merge', 0.023, '2025-10', 'hub-stats'),
        (6, 'isolated models', 0.6886, '2025-06', 'MSC')
),

related AS (
    SELECT
        hub_id,
        CASE WHEN coalesce(len(base_models), 0) > 0 AND base_relation <> 'unknown' THEN base_relation END AS relation
    FROM models
),

linked AS (
    SELECT child_hub_id AS hub_id FROM lineage WHERE NOT coalesce(self_parent, FALSE)
    UNION
    SELECT parent_hub_id FROM lineage WHERE NOT coalesce(self_parent, FALSE)
),

ours AS (
    SELECT 'models with a base model' AS figure, count(relation) / nullif(count(*), 0) AS value
    FROM related
    UNION ALL
    SELECT relation, count(*) / sum(count(*)) OVER ()
    FROM related
    WHERE relation IS NOT NULL
    GROUP BY relation
    UNION ALL
    SELECT 'isolated models', 1 - count(linked.hub_id) / nullif(count(*), 0)
    FROM models
    LEFT JOIN linked ON linked.hub_id = models.hub_id
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
