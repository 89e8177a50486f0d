-- Files of the complete manifest of the listed commit, else of the newest; the listed names where none was read.
CREATE TABLE base.file_head AS
WITH read AS (
    -- A manifest is written whole or not at all, whatever it was read for.
    SELECT key.model,
        arg_max(
            manifests.sha, (manifests.sha IS NOT DISTINCT FROM name.sha, manifests.run_id, manifests.fetched_at)
        ) AS sha
    FROM lake_manifests AS manifests
    JOIN base.model_key AS key USING (hub_id)
    JOIN base.name AS name ON name.model = key.model AND name.to_run = 2147483647
    ANTI JOIN base.never_current AS pinned ON pinned.hub_id = manifests.hub_id AND pinned.sha = manifests.sha
    GROUP BY key.model
),
sources AS (
    SELECT key.model, manifests.sha, max(manifests.source) AS source, max(manifests.used_storage) AS used_storage,
        arg_max(manifests.spaces, manifests.fetched_at) AS spaces,
        arg_max(manifests.children, manifests.fetched_at) AS children,
        arg_max(manifests.total_size, manifests.source) AS total_size,
        arg_max(manifests.run_id, (manifests.source, manifests.run_id)) AS run_id
    FROM lake_manifests AS manifests JOIN base.model_key AS key USING (hub_id) GROUP BY key.model, manifests.sha
)
SELECT read.model, read.sha, sources.source, sources.used_storage, sources.spaces, sources.children,
    sources.total_size, sources.run_id
FROM read JOIN sources USING (model, sha)
UNION ALL
SELECT name.model, name.sha, 'listing', NULL, NULL, NULL, NULL, NULL
FROM base.name AS name ANTI JOIN (SELECT model FROM read JOIN sources USING (model, sha)) AS known USING (model)
WHERE name.to_run = 2147483647;

-- Names of one commit may have been listed more than once, in two selections: the newest counts.
UPDATE base.file_head AS head SET run_id = named.run_id
FROM (
    SELECT head.model, max(files.run_id) AS run_id
    FROM lake_files AS files
    JOIN base.model_key AS key USING (hub_id)
    JOIN base.file_head AS head ON head.model = key.model AND head.sha = files.sha
    WHERE files.source = 'listing' AND head.source = 'listing'
    GROUP BY head.model
) AS named
WHERE named.model = head.model;

CREATE TABLE base.file AS
SELECT head.model, files.path, files.size, files.oid, files.sha256, files.xet_hash, files.role, files.format,
    files.framework, files.unsafe, files.last_commit, files.last_commit_at, files.scan_status
FROM lake_files AS files
JOIN base.model_key AS key USING (hub_id)
JOIN base.file_head AS head ON head.model = key.model AND head.sha = files.sha AND head.source = files.source
    AND head.run_id = files.run_id;

CREATE VIEW files AS
SELECT key.hub_id, name.repo_id, head.sha, file.path, file.size,
    CASE WHEN file.oid IS NOT NULL THEN lower(hex(file.oid))
        WHEN file.sha256 IS NOT NULL THEN {{pointer_oid}} END AS oid,
    lower(hex(file.sha256)) AS sha256, lower(hex(file.xet_hash)) AS xet_hash, file.role, file.format, file.framework,
    file.unsafe, file.last_commit, file.last_commit_at, file.scan_status, head.source
FROM base.file AS file
JOIN base.model_key AS key ON key.model = file.model
JOIN base.file_head AS head ON head.model = file.model
JOIN base.name AS name ON name.model = file.model AND name.to_run = 2147483647;
