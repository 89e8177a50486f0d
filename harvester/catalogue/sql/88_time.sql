-- The ecosystem as it was known at a time, and one model's counts day by day.
CREATE MACRO models_at(ts) AS TABLE
WITH listed AS (SELECT run, selection, listed_at, updates FROM base.listing WHERE listed_at <= ts::TIMESTAMP),
whole AS (SELECT run, selection, listed_at FROM listed WHERE NOT updates),
newest AS (SELECT selection, max(run) AS run FROM whole GROUP BY selection),
-- The last listing inside each spell of membership. Who was seen since the newest listing of the whole is still there.
held AS (
    SELECT member.model, greatest(began.run, whole.run) AS run,
        CASE WHEN whole.run > began.run THEN whole.listed_at ELSE began.listed_at END AS listed_at,
        greatest(began.run, whole.run) >= coalesce(newest.run, 0) AS still
    FROM base.member AS member
    JOIN listed AS began ON began.run = member.from_run
    LEFT JOIN newest ON newest.selection = member.selection
    ASOF LEFT JOIN whole ON member.selection = whole.selection AND member.to_run > whole.run
),
seen AS (SELECT model, max(run) AS run, max(listed_at) AS observed_at, bool_or(still) AS still FROM held GROUP BY model),
gone AS (
    SELECT DISTINCT model FROM base.tombstone
    WHERE renamed_to IS NULL AND noticed_at <= ts::TIMESTAMP
        AND (listed_again_at IS NULL OR listed_again_at > ts::TIMESTAMP)
)
SELECT key.hub_id, name.repo_id, name.sha, seen.observed_at,
    CASE WHEN gone.model IS NOT NULL THEN 'gone'
        -- The model that had a name last keeps it; the names of the others are not known.
        WHEN seen.still AND row_number() OVER (
            PARTITION BY name.repo_id, gone.model IS NULL ORDER BY seen.run DESC, key.hub_id DESC) = 1 THEN 'live'
        ELSE 'unknown' END AS presence,
    observed.downloads, observed.downloads_all_time, observed.likes, observed.trending_score, observed.gated,
    observed.private, observed.disabled
FROM seen
JOIN base.model_key AS key ON key.model = seen.model
JOIN base.name AS name ON name.model = seen.model AND seen.run >= name.from_run AND seen.run < name.to_run
LEFT JOIN base.observed AS observed
    ON observed.model = seen.model AND seen.run >= observed.from_run AND seen.run < observed.to_run
LEFT JOIN gone ON gone.model = seen.model;

-- A day without a listing that held the model is a gap: NULL, never 0.
CREATE MACRO downloads_series(model_name) AS TABLE
WITH requested AS (
    SELECT hub_id FROM names WHERE repo_id = model_name OR hub_id = model_name
),
reported AS (
    SELECT hub_id, observed_at::DATE AS day, max(observed_at) AS observed_at,
        arg_max(downloads, observed_at) AS downloads, arg_max(likes, observed_at) AS likes
    FROM observations WHERE hub_id IN (SELECT hub_id FROM requested) GROUP BY hub_id, day
),
days AS (
    SELECT hub_id, unnest(generate_series(min(day)::TIMESTAMP, max(day)::TIMESTAMP, INTERVAL 1 DAY))::DATE AS day
    FROM reported GROUP BY hub_id
)
SELECT days.hub_id, days.day, reported.observed_at, reported.downloads, reported.likes
FROM days LEFT JOIN reported USING (hub_id, day) ORDER BY days.hub_id, days.day;

-- The newest version of each file up to a commit, given by its id or the start of it.
CREATE MACRO files_at(model_name, revision) AS TABLE
WITH requested AS (
    SELECT commits.model, max(commits.number) AS number FROM base.commit AS commits
    JOIN base.model_key AS key ON key.model = commits.model
    WHERE starts_with(commits.commit, revision)
        AND key.hub_id IN (SELECT hub_id FROM names WHERE repo_id = model_name OR hub_id = model_name)
    GROUP BY commits.model
),
newest AS (
    SELECT file.model, file.path, max(file.number) AS number
    FROM base.file_version AS file JOIN requested ON requested.model = file.model AND file.number <= requested.number
    GROUP BY file.model, file.path
)
SELECT version.hub_id, version.repo_id, version.path, version.size, version.oid, version.sha256, version.role,
    version.format, version.commit AS last_commit, version.committed_at AS last_commit_at
FROM newest
JOIN base.commit AS commits ON commits.model = newest.model AND commits.number = newest.number
JOIN base.model_key AS key ON key.model = newest.model
JOIN file_versions AS version ON version.hub_id = key.hub_id AND version.commit = commits.commit AND version.path = newest.path
WHERE version.present
ORDER BY version.hub_id, version.path;

COMMENT ON MACRO TABLE files_at IS
    'files_at(name or hub_id, commit or its first digits): the files of a model at a commit of its history (--with history).';
COMMENT ON MACRO TABLE models_at IS
    'models_at(time): each model as last known at that time (UTC), observed_at that listing, presence live (it is in the newest complete listing of a selection that it belongs to, or in a later run with --updates), gone (a tombstone, and not listed since) or unknown. A disabled repository that is still listed is live, with disabled = true.';
COMMENT ON MACRO TABLE downloads_series IS
    'downloads_series(name or hub_id): downloads and likes day by day (UTC); NULL on days without a listing that held the model.';
