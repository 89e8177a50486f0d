-- title: Licences, published
-- question: Do our shares of licences agree with published ones?
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
-- trap: licence shares are shares of the models that declare one
-- see: Laufer et al., arXiv:2508.06811 (data of 2025-07): counts of 671,895 models with a licence
-- see: RamaLama blog (2025-07): 1,873,342 models
WITH published(place, figure, value, published_on, source) AS (
    VALUES
        (1, 'no licence', 0.644, '2025-07', 'RamaLama'),
        (2, 'no licence, more than 1,000 downloads', 0.251, '2025-07', 'RamaLama'),
        (3, 'no licence, more than 1,000,000 downloads', 0.16, '2025-07', 'RamaLama'),
        (4, 'licence apache-2.0', 0.4442, '2025-07', 'Laufer et al.'),
        (5, 'licence mit', 0.1634, '2025-07', 'Laufer et al.'),
        (6, 'licence other', 0.1219, '2025-07', 'Laufer et al.'),
        (7, 'licence openrail', 0.0558, '2025-07', 'Laufer et al.'),
        (8, 'licence creativeml-openrail-m', 0.0435, '2025-07', 'Laufer et al.'),
        (9, 'licence cc-by-nc-4.0', 0.0213, '2025-07', 'Laufer et al.'),
        (10, 'licence llama2', 0.0153, '2025-07', 'Laufer et al.'),
        (11, 'licence llama3', 0.0147, '2025-07', 'Laufer et al.'),
        (12, 'licence gemma', 0.0129, '2025-07', 'Laufer et al.')
),

chosen AS (
    SELECT nullif(license, '') AS license, downloads
    FROM models
),

ours AS (
    SELECT 'no licence' AS figure, count(*) FILTER (WHERE license IS NULL) / nullif(count(*), 0) AS value
    FROM chosen
    UNION ALL
    SELECT
        'no licence, more than ' || bound.words || ' downloads',
        count(*) FILTER (WHERE chosen.license IS NULL) / nullif(count(*), 0)
    FROM (VALUES (1000, '1,000'), (1000000, '1,000,000')) AS bound(least, words)
    INNER JOIN chosen ON chosen.downloads > bound.least
    GROUP BY bound.words
    UNION ALL
    SELECT 'licence ' || license, count(*) / sum(count(*)) OVER ()
    FROM chosen
    WHERE license IS NOT NULL
    GROUP BY license
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
