-- Runs, selections, and the integer keys everything else is joined by.
CREATE SCHEMA base;

-- Rows at which a function of ours raised while building.
CREATE TABLE base.step_error (item VARCHAR, id VARCHAR, reason VARCHAR);

CREATE TABLE base.run AS
WITH newest AS (SELECT run_id, max(revision) AS revision FROM lake_runs GROUP BY run_id)
SELECT row_number() OVER (ORDER BY run_id)::INTEGER AS run, record.*
FROM lake_runs AS record JOIN newest USING (run_id, revision)
ORDER BY run_id;

-- A selection whose flags were lost keeps its runs, members and observations. Its last name counts.
CREATE TABLE base.selection AS
SELECT row_number() OVER (ORDER BY selection_id)::INTEGER AS selection, selection_id, any_value(flags) AS flags,
    arg_max(name, run_id) FILTER (name IS NOT NULL) AS name
FROM (
    SELECT selection_id, run_id, flags, name FROM lake_selections
    UNION ALL SELECT selection_id, run_id, NULL, NULL FROM base.run
)
WHERE selection_id IS NOT NULL GROUP BY selection_id ORDER BY selection_id;

-- The last row of facts of each model and run. Thin: the wide rows are only ever streamed past it. What was listed of a
-- revision that an id file named counts only until anything is known of the head.
CREATE TABLE base.fact_key AS
WITH known AS (
    SELECT hub_id, min(run_id) FILTER (pinned IS NOT TRUE) AS first_run FROM lake_facts
    SEMI JOIN (SELECT DISTINCT hub_id FROM lake_facts WHERE pinned) AS by_revision USING (hub_id) GROUP BY hub_id
)
SELECT fact.hub_id, fact.run_id, max(fact.observed_at) AS observed_at,
    arg_max(fact.facts_hash, fact.observed_at) AS facts_hash
FROM lake_facts AS fact LEFT JOIN known ON known.hub_id = fact.hub_id
WHERE fact.pinned IS NOT TRUE OR known.first_run IS NULL OR fact.run_id < known.first_run
GROUP BY fact.hub_id, fact.run_id;

CREATE TABLE base.model_key AS
SELECT row_number() OVER (ORDER BY hub_id)::INTEGER - 1 AS model, hub_id
FROM (SELECT DISTINCT hub_id FROM base.fact_key) ORDER BY hub_id;

-- A row of facts holds from its run on until the model's next row.
CREATE TABLE base.name AS
WITH known AS (
    SELECT hash(fact.hub_id, fact.run_id, fact.observed_at, fact.facts_hash) AS fact, key.model, run.run,
        moved.hub_id IS NOT NULL AS moved
    FROM base.fact_key AS fact
    JOIN base.model_key AS key USING (hub_id)
    JOIN base.run AS run USING (run_id)
    -- Few models have several rows: only theirs are sorted.
    LEFT JOIN (SELECT hub_id FROM base.fact_key GROUP BY hub_id HAVING count(*) > 1) AS moved USING (hub_id)
),
stored AS NOT MATERIALIZED (
    SELECT known.model, known.run, known.moved, fact.repo_id, fact.sha, fact.pinned, fact.observed_at
    FROM lake_facts AS fact
    JOIN known ON known.fact = hash(fact.hub_id, fact.run_id, fact.observed_at, fact.facts_hash)
)
SELECT model, run AS from_run, 2147483647 AS to_run, repo_id, sha, pinned, observed_at FROM stored WHERE NOT moved
UNION ALL
SELECT model, run, lead(run, 1, 2147483647) OVER (PARTITION BY model ORDER BY run), repo_id, sha, pinned, observed_at
FROM stored WHERE moved;

-- Commits that id files named and no listing ever gave for a head.
CREATE TABLE base.pinned_sha AS
SELECT hub_id, sha FROM lake_fetches
WHERE item = 'manifest' AND contains(requested_id, '@') AND NOT ends_with(requested_id, '@main')
    AND hub_id IS NOT NULL AND sha IS NOT NULL
EXCEPT SELECT hub_id, sha FROM lake_facts WHERE pinned IS NOT TRUE;

-- Commits that are never current: those, of models whose head is known.
CREATE TABLE base.never_current AS
SELECT pinned.hub_id, pinned.sha FROM base.pinned_sha AS pinned
JOIN base.model_key AS key USING (hub_id)
JOIN base.name AS name ON name.model = key.model AND name.to_run = 2147483647
WHERE name.pinned IS NOT TRUE;

-- Visits of models, each with how much it counts when one commit has to be chosen for what is current.
CREATE TEMP VIEW head_visit AS
SELECT key.model, visits.hub_id, visits.sha, visits.scope, visits.state,
    (visits.state = 'complete', visits.sha IS NOT DISTINCT FROM name.sha, visits.run_id, visits.visited_at) AS standing
FROM lake_visits AS visits
JOIN base.model_key AS key USING (hub_id)
JOIN base.name AS name ON name.model = key.model AND name.to_run = 2147483647
ANTI JOIN base.never_current AS pinned ON pinned.hub_id = visits.hub_id AND pinned.sha = visits.sha;
