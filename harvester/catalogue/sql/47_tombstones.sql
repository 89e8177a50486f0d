-- Names that vanished, and which models are gone with them.
-- Runs whose listing was finished, in order: what a run that is not here saw does not count.
CREATE TABLE base.listed AS
SELECT run.run, selection.selection, run.listed_at, coalesce(run.complete_listing, false) AS complete
FROM base.run AS run JOIN base.selection AS selection USING (selection_id)
WHERE run.listed_at IS NOT NULL
ORDER BY run.run;

-- A rename is told by two rows of facts; it counts from the first complete listing that holds the model after it.
CREATE TABLE base.tombstone AS
WITH renamed AS (
    SELECT model, repo_id, sha, from_run, lead(repo_id) OVER (PARTITION BY model ORDER BY from_run) AS renamed_to,
        to_run AS run
    FROM base.name
),
moved AS (SELECT model, repo_id, renamed_to, run FROM renamed WHERE renamed_to <> repo_id),
noticed AS (
    SELECT moved.model, moved.repo_id, moved.run, any_value(moved.renamed_to) AS renamed_to,
        min(listed.listed_at) AS noticed_at
    FROM moved
    JOIN base.member AS member ON member.model = moved.model AND member.to_run > moved.run
    JOIN base.listed AS listed ON listed.selection = member.selection AND listed.complete
        AND listed.run >= moved.run AND listed.run >= member.from_run AND listed.run < member.to_run
    GROUP BY moved.model, moved.repo_id, moved.run
),
told AS (
    SELECT tombstones.hub_id, tombstones.repo_id, run.run, tombstones.last_seen, tombstones.noticed_at,
        tombstones.cause, tombstones.renamed_to, tombstones.returned_at
    FROM lake_tombstones AS tombstones JOIN base.run AS run USING (run_id)
),
together AS (
    SELECT hub_id, repo_id, run, last_seen, noticed_at, cause, renamed_to, returned_at FROM told
    UNION ALL
    SELECT key.hub_id, noticed.repo_id, noticed.run, NULL, noticed.noticed_at, 'renamed', noticed.renamed_to, NULL
    FROM noticed JOIN base.model_key AS key USING (model)
    ANTI JOIN told ON told.hub_id = key.hub_id AND told.repo_id = noticed.repo_id AND told.run = noticed.run
),
keyed AS (
    SELECT together.*, key.model FROM together LEFT JOIN base.model_key AS key USING (hub_id)
),
-- Every listing that held the model, and the name it bore there.
held AS (
    SELECT keyed.hub_id, keyed.repo_id AS vanished, keyed.run AS vanished_in, keyed.cause, listed.run, listed.listed_at,
        name.repo_id
    FROM keyed
    JOIN base.member AS member ON member.model = keyed.model
    JOIN base.listed AS listed ON listed.selection = member.selection
        AND listed.run >= member.from_run AND listed.run < member.to_run
    JOIN base.name AS name ON name.model = keyed.model AND listed.run >= name.from_run AND listed.run < name.to_run
),
around AS (
    SELECT hub_id, vanished AS repo_id, vanished_in AS run,
        max(listed_at) FILTER (run < vanished_in AND repo_id = vanished) AS last_seen,
        min(listed_at) FILTER (run > vanished_in AND (cause <> 'renamed' OR repo_id = vanished)) AS returned_at
    FROM held GROUP BY ALL
)
SELECT keyed.hub_id, keyed.model, keyed.repo_id, keyed.run, coalesce(keyed.last_seen, around.last_seen) AS last_seen,
    keyed.noticed_at, keyed.cause, keyed.renamed_to,
    coalesce(keyed.returned_at, around.returned_at) AS returned_at
FROM keyed LEFT JOIN around USING (hub_id, repo_id, run)
ORDER BY keyed.hub_id, keyed.noticed_at;

-- Models without a name they live on under.
CREATE TABLE base.gone AS
SELECT DISTINCT model FROM base.tombstone WHERE cause <> 'renamed' AND returned_at IS NULL AND model IS NOT NULL;

CREATE VIEW tombstones AS
SELECT hub_id, repo_id, last_seen, noticed_at, cause, renamed_to, returned_at FROM base.tombstone;
