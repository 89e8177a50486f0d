-- title: Documentation
-- question: How many models have a card, and what do the cards state?
-- param min_length BIGINT = 200: characters from which a text counts as documentation
-- column downloads_band VARCHAR: downloads in 30 days; 'all' first
-- column models BIGINT: live models whose card was read or is known to be absent
-- column with_card DOUBLE: share with a README.md or card data, 0 to 1
-- column with_text DOUBLE: share with at least min_length characters of text, 0 to 1; NULL if no README.md was read
-- column median_length BIGINT: median characters of the texts that were read
-- column with_license DOUBLE: share of cards with a licence, 0 to 1
-- column with_datasets DOUBLE: share of cards that name a dataset, 0 to 1
-- column with_languages DOUBLE: share of cards that name a language, 0 to 1
-- column with_evaluations DOUBLE: share of cards with an evaluation result, 0 to 1
-- column with_base_model DOUBLE: share of cards that name a base model, 0 to 1
-- trap: text needs --with cards; card data of the Hub alone has no length
-- trap: a template that was never filled in is text
-- see: 44.2% of 74,970 models with a card (Liang et al., 2023-10); 67.0% of 1.86M (Laufer et al., 2025-07)
WITH documented AS (
    SELECT hub_id, bool_or(status <> 'absent' OR body_length > 0) AS has_card, max(body_length) AS length
    FROM cards
    GROUP BY hub_id
),

with_readme AS (
    SELECT DISTINCT hub_id FROM files WHERE role = 'card'
),

facts AS (
    SELECT
        models.downloads,
        coalesce(documented.has_card, FALSE) OR with_readme.hub_id IS NOT NULL AS has_card,
        documented.length,
        models.hub_id IN (SELECT hub_id FROM licenses WHERE source = 'card') AS license,
        models.hub_id IN (SELECT hub_id FROM datasets WHERE source = 'card') AS dataset,
        models.hub_id IN (SELECT hub_id FROM languages WHERE source = 'card') AS lang,
        models.hub_id IN (SELECT hub_id FROM evaluations WHERE source = 'card') AS evaluated,
        models.hub_id IN (SELECT child_hub_id FROM lineage WHERE source = 'card') AS base_model
    FROM models
    LEFT JOIN documented ON documented.hub_id = models.hub_id
    LEFT JOIN with_readme ON with_readme.hub_id = models.hub_id
    WHERE documented.hub_id IS NOT NULL OR with_readme.hub_id IS NOT NULL OR models.manifest_sha IS NOT NULL
),

banded AS (
    SELECT
        unnest([
            'all',
            CASE
                WHEN downloads IS NULL THEN 'not reported'
                WHEN downloads = 0 THEN '0'
                WHEN downloads < 1000 THEN '1-999'
                WHEN downloads < 1000000 THEN '1,000-999,999'
                ELSE '1,000,000+'
            END
        ]) AS downloads_band,
        facts.*
    FROM facts
)

SELECT
    downloads_band,
    count(*) AS models,
    round(count(*) FILTER (WHERE has_card) / count(*), 4) AS with_card,
    CASE
        WHEN count(length) > 0 THEN round(count(*) FILTER (WHERE length >= $min_length) / count(*), 4)
    END AS with_text,
    CAST(median(length) AS BIGINT) AS median_length,
    round(count(*) FILTER (WHERE has_card AND license) / nullif(count(*) FILTER (WHERE has_card), 0), 4) AS with_license,
    round(count(*) FILTER (WHERE has_card AND dataset) / nullif(count(*) FILTER (WHERE has_card), 0), 4)
        AS with_datasets,
    round(count(*) FILTER (WHERE has_card AND lang) / nullif(count(*) FILTER (WHERE has_card), 0), 4)
        AS with_languages,
    round(count(*) FILTER (WHERE has_card AND evaluated) / nullif(count(*) FILTER (WHERE has_card), 0), 4)
        AS with_evaluations,
    round(count(*) FILTER (WHERE has_card AND base_model) / nullif(count(*) FILTER (WHERE has_card), 0), 4)
        AS with_base_model
FROM banded
GROUP BY downloads_band
ORDER BY list_position(['all', '0', '1-999', '1,000-999,999', '1,000,000+', 'not reported'], downloads_band)
