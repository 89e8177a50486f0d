-- Names that vanished, and which models are gone with them.
-- A rename shows in two rows of facts, a closed repository that stays listed in its observations; each counts
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
        min(sighting.listed_at) AS noticed_at
    FROM moved
    JOIN base.sighting AS sighting ON sighting.model = moved.model AND sighting.complete
        AND sighting.run >= moved.run AND sighting.run < moved.to_run
    GROUP BY moved.model, moved.repo_id, moved.run, moved.cause
),
reported AS (
    SELECT tombstones.hub_id, tombstones.repo_id, run.run, tombstones.last_seen, tombstones.noticed_at,
        tombstones.cause, tombstones.renamed_to, tombstones.returned_at
    FROM lake_tombstones AS tombstones JOIN base.run AS run USING (run_id)
),
-- Every listing that held one of these models, and its name there.
bearer_name AS (
    SELECT sighting.model, sighting.run, sighting.listed_at, name.repo_id
    FROM base.sighting AS sighting
    SEMI JOIN (
        SELECT model FROM noticed UNION SELECT key.model FROM reported JOIN base.model_key AS key USING (hub_id)
    ) AS affected ON affected.model = sighting.model
    JOIN base.name AS name
        ON name.model = sighting.model AND sighting.run >= name.from_run AND sighting.run < name.to_run
),
-- A name that was reported gone and then turns out to have been changed for another vanished once.
reported_before AS (
    SELECT noticed.model, noticed.repo_id, noticed.run, max(bearer_name.run) AS last_run
    FROM noticed JOIN bearer_name
        ON bearer_name.model = noticed.model AND bearer_name.repo_id = noticed.repo_id AND bearer_name.run < noticed.run
    GROUP BY noticed.model, noticed.repo_id, noticed.run
),
combined AS (
    SELECT hub_id, repo_id, run, last_seen, noticed_at, cause, renamed_to, returned_at FROM reported
    UNION ALL
    SELECT key.hub_id, noticed.repo_id, noticed.run, NULL, noticed.noticed_at, noticed.cause, noticed.renamed_to, NULL
    FROM noticed JOIN base.model_key AS key USING (model)
    LEFT JOIN reported_before ON reported_before.model = noticed.model
        AND reported_before.repo_id = noticed.repo_id AND reported_before.run = noticed.run
    ANTI JOIN reported ON reported.hub_id = key.hub_id AND reported.repo_id = noticed.repo_id AND reported.run <= noticed.run
        AND (reported.run = noticed.run OR (noticed.cause = 'renamed' AND reported.run > coalesce(reported_before.last_run, 0)))
),
keyed AS (
    SELECT combined.*, key.model FROM combined LEFT JOIN base.model_key AS key USING (hub_id)
),
-- Every listing that held the model, its name there, and whether it was closed.
held AS (
    SELECT keyed.hub_id, keyed.repo_id AS vanished, keyed.run AS vanished_in, bearer_name.run,
        bearer_name.listed_at, bearer_name.repo_id,
        coalesce(turned.disabled, false) AS disabled
    FROM keyed
    JOIN bearer_name ON bearer_name.model = keyed.model
    LEFT JOIN turned ON turned.model = keyed.model AND bearer_name.run >= turned.from_run AND bearer_name.run < turned.to_run
),
around AS (
    SELECT hub_id, vanished AS repo_id, vanished_in AS run,
        arg_max(listed_at, run) FILTER (run < vanished_in AND repo_id = vanished) AS last_seen,
        arg_min(listed_at, run) FILTER (run > vanished_in AND repo_id = vanished) AS name_returned_at,
        arg_min(listed_at, run) FILTER (run > vanished_in AND NOT disabled) AS opened_at,
        arg_min(repo_id, run) FILTER (run > vanished_in) AS lives_as,
        -- What is closed may be listed all the while.
        arg_min(listed_at, run) FILTER (run >= vanished_in) AS listed_again_at
    FROM held GROUP BY ALL
),
-- What was reported gone and is listed again under another name was renamed.
resolved AS (
    SELECT keyed.hub_id, keyed.model, keyed.repo_id, keyed.run, keyed.cause, keyed.renamed_to, keyed.noticed_at,
        coalesce(keyed.last_seen, around.last_seen) AS last_seen, keyed.returned_at, around.name_returned_at,
        around.opened_at, around.listed_again_at, around.lives_as,
        keyed.cause IN ('replaced', 'deleted_or_private') AND coalesce(around.lives_as <> keyed.repo_id, false) AS moved_on
    FROM keyed LEFT JOIN around USING (hub_id, repo_id, run)
)
SELECT hub_id, model, repo_id, run, last_seen, noticed_at, CASE WHEN moved_on THEN 'renamed' ELSE cause END AS cause,
    CASE WHEN moved_on THEN lives_as ELSE renamed_to END AS renamed_to,
    coalesce(returned_at, CASE cause WHEN 'disabled' THEN opened_at ELSE name_returned_at END) AS returned_at,
    listed_again_at
FROM resolved
ORDER BY hub_id, noticed_at;

-- Models that no listing holds any more, under any name.
CREATE TABLE base.removed AS
SELECT DISTINCT model FROM base.tombstone WHERE renamed_to IS NULL AND listed_again_at IS NULL AND model IS NOT NULL;

-- Models that were last seen under a name which another has borne since: what they are called now, if they are still
-- there, is not known.
CREATE TABLE base.displaced AS
WITH bearers AS (
    SELECT name.model, name.repo_id, key.hub_id, greatest(name.from_run, coalesce(seen.last_run, 0)) AS run,
        name.observed_at
    FROM base.name AS name JOIN base.model_key AS key USING (model) LEFT JOIN base.sighting_range AS seen USING (model)
    ANTI JOIN base.removed USING (model)
    WHERE name.to_run = 2147483647
),
shared AS (SELECT repo_id FROM bearers GROUP BY repo_id HAVING count(*) > 1)
SELECT model FROM bearers SEMI JOIN shared USING (repo_id)
QUALIFY row_number() OVER (PARTITION BY repo_id ORDER BY run DESC, observed_at DESC, hub_id DESC) > 1;

CREATE VIEW tombstones AS
SELECT hub_id, repo_id, last_seen, noticed_at, cause, renamed_to, returned_at FROM base.tombstone;
