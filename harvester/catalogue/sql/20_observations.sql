-- What each run saw: values and membership hold from the run that changed them until the next change.
CREATE TABLE base.observed AS
SELECT model, run AS from_run, lead(run, 1, 2147483647) OVER (PARTITION BY model ORDER BY run) AS to_run,
    downloads, downloads_all_time, likes, trending_score, gated, private, disabled
FROM lake_observations JOIN base.model_key USING (hub_id) JOIN base.run USING (run_id)
ORDER BY model, from_run;

CREATE TABLE base.member AS
WITH steps AS (
    SELECT selection, model, run AS from_run, present, rank, weight,
        lead(run, 1, 2147483647) OVER (PARTITION BY selection, model ORDER BY run) AS to_run
    FROM lake_members JOIN base.selection USING (selection_id) JOIN base.model_key USING (hub_id)
    JOIN base.run USING (run_id)
)
SELECT selection, model, from_run, to_run, rank, weight FROM steps WHERE present
ORDER BY selection, model, from_run;

-- The last run of the selection inside each interval tells when the model was seen last.
CREATE TABLE base.seen AS
WITH listed AS (
    SELECT run, selection, listed_at FROM base.run JOIN base.selection USING (selection_id) WHERE listed_at IS NOT NULL
),
ended AS (
    SELECT member.model, member.from_run, listed.listed_at AS last_listed_at, listed.run AS last_run
    FROM base.member ASOF JOIN listed ON member.selection = listed.selection AND member.to_run > listed.run
)
SELECT ended.model, arg_min(run.listed_at, run.run) AS first_seen, arg_max(ended.last_listed_at, ended.last_run) AS last_seen, max(ended.last_run) AS last_run
FROM ended JOIN base.run AS run ON run.run = ended.from_run
GROUP BY ended.model;

CREATE VIEW observations AS
SELECT run.run_id, run.listed_at AS observed_at, key.hub_id, name.repo_id, name.sha, observed.downloads,
    observed.downloads_all_time, observed.likes, observed.trending_score, observed.gated, observed.private,
    observed.disabled
FROM base.run AS run
JOIN base.selection AS selection USING (selection_id)
JOIN base.member AS member
    ON member.selection = selection.selection AND run.run >= member.from_run AND run.run < member.to_run
JOIN base.observed AS observed
    ON observed.model = member.model AND run.run >= observed.from_run AND run.run < observed.to_run
JOIN base.name AS name ON name.model = member.model AND run.run >= name.from_run AND run.run < name.to_run
JOIN base.model_key AS key ON key.model = member.model
WHERE run.listed_at IS NOT NULL;

CREATE VIEW selection_members AS
SELECT selection.selection_id, run.run_id, key.hub_id, member.rank, member.weight
FROM base.run AS run
JOIN base.selection AS selection USING (selection_id)
JOIN base.member AS member
    ON member.selection = selection.selection AND run.run >= member.from_run AND run.run < member.to_run
JOIN base.model_key AS key ON key.model = member.model
WHERE run.listed_at IS NOT NULL;

CREATE VIEW selections AS SELECT selection_id, flags FROM base.selection;

-- A name holds while consecutive rows of facts carry it.
CREATE TABLE base.named AS
WITH spells AS (
    SELECT model, repo_id, from_run, to_run,
        sum(CASE WHEN repo_id IS DISTINCT FROM previous THEN 1 ELSE 0 END) OVER (PARTITION BY model ORDER BY from_run) AS spell
    FROM (SELECT *, lag(repo_id) OVER (PARTITION BY model ORDER BY from_run) AS previous FROM base.name)
),
bounds AS (
    SELECT model, any_value(repo_id) AS repo_id, min(from_run) AS from_run, max(to_run) AS to_run FROM spells
    GROUP BY model, spell
),
listed AS (SELECT run, listed_at FROM base.run WHERE listed_at IS NOT NULL),
dated AS (
    SELECT bounds.model, bounds.repo_id, started.listed_at AS first_seen,
        CASE WHEN bounds.to_run = 2147483647 THEN seen.last_seen ELSE ended.listed_at END AS last_seen
    FROM bounds
    JOIN base.run AS started ON started.run = bounds.from_run
    LEFT JOIN base.seen AS seen ON seen.model = bounds.model
    ASOF LEFT JOIN listed AS ended ON bounds.to_run > ended.run
),
-- A model that was renamed between listing and visit has both names in one run.
briefly AS (
    SELECT key.model, fact.repo_id, run.listed_at AS first_seen, run.listed_at AS last_seen
    FROM lake_facts AS fact
    JOIN base.model_key AS key USING (hub_id)
    JOIN base.run AS run USING (run_id)
    ANTI JOIN base.fact_key AS kept USING (hub_id, run_id, observed_at)
    WHERE fact.pinned IS NOT TRUE
)
SELECT model, repo_id, min(first_seen) AS first_seen, max(last_seen) AS last_seen
FROM (SELECT model, repo_id, first_seen, last_seen FROM dated UNION ALL SELECT model, repo_id, first_seen, last_seen FROM briefly)
GROUP BY model, repo_id;

CREATE VIEW names AS
SELECT key.hub_id, named.repo_id, named.first_seen, named.last_seen
FROM base.named AS named JOIN base.model_key AS key USING (model);
