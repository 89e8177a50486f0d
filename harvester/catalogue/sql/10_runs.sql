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

-- The last row of facts of each model and run. Thin: the wide rows are only ever streamed past it.
CREATE TABLE base.fact_key AS
SELECT hub_id, run_id, max(observed_at) AS observed_at, arg_max(facts_hash, observed_at) AS facts_hash
FROM lake_facts GROUP BY hub_id, run_id;

CREATE TABLE base.model_key AS
SELECT row_number() OVER (ORDER BY hub_id)::INTEGER - 1 AS model, hub_id
FROM (SELECT DISTINCT hub_id FROM base.fact_key) ORDER BY hub_id;

-- A row of facts holds from its run on until the model's next row.
CREATE TABLE base.name AS
SELECT model, run AS from_run, lead(run, 1, 2147483647) OVER (PARTITION BY model ORDER BY run) AS to_run, repo_id, sha
FROM lake_facts JOIN base.fact_key USING (hub_id, run_id, observed_at, facts_hash)
JOIN base.model_key USING (hub_id) JOIN base.run USING (run_id);
