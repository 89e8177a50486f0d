-- title: Evaluation claims
-- question: Who reports results of evaluations, and how many are verified?
-- column source VARCHAR: card (model-index), hub (results that the Hub lists) or file (.eval_results)
-- column models BIGINT: live models with a result from this source
-- column share DOUBLE: share of all live models, 0 to 1
-- column results BIGINT: number of values
-- column verified BIGINT: values that are marked as verified
-- column verified_share DOUBLE: verified / results, 0 to 1
-- column with_link BIGINT: values with a link to where they come from
-- column dated BIGINT: values with a date
-- column proposed BIGINT: values that only an open pull request contains
-- column datasets BIGINT: number of distinct datasets, as written
-- trap: an unverified value is a claim of the author; a verified one was run again by somebody, on settings of theirs
-- trap: a value in a card that the Hub also lists counts for both sources
-- see: about 88% of authors overstate their results (500 sentiment models)
SELECT
    evaluations.source,
    count(DISTINCT evaluations.hub_id) AS models,
    round(count(DISTINCT evaluations.hub_id) / (SELECT count(*) FROM models), 4) AS share,
    count(*) AS results,
    count(*) FILTER (WHERE evaluations.verified) AS verified,
    round(count(*) FILTER (WHERE evaluations.verified) / count(*), 4) AS verified_share,
    count(evaluations.source_url) AS with_link,
    count(evaluations.date) AS dated,
    count(evaluations.pull_request) AS proposed,
    count(DISTINCT evaluations.dataset) AS datasets
FROM evaluations
INNER JOIN models ON models.hub_id = evaluations.hub_id
WHERE evaluations.value IS NOT NULL
GROUP BY evaluations.source
ORDER BY results DESC, evaluations.source
