-- Which documents took the place of which, once however many models take the same step.
CREATE TABLE base.doc_step AS
WITH kind_of(file_name, kind) AS (VALUES {{document_kinds}}),
read AS (
    SELECT DISTINCT ON (revision.model, refs.path, revision.place) revision.model, revision.place, refs.path, doc.doc
    FROM lake_refs AS refs
    JOIN base.model_key AS key USING (hub_id)
    JOIN base.revision AS revision ON revision.model = key.model AND revision.sha = refs.sha
    JOIN base.doc AS doc ON doc.oid = refs.oid AND doc.kind = refs.kind
    WHERE doc.status IN ('ok', 'lenient')
    ORDER BY revision.model, refs.path, revision.place, refs.run_id DESC, refs.fetched_at DESC
),
-- Where only files were requested, a manifest shows that a document which was read elsewhere was here too.
stored AS (
    SELECT model, place, path, doc FROM read
    UNION
    SELECT revision.model, revision.place, files.path, doc.doc
    FROM lake_files AS files
    JOIN base.model_key AS key USING (hub_id)
    JOIN base.revision AS revision ON revision.model = key.model AND revision.sha = files.sha
    SEMI JOIN read ON read.model = key.model AND read.path = files.path
    ANTI JOIN read AS known ON known.model = key.model AND known.path = files.path AND known.place = revision.place
    LEFT JOIN kind_of ON kind_of.file_name = parse_filename(files.path)
    JOIN base.doc AS doc ON doc.oid = files.oid AND doc.kind = coalesce(kind_of.kind, 'other')
    WHERE files.oid IS NOT NULL AND doc.status IN ('ok', 'lenient')
),
starts AS (
    SELECT model, path, place, doc
    FROM (SELECT *, lag(doc) OVER (PARTITION BY model, path ORDER BY place) AS before FROM stored)
    WHERE doc IS DISTINCT FROM before
),
steps AS (
    SELECT model, path, place, doc AS new_doc, lag(doc) OVER versions AS old_doc, lag(place) OVER versions AS since
    FROM starts WINDOW versions AS (PARTITION BY model, path ORDER BY place)
)
SELECT model, path, place, since, old_doc, new_doc FROM steps WHERE old_doc IS NOT NULL ORDER BY model, place, path;

CREATE TABLE base.doc_pair AS
SELECT old_doc, new_doc FROM base.doc_step UNION SELECT old_doc, new_doc FROM base.document_version_step
ORDER BY old_doc, new_doc;
