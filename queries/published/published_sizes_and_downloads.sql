-- title: Sizes, downloads and cards, published
-- question: Do our quartiles of parameters and our shares of downloaded and documented models agree with published
--   ones?
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
-- trap: our parameters are measured or estimated where the Hub reports none, so that more models have some
-- see: data set cfahlgren1/hub-stats (2025-10-23): 505,406 models with a count of parameters; 2,161,698 models
-- see: Laufer et al., arXiv:2508.06811 (data of 2025-07): 67.0% of 1.86 million models have a card
WITH published(place, figure, value, published_on, source) AS (
    VALUES
        (1, 'parameters, first quartile', 124000000, '2025-10', 'hub-stats'),
        (2, 'parameters, median', 765000000, '2025-10', 'hub-stats'),
        (3, 'parameters, third quartile', 6740000000, '2025-10', 'hub-stats'),
        (4, 'models with downloads', 0.355, '2025-10', 'hub-stats'),
        (5, 'models with a card', 0.67, '2025-07', 'Laufer et al.')
),

quartiles AS (
    SELECT quantile_disc(parameters, [0.25, 0.5, 0.75]) AS parameters
    FROM models
    WHERE parameters_source <> 'config'
),

ours AS (
    SELECT 'parameters, ' || quartile.words AS figure, CAST(quartiles.parameters[quartile.place] AS DOUBLE) AS value
    FROM quartiles
    CROSS JOIN (VALUES (1, 'first quartile'), (2, 'median'), (3, 'third quartile')) AS quartile(place, words)
    UNION ALL
    SELECT 'models with downloads', count(*) FILTER (WHERE downloads > 0) / nullif(count(downloads), 0)
    FROM models
    UNION ALL
    SELECT
        'models with a card',
        count(*) FILTER (WHERE hub_id IN (SELECT hub_id FROM files WHERE role = 'card')) / nullif(count(*), 0)
    FROM models
    WHERE file_count IS NOT NULL
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
