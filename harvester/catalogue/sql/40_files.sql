-- Files of the complete manifest of the listed commit, else of the newest; the listed names where none was read.
CREATE TABLE base.file_head AS
WITH manifest AS (
    -- A manifest is written whole or not at all, whatever it was read for.
    SELECT key.model, manifests.sha, manifests.source, manifests.used_storage, manifests.spaces, manifests.children,
        manifests.total_size, manifests.file_count, manifests.run_id, manifests.fetched_at
    FROM lake_manifests AS manifests
    JOIN base.model_key AS key USING (hub_id)
    ANTI JOIN base.never_current AS pinned ON pinned.hub_id = manifests.hub_id AND pinned.sha = manifests.sha
),
-- Few models have several manifests: only theirs are compared.
several AS (SELECT hub_id FROM lake_manifests GROUP BY hub_id HAVING count(*) > 1),
one AS (
    SELECT * FROM manifest ANTI JOIN (SELECT model FROM base.model_key SEMI JOIN several USING (hub_id)) USING (model)
),
many AS (
    SELECT * FROM manifest SEMI JOIN (SELECT model FROM base.model_key SEMI JOIN several USING (hub_id)) USING (model)
),
chosen AS (
    SELECT many.model,
        arg_max(many.sha, (many.sha IS NOT DISTINCT FROM name.sha, many.run_id, many.fetched_at)) AS sha
    FROM many JOIN base.name AS name ON name.model = many.model AND name.to_run = 2147483647
    GROUP BY many.model
),
read AS (
    SELECT model, sha, source, used_storage, spaces, children, total_size, file_count, run_id FROM one
    UNION ALL
    SELECT model, sha, max(source), max(used_storage), arg_max(spaces, fetched_at), arg_max(children, fetched_at),
        arg_max(total_size, source), arg_max(file_count, source), arg_max(run_id, (source, run_id))
    FROM many JOIN chosen USING (model, sha) GROUP BY model, sha
)
SELECT model, sha, source, used_storage, spaces, children, total_size, file_count, run_id FROM read
UNION ALL
SELECT name.model, name.sha, 'listing', NULL, NULL, NULL, NULL, NULL, NULL
FROM base.name AS name ANTI JOIN (SELECT model FROM read) AS known USING (model)
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

-- Hashes cannot be compressed: not to try halves the time that they take.
CREATE TABLE base.file (
    model INTEGER, path VARCHAR, size BIGINT, oid BLOB USING COMPRESSION uncompressed,
    sha256 BLOB USING COMPRESSION uncompressed, xet_hash BLOB, role VARCHAR, format VARCHAR, framework VARCHAR,
    unsafe BOOLEAN, last_commit VARCHAR, last_commit_at TIMESTAMP, scan_status VARCHAR
);

-- One digest per manifest finds its rows.
INSERT INTO base.file
WITH head AS (
    SELECT hash(key.hub_id, head.sha, head.source, head.run_id) AS manifest, head.model
    FROM base.file_head AS head JOIN base.model_key AS key USING (model)
)
SELECT head.model, files.path, files.size, files.oid, files.sha256, files.xet_hash, files.role, files.format,
    files.framework, files.unsafe, files.last_commit, files.last_commit_at, files.scan_status
FROM lake_files AS files
JOIN head ON head.manifest = hash(files.hub_id, files.sha, files.source, files.run_id);

CREATE TABLE base.file_count AS SELECT model, count(*) AS file_count FROM base.file GROUP BY model;

-- Older versions stored a manifest twice if a model was listed again in its visit: each path counts once.
CREATE TEMP TABLE doubled AS
SELECT stored.model FROM base.file_count AS stored JOIN base.file_head AS head USING (model)
WHERE stored.file_count > head.file_count;

DELETE FROM base.file WHERE model IN (SELECT model FROM doubled) AND rowid NOT IN (
    SELECT min(file.rowid) FROM base.file AS file SEMI JOIN doubled USING (model) GROUP BY file.model, file.path
);

UPDATE base.file_count AS stored SET file_count = head.file_count
FROM base.file_head AS head WHERE head.model = stored.model AND stored.model IN (SELECT model FROM doubled);

DROP TABLE doubled;

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
