-- title: Deletions, published
-- question: How many models are deleted for each that is added?
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
-- trap: only what several complete listings saw; a model that was added and deleted between two of them counts in
--   neither
-- see: MSC, weekly snapshots of the model supply chain: 16 weekly intervals to 2025-07-02: 436,427 models added,
--   99,042 deleted
WITH published(place, figure, value, published_on, source) AS (
    VALUES
        (1, 'deletions per addition', 0.2269, '2025-07', 'MSC')
),

first_listing AS (
    SELECT min(listed_at) AS listed_at
    FROM runs
),

counted AS (
    SELECT
        (
            SELECT count(DISTINCT names.hub_id)
            FROM names
            WHERE names.first_seen > first_listing.listed_at
                AND names.hub_id NOT IN (SELECT hub_id FROM names WHERE first_seen <= first_listing.listed_at)
        ) AS added,
        (
            SELECT count(*)
            FROM tombstones
            WHERE cause IN ('deleted_or_private', 'replaced') AND returned_at IS NULL
        ) AS gone
    FROM first_listing
),

ours AS (
    SELECT 'deletions per addition' AS figure, gone / nullif(added, 0) AS value
    FROM counted
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
