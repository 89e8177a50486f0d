-- Documents once by content, what was read out of them, and where they stand now.
CREATE TABLE base.document AS
SELECT oid, any_value(size) AS size, any_value(bytes) AS bytes FROM lake_documents GROUP BY oid ORDER BY oid;

-- Of several extractions of a document, the last. The wide rows are streamed past the narrow keys, never sorted.
CREATE TABLE base.doc AS
WITH newest AS (
    SELECT oid, kind, max(run_id) AS run_id FROM lake_configs GROUP BY oid, kind
),
numbered AS (SELECT oid, kind, run_id, row_number() OVER (ORDER BY oid, kind)::INTEGER - 1 AS doc FROM newest)
SELECT numbered.doc, configs.* FROM lake_configs AS configs JOIN numbered USING (oid, kind, run_id);

-- Two workers may have read the same document at once.
DELETE FROM base.doc WHERE rowid NOT IN (SELECT min(rowid) FROM base.doc GROUP BY doc);

CREATE TABLE base.leaf AS
SELECT doc.doc, fields.field, fields.type, fields.value, fields.number
FROM lake_fields AS fields
JOIN (SELECT hash(oid, kind, run_id) AS extraction, doc FROM base.doc) AS doc
    ON doc.extraction = hash(fields.oid, fields.kind, fields.run_id);

CREATE TABLE base.label AS
SELECT doc.doc, labels.label_id, labels.label
FROM lake_labels AS labels
JOIN base.doc AS doc ON doc.oid = labels.oid AND doc.kind = labels.kind AND doc.run_id = labels.run_id
ORDER BY doc.doc, labels.label_id;

-- The commit whose documents count: the listed one or the newest whose documents all have a final outcome, else the
-- newest that was requested. A model that went back to a commit is not requested again.
CREATE TABLE base.config_head AS
WITH visit AS NOT MATERIALIZED (
    SELECT model, hub_id, sha, standing FROM head_visit WHERE scope = 'configs' OR scope LIKE 'documents:%'
),
several AS (
    SELECT hub_id FROM lake_visits WHERE scope = 'configs' OR scope LIKE 'documents:%'
    GROUP BY hub_id HAVING count(*) > 1
)
SELECT model, sha FROM visit ANTI JOIN several USING (hub_id)
UNION ALL
SELECT model, arg_max(sha, standing) FROM visit SEMI JOIN several USING (hub_id) GROUP BY model;

CREATE TABLE base.requested_ref AS
WITH head AS (
    SELECT hash(key.hub_id, head.sha) AS commit, head.model
    FROM base.config_head AS head JOIN base.model_key AS key USING (model)
),
stored AS NOT MATERIALIZED (
    SELECT head.model, refs.path, doc.doc, refs.oid, hash(refs.hub_id, refs.sha, refs.path) AS place
    FROM lake_refs AS refs
    JOIN head ON head.commit = hash(refs.hub_id, refs.sha)
    LEFT JOIN (SELECT hash(oid, kind) AS content, doc FROM base.doc) AS doc ON doc.content = hash(refs.oid, refs.kind)
    WHERE refs.kind NOT IN ({{prose_kinds}})
),
-- A commit may have been read in several runs.
several AS (SELECT hash(hub_id, sha, path) AS place FROM lake_refs GROUP BY place HAVING count(*) > 1)
SELECT model, path, doc, oid FROM stored ANTI JOIN several USING (place)
UNION ALL
(SELECT DISTINCT ON (model, path) model, path, doc, oid FROM stored SEMI JOIN several USING (place)
ORDER BY model, path, doc);

-- The outcome of requesting the other documents of that commit: the last answer counts.
CREATE TABLE base.failed_document AS
SELECT head.model, fetches.path, arg_max(fetches.outcome, (fetches.run_id, fetches.fetched_at)) AS outcome,
    arg_max(fetches.error, (fetches.run_id, fetches.fetched_at)) AS error
FROM lake_fetches AS fetches
JOIN base.model_key AS key USING (hub_id)
JOIN base.config_head AS head ON head.model = key.model AND head.sha = fetches.sha
ANTI JOIN base.requested_ref AS ref ON ref.model = key.model AND ref.path = fetches.path
WHERE fetches.item = 'document' AND fetches.outcome <> 'ok' AND fetches.path <> 'README.md'
GROUP BY head.model, fetches.path;

-- What one repository refuses another may publish: the manifest names the same oid. So the order of visits has no effect.
CREATE TABLE base.public_copy AS
WITH kind_of(file_name, kind) AS (VALUES {{document_kinds}})
SELECT DISTINCT ON (failed.model, failed.path) failed.model, failed.path, doc.doc, doc.oid
FROM base.failed_document AS failed
JOIN base.model_key AS key ON key.model = failed.model
JOIN base.config_head AS head ON head.model = failed.model
JOIN lake_files AS files ON files.hub_id = key.hub_id AND files.sha = head.sha AND files.path = failed.path
LEFT JOIN kind_of ON kind_of.file_name = parse_filename(failed.path)
JOIN base.doc AS doc ON doc.oid = files.oid AND doc.kind = coalesce(kind_of.kind, 'other')
WHERE failed.outcome IN ('gated', 'disabled', 'private_or_deleted')
ORDER BY failed.model, failed.path;

CREATE TABLE base.ref AS
SELECT model, path, doc, oid FROM base.requested_ref
UNION ALL SELECT model, path, doc, oid FROM base.public_copy;

CREATE TABLE base.unread_document AS
SELECT model, path, outcome, error FROM base.failed_document ANTI JOIN base.public_copy USING (model, path);

DROP TABLE base.requested_ref;
DROP TABLE base.failed_document;
DROP TABLE base.public_copy;

CREATE VIEW documents AS
SELECT lower(hex(document.oid)) AS oid, document.size,
    CASE WHEN document.size <= 1048576 OR kept.oid IS NOT NULL THEN document.bytes END AS bytes
FROM base.document AS document
LEFT JOIN (SELECT DISTINCT oid FROM base.doc WHERE keep_bytes) AS kept ON kept.oid = document.oid;

CREATE VIEW configs AS
SELECT key.hub_id, name.repo_id, head.sha, ref.path, lower(hex(ref.oid)) AS oid,
    coalesce(doc.status, 'invalid') AS status,
    CASE WHEN doc.doc IS NULL THEN 'not extracted yet: harvester build --reextract' ELSE doc.reason END AS reason,
    {{doc_columns}}
FROM base.ref AS ref
JOIN base.model_key AS key ON key.model = ref.model
JOIN base.name AS name ON name.model = ref.model AND name.to_run = 2147483647
JOIN base.config_head AS head ON head.model = ref.model
LEFT JOIN base.doc AS doc ON doc.doc = ref.doc
UNION ALL
SELECT key.hub_id, name.repo_id, head.sha, unread.path, NULL, 'oversized', unread.error, {{null_columns}}
FROM base.unread_document AS unread
JOIN base.model_key AS key ON key.model = unread.model
JOIN base.name AS name ON name.model = unread.model AND name.to_run = 2147483647
JOIN base.config_head AS head ON head.model = unread.model
WHERE unread.outcome = 'oversized';

CREATE VIEW config_fields AS
SELECT key.hub_id, name.repo_id, head.sha, ref.path, leaf.field, leaf.type, leaf.value, leaf.number
FROM base.ref AS ref
JOIN base.leaf AS leaf ON leaf.doc = ref.doc
JOIN base.model_key AS key ON key.model = ref.model
JOIN base.name AS name ON name.model = ref.model AND name.to_run = 2147483647
JOIN base.config_head AS head ON head.model = ref.model;
