-- title: Languages and data sets, published
-- question: How many models declare a language or a data set, relative to the most frequent one?
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
-- trap: imagefolder and generator are names of loaders, not data sets
-- trap: ratios to the most frequent value, as the published denominators are not known
-- see: Laufer et al., arXiv:2508.06811 (data of 2025-07): English 221,550; imagefolder 5,143
WITH published(place, figure, value, published_on, source) AS (
    VALUES
        (1, 'language zh / en', 0.0583, '2025-07', 'Laufer et al.'),
        (2, 'language fr / en', 0.0531, '2025-07', 'Laufer et al.'),
        (3, 'language es / en', 0.0483, '2025-07', 'Laufer et al.'),
        (4, 'language de / en', 0.0475, '2025-07', 'Laufer et al.'),
        (5, 'language ja / en', 0.0406, '2025-07', 'Laufer et al.'),
        (6, 'data set glue / imagefolder', 0.684, '2025-07', 'Laufer et al.'),
        (7, 'data set generator / imagefolder', 0.636, '2025-07', 'Laufer et al.'),
        (8, 'data set squad / imagefolder', 0.362, '2025-07', 'Laufer et al.'),
        (9, 'data set emotion / imagefolder', 0.3438, '2025-07', 'Laufer et al.'),
        (10, 'data set imagenet-1k / imagefolder', 0.3039, '2025-07', 'Laufer et al.')
),

spoken AS (
    SELECT language, count(*) AS models
    FROM (SELECT unnest(list_distinct(languages)) AS language FROM models)
    GROUP BY language
),

trained AS (
    SELECT lower(split_part(datasets.dataset, '/', -1)) AS dataset, count(DISTINCT datasets.hub_id) AS models
    FROM datasets
    INNER JOIN models ON models.hub_id = datasets.hub_id
    GROUP BY lower(split_part(datasets.dataset, '/', -1))
),

ours AS (
    SELECT
        'language ' || language || ' / en' AS figure,
        models / (SELECT models FROM spoken WHERE language = 'en') AS value
    FROM spoken
    UNION ALL
    SELECT
        'data set ' || dataset || ' / imagefolder',
        models / (SELECT models FROM trained WHERE dataset = 'imagefolder')
    FROM trained
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
