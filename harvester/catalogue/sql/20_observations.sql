-- What each run saw: values and membership hold from the run that changed them until the next change.
-- Runs whose listing was finished, in order: what a run that is not here saw does not count, nor what was lost.
CREATE TABLE base.listing AS
SELECT run.run, selection.selection, run.listed_at, coalesce(run.complete_listing, false) AS complete,
    run.updates_since IS NOT NULL AS updates
FROM base.run AS run JOIN base.selection AS selection USING (selection_id)
ANTI JOIN lost_listing AS lost ON run.run_id >= lost.first_run AND run.run_id <= lost.last_run
WHERE run.listed_at IS NOT NULL
ORDER BY run.run;

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

-- Every listing that held a model. A run with --updates saw those that it has a row of: an interval begins with it.
CREATE VIEW base.sighting AS
SELECT member.model, listed.run, listed.listed_at, listed.complete, member.rank, member.weight
FROM base.listing AS listed
JOIN base.member AS member ON member.selection = listed.selection AND listed.run >= member.from_run
    AND listed.run < member.to_run
WHERE NOT listed.updates
UNION ALL
-- Joined by the run alone: a year of hourly updates is 8,760 runs of the same members.
SELECT member.model, listed.run, listed.listed_at, listed.complete, member.rank, member.weight
FROM base.listing AS listed
JOIN base.member AS member ON member.from_run = listed.run
WHERE listed.updates;

-- The first and the last of them in each interval, without making them all: the last is the last run of the selection
-- that listed all of it, where there is one, else that which the interval begins with.
CREATE TABLE base.membership AS
WITH whole AS (SELECT run, selection, listed_at FROM base.listing WHERE NOT updates)
SELECT member.model, member.selection, member.from_run, began.listed_at AS first_listed_at,
    greatest(member.from_run, whole.run) AS last_run,
    CASE WHEN whole.run > member.from_run THEN whole.listed_at ELSE began.listed_at END AS last_listed_at
FROM base.member AS member
JOIN base.listing AS began ON began.run = member.from_run
ASOF LEFT JOIN whole ON member.selection = whole.selection AND member.to_run > whole.run;

CREATE TABLE base.sighting_range AS
SELECT model, arg_min(first_listed_at, from_run) AS first_seen, arg_max(last_listed_at, last_run) AS last_seen,
    max(last_run) AS last_run
FROM base.membership GROUP BY model;

CREATE VIEW observations AS
SELECT run.run_id, sighting.listed_at AS observed_at, key.hub_id, name.repo_id, name.sha, observed.downloads,
    observed.downloads_all_time, observed.likes, observed.trending_score, observed.gated, observed.private,
    observed.disabled
FROM base.sighting AS sighting
JOIN base.run AS run ON run.run = sighting.run
JOIN base.observed AS observed
    ON observed.model = sighting.model AND sighting.run >= observed.from_run AND sighting.run < observed.to_run
JOIN base.name AS name
    ON name.model = sighting.model AND sighting.run >= name.from_run AND sighting.run < name.to_run
JOIN base.model_key AS key ON key.model = sighting.model;

CREATE VIEW selection_members AS
SELECT run.selection_id, run.run_id, key.hub_id, sighting.rank, sighting.weight
FROM base.sighting AS sighting
JOIN base.run AS run ON run.run = sighting.run
JOIN base.model_key AS key ON key.model = sighting.model;

CREATE VIEW selections AS SELECT selection_id, flags, name FROM base.selection;

-- A name holds while consecutive rows of facts carry it.
CREATE TABLE base.name_history AS
-- A model that was renamed between listing and visit has both names in one run.
WITH within_run AS (
    SELECT key.model, fact.repo_id, run.listed_at AS first_seen, run.listed_at AS last_seen
    FROM lake_facts AS fact
    JOIN base.model_key AS key USING (hub_id)
    JOIN base.run AS run USING (run_id)
    ANTI JOIN (SELECT hash(hub_id, run_id, observed_at) AS answer FROM base.fact_key) AS kept
        ON kept.answer = hash(fact.hub_id, fact.run_id, fact.observed_at)
    WHERE fact.pinned IS NOT TRUE
),
several AS (SELECT model FROM base.name GROUP BY model HAVING count(*) > 1 UNION SELECT model FROM within_run),
spells AS (
    SELECT model, repo_id, from_run, to_run,
        sum(CASE WHEN repo_id IS DISTINCT FROM previous THEN 1 ELSE 0 END) OVER (PARTITION BY model ORDER BY from_run) AS spell
    FROM (
        SELECT *, lag(repo_id) OVER (PARTITION BY model ORDER BY from_run) AS previous
        FROM base.name SEMI JOIN several USING (model)
    )
),
bounds AS (
    SELECT model, any_value(repo_id) AS repo_id, min(from_run) AS from_run, max(to_run) AS to_run FROM spells
    GROUP BY model, spell
),
-- The last listing that held the model under a name it gave up.
left_behind AS (
    SELECT bounds.model, bounds.from_run, arg_max(sighting.listed_at, sighting.run) AS last_seen
    FROM bounds JOIN base.sighting AS sighting ON sighting.model = bounds.model
        AND sighting.run >= bounds.from_run AND sighting.run < bounds.to_run
    WHERE bounds.to_run <> 2147483647
    GROUP BY bounds.model, bounds.from_run
),
dated AS (
    SELECT bounds.model, bounds.repo_id, started.listed_at AS first_seen,
        CASE WHEN bounds.to_run = 2147483647 THEN seen.last_seen
            ELSE coalesce(left_behind.last_seen, started.listed_at) END AS last_seen
    FROM bounds
    JOIN base.run AS started ON started.run = bounds.from_run
    LEFT JOIN base.sighting_range AS seen ON seen.model = bounds.model
    LEFT JOIN left_behind ON left_behind.model = bounds.model AND left_behind.from_run = bounds.from_run
)
SELECT name.model, name.repo_id, started.listed_at AS first_seen, seen.last_seen
FROM base.name AS name
JOIN base.run AS started ON started.run = name.from_run
LEFT JOIN base.sighting_range AS seen ON seen.model = name.model
ANTI JOIN several ON several.model = name.model
UNION ALL
SELECT model, repo_id, min(first_seen) AS first_seen, max(last_seen) AS last_seen
FROM (SELECT model, repo_id, first_seen, last_seen FROM dated UNION ALL SELECT model, repo_id, first_seen, last_seen FROM within_run)
GROUP BY model, repo_id;

CREATE VIEW names AS
SELECT key.hub_id, named.repo_id, named.first_seen, named.last_seen
FROM base.name_history AS named JOIN base.model_key AS key USING (model);
