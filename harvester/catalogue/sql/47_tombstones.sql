-- Names that vanished, and which models are gone with them.
-- Runs whose listing was finished, in order: what a run that is not here saw does not count.
CREATE TABLE base.listed AS
SELECT run.run, selection.selection, run.listed_at, coalesce(run.complete_listing, false) AS complete
FROM base.run AS run JOIN base.selection AS selection USING (selection_id)
WHERE run.listed_at IS NOT NULL
ORDER BY run.run;

-- A rename is told by two rows of facts, a closed repository that stays listed by what was observed of it; each counts
-- from the first complete listing that holds the model after it.
CREATE TABLE base.tombstone AS
WITH flagged AS (
    SELECT model, from_run, coalesce(disabled, false) AS disabled,
        lag(coalesce(disabled, false)) OVER (PARTITION BY model ORDER BY from_run) AS was_disabled
    FROM base.observed WHERE model IN (SELECT model FROM base.observed WHERE disabled)
),
turned AS (
    SELECT model, from_run, lead(from_run, 1, 2147483647) OVER (PARTITION BY model ORDER BY from_run) AS to_run, disabled,
        was_disabled
    FROM flagged WHERE disabled IS DISTINCT FROM was_disabled
),
-- A model that was closed when it was first seen was never seen to vanish.
closed AS (
    SELECT turned.model, name.repo_id, turned.from_run AS run, turned.to_run
    FROM turned JOIN base.name AS name
        ON name.model = turned.model AND turned.from_run >= name.from_run AND turned.from_run < name.to_run
    WHERE turned.disabled AND turned.was_disabled IS NOT NULL
),
renamed AS (
    SELECT model, repo_id, sha, from_run, lead(repo_id) OVER (PARTITION BY model ORDER BY from_run) AS renamed_to,
        to_run AS run
    FROM base.name
),
moved AS (
    SELECT model, repo_id, 'renamed' AS cause, renamed_to, run, 2147483647 AS to_run FROM renamed
    WHERE renamed_to <> repo_id
    UNION ALL SELECT model, repo_id, 'disabled', NULL, run, to_run FROM closed
),
noticed AS (
    SELECT moved.model, moved.repo_id, moved.run, moved.cause, any_value(moved.renamed_to) AS renamed_to,
        min(listed.listed_at) AS noticed_at
    FROM moved
    JOIN base.member AS member ON member.model = moved.model AND member.to_run > moved.run
    JOIN base.listed AS listed ON listed.selection = member.selection AND listed.complete
        AND listed.run >= moved.run AND listed.run < moved.to_run
        AND listed.run >= member.from_run AND listed.run < member.to_run
    GROUP BY moved.model, moved.repo_id, moved.run, moved.cause
),
told AS (
    SELECT tombstones.hub_id, tombstones.repo_id, run.run, tombstones.last_seen, tombstones.noticed_at,
        tombstones.cause, tombstones.renamed_to, tombstones.returned_at
    FROM lake_tombstones AS tombstones JOIN base.run AS run USING (run_id)
),
together AS (
    SELECT hub_id, repo_id, run, last_seen, noticed_at, cause, renamed_to, returned_at FROM told
    UNION ALL
    SELECT key.hub_id, noticed.repo_id, noticed.run, NULL, noticed.noticed_at, noticed.cause, noticed.renamed_to, NULL
    FROM noticed JOIN base.model_key AS key USING (model)
    ANTI JOIN told ON told.hub_id = key.hub_id AND told.repo_id = noticed.repo_id AND told.run = noticed.run
),
keyed AS (
    SELECT together.*, key.model FROM together LEFT JOIN base.model_key AS key USING (hub_id)
),
-- Every listing that held the model, the name it bore there, and whether it was closed.
held AS (
    SELECT keyed.hub_id, keyed.repo_id AS vanished, keyed.run AS vanished_in, keyed.cause, listed.run, listed.listed_at,
        name.repo_id, coalesce(turned.disabled, false) AS disabled
    FROM keyed
    JOIN base.member AS member ON member.model = keyed.model
    JOIN base.listed AS listed ON listed.selection = member.selection
        AND listed.run >= member.from_run AND listed.run < member.to_run
    JOIN base.name AS name ON name.model = keyed.model AND listed.run >= name.from_run AND listed.run < name.to_run
    LEFT JOIN turned ON turned.model = keyed.model AND listed.run >= turned.from_run AND listed.run < turned.to_run
),
around AS (
    SELECT hub_id, vanished AS repo_id, vanished_in AS run,
        max(listed_at) FILTER (run < vanished_in AND repo_id = vanished) AS last_seen,
        min(listed_at) FILTER (run > vanished_in AND CASE cause WHEN 'renamed' THEN repo_id = vanished
            WHEN 'disabled' THEN NOT disabled ELSE true END) AS returned_at,
        -- What is closed may be listed all the while.
        min(listed_at) FILTER (run >= vanished_in) AS listed_again_at
    FROM held GROUP BY ALL
)
SELECT keyed.hub_id, keyed.model, keyed.repo_id, keyed.run, coalesce(keyed.last_seen, around.last_seen) AS last_seen,
    keyed.noticed_at, keyed.cause, keyed.renamed_to,
    coalesce(keyed.returned_at, around.returned_at) AS returned_at, around.listed_again_at
FROM keyed LEFT JOIN around USING (hub_id, repo_id, run)
ORDER BY keyed.hub_id, keyed.noticed_at;

-- Models that no listing holds any more, under any name.
CREATE TABLE base.gone AS
SELECT DISTINCT model FROM base.tombstone WHERE renamed_to IS NULL AND listed_again_at IS NULL AND model IS NOT NULL;

CREATE VIEW tombstones AS
SELECT hub_id, repo_id, last_seen, noticed_at, cause, renamed_to, returned_at FROM base.tombstone;
