-- title: Changes from parent to child, published
-- question: Do derived models change licence, task and languages as often as published?
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
-- trap: the licence is compared for fine-tunes, task and languages for all pairs of which both are known
-- see: Laufer et al., arXiv:2508.06811 (data of 2025-07): 27,409.5 of 138,694 fine-tunes, 55,307 of 134,711,
--   11,458 of 47,369 pairs
WITH published(place, figure, value, published_on, source) AS (
    VALUES
        (1, 'licence changed (fine-tunes)', 0.1976, '2025-07', 'Laufer et al.'),
        (2, 'task changed', 0.4106, '2025-07', 'Laufer et al.'),
        (3, 'languages changed', 0.2419, '2025-07', 'Laufer et al.')
),

pairs AS (
    SELECT
        lineage_edges.relation,
        nullif(lower(children.license), '') <> nullif(lower(parents.license), '') AS license_changed,
        children.pipeline_tag <> parents.pipeline_tag AS task_changed,
        CASE
            WHEN len(children.languages) > 0 AND len(parents.languages) > 0
                THEN list_sort(list_distinct(children.languages)) <> list_sort(list_distinct(parents.languages))
        END AS languages_changed
    FROM lineage_edges
    INNER JOIN models AS children ON children.hub_id = lineage_edges.child_hub_id
    INNER JOIN models AS parents ON parents.hub_id = lineage_edges.parent_hub_id
    WHERE lineage_edges.parent_hub_id <> lineage_edges.child_hub_id
),

ours AS (
    SELECT
        'licence changed (fine-tunes)' AS figure,
        count(*) FILTER (WHERE license_changed AND relation = 'finetune')
        / nullif(count(license_changed) FILTER (WHERE relation = 'finetune'), 0) AS value
    FROM pairs
    UNION ALL
    SELECT 'task changed', count(*) FILTER (WHERE task_changed) / nullif(count(task_changed), 0)
    FROM pairs
    UNION ALL
    SELECT 'languages changed', count(*) FILTER (WHERE languages_changed) / nullif(count(languages_changed), 0)
    FROM pairs
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
