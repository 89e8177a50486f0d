-- title: Parameter counts that disagree
-- question: How far is the number of parameters that the Hub reports from the number counted in the weights?
-- column difference VARCHAR: band of the larger count divided by the smaller one
-- column models BIGINT: live models with both counts
-- column share DOUBLE: share of these, 0 to 1
-- column hub_larger BIGINT: those for which the Hub reports more
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column example VARCHAR: the most downloaded of them
-- trap: counted in weights needs --with weights; packed formats are counted logically, which the Hub does only for some
-- trap: the Hub's total may come from metadata in the file instead of its tensors
-- see: safetensors.total of a 7.6B model reported as 333,312 (huggingface_hub issue 4221)
WITH compared AS (
    SELECT
        repo_id,
        downloads,
        parameters_hub > parameters_header AS hub_larger,
        greatest(parameters_hub, parameters_header) / least(parameters_hub, parameters_header) AS ratio
    FROM models
    WHERE parameters_hub > 0 AND parameters_header > 0
),

banded AS (
    SELECT
        *,
        CASE
            WHEN ratio = 1 THEN 'same'
            WHEN ratio < 1.01 THEN 'below 1%'
            WHEN ratio < 1.1 THEN '1% to 10%'
            WHEN ratio < 2 THEN '10% to 2 times'
            WHEN ratio < 10 THEN '2 to 10 times'
            ELSE '10 times or more'
        END AS difference
    FROM compared
)

SELECT
    difference,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    count(*) FILTER (WHERE hub_larger) AS hub_larger,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    arg_max(repo_id, (coalesce(downloads, -1), repo_id)) AS example
FROM banded
GROUP BY difference
ORDER BY min(ratio)
