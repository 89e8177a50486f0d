-- title: Reported emissions
-- question: How many models report the carbon that their training emitted, and how much?
-- column parameters_band VARCHAR: number of parameters; 'all' first
-- column models BIGINT: live models whose card was read
-- column reporting BIGINT: those that state their emissions
-- column share DOUBLE: reporting / models, 0 to 1
-- column median_grams DOUBLE: median of the stated emissions, grams of CO2 equivalent
-- column highest_grams DOUBLE: highest stated emissions, grams of CO2 equivalent
-- column total_grams DOUBLE: sum of the stated emissions, grams of CO2 equivalent
-- trap: stated by the authors; many state kilograms as grams, so a sum says little
-- trap: derived models often copy the figure of their base model
-- see: 1,417 models reported emissions (Castaño et al., 2023)
WITH stated AS (
    SELECT hub_id, max(co2_grams) FILTER (WHERE co2_grams >= 0 AND isfinite(co2_grams)) AS grams
    FROM cards
    GROUP BY hub_id
),

banded AS (
    SELECT
        unnest([
            'all',
            CASE
                WHEN models.parameters IS NULL THEN 'unknown'
                WHEN models.parameters < 1000000000 THEN 'below 1B'
                WHEN models.parameters < 10000000000 THEN '1B-10B'
                ELSE '10B or more'
            END
        ]) AS parameters_band,
        stated.grams
    FROM stated
    INNER JOIN models ON models.hub_id = stated.hub_id
)

SELECT
    parameters_band,
    count(*) AS models,
    count(grams) AS reporting,
    round(count(grams) / count(*), 4) AS share,
    median(grams) AS median_grams,
    max(grams) AS highest_grams,
    sum(grams) AS total_grams
FROM banded
GROUP BY parameters_band
ORDER BY list_position(['all', 'below 1B', '1B-10B', '10B or more', 'unknown'], parameters_band)
