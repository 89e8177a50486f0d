-- The history that was read: the commits of each model, and what each of them did to the files.
-- The line of commits that leads to the head that was read last; a rewritten main is another line.
CREATE TABLE base.chain AS
WITH newest AS (
    SELECT key.model, arg_max(chain, (run_id, fetched_at)) AS chain, arg_max(sha, (run_id, fetched_at)) AS sha,
        arg_max(commits, (run_id, fetched_at)) AS commits
    FROM lake_histories JOIN base.model_key AS key USING (hub_id) GROUP BY key.model
),
wholes AS (
    SELECT key.model, chain, bool_and(whole) AS whole
    FROM lake_histories JOIN base.model_key AS key USING (hub_id) GROUP BY key.model, chain
)
SELECT newest.model, newest.chain, newest.sha, newest.commits, wholes.whole
FROM newest JOIN wholes USING (model, chain)
ORDER BY newest.model;

-- A history that did not end well is read again, so a row may be there twice.
CREATE TABLE base.commit AS
SELECT chain.model, commits.number::INTEGER AS number, any_value(commits.commit) AS commit, any_value(commits.title) AS title,
    any_value(commits.message) AS message, any_value(commits.authors) AS authors, any_value(commits.committed_at) AS committed_at,
    any_value(commits.on_main) AS on_main
FROM lake_commits AS commits
JOIN base.model_key AS key USING (hub_id)
JOIN base.chain AS chain ON chain.model = key.model AND chain.chain = commits.chain
GROUP BY chain.model, commits.number
ORDER BY chain.model, commits.number;

CREATE TABLE base.file_version AS
SELECT chain.model, file.path, file.number::INTEGER AS number, any_value(file.present) AS present,
    any_value(file.size) AS size, any_value(file.oid) AS oid, any_value(file.sha256) AS sha256,
    any_value(file.role) AS role, any_value(file.format) AS format
FROM lake_file_versions AS file
JOIN base.model_key AS key USING (hub_id)
JOIN base.chain AS chain ON chain.model = key.model AND chain.chain = file.chain
GROUP BY chain.model, file.path, file.number
ORDER BY chain.model, file.path, file.number;

CREATE VIEW commits AS
SELECT key.hub_id, name.repo_id, commits.commit, chain.commits - 1 - commits.number AS position, commits.title, commits.message,
    commits.authors, commits.committed_at
FROM base.commit AS commits
JOIN base.chain AS chain ON chain.model = commits.model
JOIN base.model_key AS key ON key.model = commits.model
JOIN base.name AS name ON name.model = commits.model AND name.to_run = 2147483647;

CREATE VIEW file_versions AS
SELECT key.hub_id, name.repo_id, commits.commit, commits.committed_at, file.path, file.present, file.size,
    CASE WHEN file.oid IS NOT NULL THEN lower(hex(file.oid))
        WHEN file.sha256 IS NOT NULL THEN {{pointer_oid}} END AS oid,
    lower(hex(file.sha256)) AS sha256, file.role, file.format
FROM base.file_version AS file
JOIN base.commit AS commits ON commits.model = file.model AND commits.number = file.number
JOIN base.model_key AS key ON key.model = file.model
JOIN base.name AS name ON name.model = file.model AND name.to_run = 2147483647;

-- The versions of each document that could be read, one after the other.
CREATE TABLE base.document_version AS
WITH kind_of(file_name, kind) AS (VALUES {{document_kinds}}),
held AS (
    SELECT file.model, file.path, file.number, coalesce(kind_of.kind, 'other') AS kind, file.oid
    FROM base.file_version AS file
    LEFT JOIN kind_of ON kind_of.file_name = parse_filename(file.path)
    WHERE file.present AND file.path <> 'README.md' AND file.role <> 'weights'
)
SELECT held.model, held.path, held.number, doc.doc
FROM held JOIN base.doc AS doc ON doc.oid = held.oid AND doc.kind = held.kind
WHERE doc.status IN ('ok', 'lenient')
ORDER BY held.model, held.path, held.number;

CREATE TABLE base.document_version_step AS
WITH starts AS (
    SELECT model, path, number, doc
    FROM (SELECT *, lag(doc) OVER (PARTITION BY model, path ORDER BY number) AS before FROM base.document_version)
    WHERE doc IS DISTINCT FROM before
),
steps AS (
    SELECT model, path, number, doc AS new_doc, lag(doc) OVER versions AS old_doc, lag(number) OVER versions AS since
    FROM starts WINDOW versions AS (PARTITION BY model, path ORDER BY number)
)
SELECT model, path, number, since, old_doc, new_doc FROM steps WHERE old_doc IS NOT NULL ORDER BY model, path, number;
