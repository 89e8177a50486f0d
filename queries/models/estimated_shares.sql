-- title: Estimated shares
-- question: Which share of models has each licence, task, library or gate, with the uncertainty of a sample?
-- param by VARCHAR = 'license': license, task, library, gated, base_relation, config_status, model_type, architecture, dtype, quant_method, remote_code, parameters_source or weights
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 100: rows to return; shares always refer to all chosen models
-- column value VARCHAR: value of the chosen property; 'none' where there is none
-- column models BIGINT: live models that were read
-- column estimated_models DOUBLE: models that they stand for; the same number where the population is not a sample
-- column share DOUBLE: estimated share of the chosen models, 0 to 1
-- column share_low DOUBLE: lower end of the 95% interval; NULL where the population is not a sample
-- column share_high DOUBLE: upper end of the 95% interval; NULL where the population is not a sample
-- trap: the interval covers the error of sampling only, not what the Hub hides or authors misreport
-- trap: a sample is used if it is the only selection (--selection chooses one); a union of selections is counted, never weighted
-- trap: models drawn with one weight are one stratum; strata that happen to share a weight are joined, which widens the interval
-- see: Franco, Little, Louis and Slud 2019, J. Surv. Stat. Methodol. 7(3), https://pmc.ncbi.nlm.nih.gov/articles/PMC6690503: Wilson interval with the effective sample size
-- see: Korn and Graubard 1998, Survey Methodology 24(2): effective sample size of a proportion
WITH weights AS (
    SELECT hub_id, weight
    FROM model_weights
    WHERE (SELECT count(*) FROM selections) = 1
),

-- Whether the weights of a model can be had without a pickle.
formats AS (
    SELECT
        hub_id,
        CASE
            WHEN NOT bool_or(unsafe) THEN 'no pickle'
            WHEN bool_or(NOT unsafe) THEN 'pickle and others'
            ELSE 'pickle only'
        END AS weights
    FROM files
    WHERE role = 'weights' AND $by = 'weights'
    GROUP BY hub_id
),

population AS (
    SELECT
        CASE $by
            WHEN 'license' THEN coalesce(nullif(models.license, ''), 'none')
            WHEN 'task' THEN coalesce(models.pipeline_tag, 'none')
            WHEN 'library' THEN coalesce(models.library_name, 'none')
            WHEN 'gated' THEN coalesce(models.gated, 'none')
            WHEN 'model_type' THEN coalesce(models.model_type, 'none')
            WHEN 'base_relation' THEN coalesce(models.base_relation, 'none')
            WHEN 'config_status' THEN coalesce(models.config_status, 'none')
            WHEN 'architecture' THEN coalesce(models.architecture, 'none')
            WHEN 'dtype' THEN coalesce(models.dtype, 'none')
            WHEN 'quant_method' THEN coalesce(models.quant_method, 'none')
            WHEN 'remote_code' THEN coalesce(CAST(models.remote_code AS VARCHAR), 'none')
            WHEN 'parameters_source' THEN coalesce(models.parameters_source, 'none')
            WHEN 'weights' THEN coalesce(formats.weights, 'none')
            ELSE
                error(
                    'by takes license, task, library, gated, base_relation, config_status, model_type, architecture, '
                    || 'dtype, quant_method, remote_code, parameters_source or weights'
                )
        END AS value,
        coalesce(weights.weight, 1) AS weight,
        coalesce(models.downloads, 0) >= $min_downloads AS chosen
    FROM models
    LEFT JOIN weights ON weights.hub_id = models.hub_id
    LEFT JOIN formats ON formats.hub_id = models.hub_id
    WHERE weights.hub_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM weights)
),

-- A stratum is what was drawn with one weight. The factor has the finite population correction 1 - 1 / weight.
strata AS (
    SELECT
        weight,
        count(*) AS drawn,
        count(*) FILTER (chosen) AS in_domain,
        weight * (weight - 1) * count(*) / greatest(count(*) - 1, 1) AS factor
    FROM population
    GROUP BY weight
),

domain AS (
    SELECT
        sum(weight * in_domain) AS size,
        sum(weight * in_domain) * sum(weight * in_domain) / sum(weight * weight * in_domain) AS effective,
        sum(factor * (in_domain - in_domain * in_domain / drawn)) AS of_all,
        bool_or(weight > 1) AS sampled
    FROM strata
),

cells AS (
    SELECT population.value, population.weight, count(*) AS found
    FROM population
    WHERE population.chosen
    GROUP BY population.value, population.weight
),

counted AS (
    SELECT
        cells.value,
        CAST(sum(cells.found) AS BIGINT) AS models,
        sum(cells.weight * cells.found) AS estimated,
        sum(strata.factor * cells.found) AS of_found,
        sum(strata.factor * cells.found * strata.in_domain / strata.drawn) AS of_both,
        sum(strata.factor * cells.found * cells.found / strata.drawn) AS of_squares
    FROM cells
    JOIN strata ON strata.weight = cells.weight
    GROUP BY cells.value
),

-- Variance of a ratio, linearised: each drawn model counts (has the value) - share, and 0 outside the domain.
estimates AS (
    SELECT
        counted.value,
        counted.models,
        counted.estimated,
        domain.sampled,
        domain.effective AS at_most,
        counted.estimated / domain.size AS share,
        greatest(
            0,
            counted.of_found - counted.of_squares
            + 2 * (counted.estimated / domain.size) * (counted.of_both - counted.of_found)
            + (counted.estimated / domain.size) ** 2 * domain.of_all
        ) / domain.size ** 2 AS variance
    FROM counted
    CROSS JOIN domain
),

effective AS (
    SELECT
        value,
        models,
        estimated,
        sampled,
        share,
        CASE
            WHEN variance > 0 AND share < 1 THEN share * (1 - share) / variance
            WHEN share >= 1 THEN at_most
        END AS size
    FROM estimates
)

SELECT
    value,
    models,
    round(estimated, 1) AS estimated_models,
    round(share, 4) AS share,
    CASE WHEN sampled THEN round(coalesce(
        (share + 1.92072941 / size - 1.95996398 * sqrt(greatest(0, share * (1 - share) / size + 0.96036471 / size ** 2)))
        / (1 + 3.84145882 / size),
        share
    ), 4) END AS share_low,
    CASE WHEN sampled THEN round(coalesce(
        (share + 1.92072941 / size + 1.95996398 * sqrt(greatest(0, share * (1 - share) / size + 0.96036471 / size ** 2)))
        / (1 + 3.84145882 / size),
        share
    ), 4) END AS share_high
FROM effective
ORDER BY estimated DESC, value
LIMIT $limit
