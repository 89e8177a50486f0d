-- Runs, selections, and the integer keys everything else is joined by.
CREATE SCHEMA base;

CREATE TABLE base.run AS
WITH newest AS (SELECT run_id, max(revision) AS revision FROM lake_runs GROUP BY run_id)
SELECT row_number() OVER (ORDER BY run_id)::INTEGER AS run, record.*
FROM lake_runs AS record JOIN newest USING (run_id, revision)
ORDER BY run_id;

CREATE TABLE base.selection AS
SELECT row_number() OVER (ORDER BY selection_id)::INTEGER AS selection, selection_id, any_value(flags) AS flags
FROM lake_selections GROUP BY selection_id ORDER BY selection_id;

-- Every row of facts, valid from its run on until the model's next row.
CREATE TABLE base.fact_row AS
WITH last_of_run AS (
    SELECT hub_id, run_id, max(observed_at) AS observed_at FROM lake_facts GROUP BY hub_id, run_id
)
SELECT DISTINCT ON (hub_id, run_id) fact.* FROM lake_facts AS fact JOIN last_of_run USING (hub_id, run_id, observed_at);

CREATE TABLE base.model_key AS
SELECT row_number() OVER (ORDER BY hub_id)::INTEGER - 1 AS model, hub_id
FROM (SELECT DISTINCT hub_id FROM base.fact_row) ORDER BY hub_id;

CREATE TABLE base.name AS
SELECT model, run AS from_run, lead(run, 1, 2147483647) OVER (PARTITION BY model ORDER BY run) AS to_run, repo_id, sha
FROM base.fact_row JOIN base.model_key USING (hub_id) JOIN base.run USING (run_id)
ORDER BY model, run;
