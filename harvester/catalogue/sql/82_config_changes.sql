-- Configs compared document by document, once however many models take the same step.
CREATE TABLE base.doc_step AS
WITH stood AS (
    SELECT DISTINCT ON (revision.model, refs.path, revision.place) revision.model, refs.path, revision.place, doc.doc
    FROM lake_refs AS refs
    JOIN base.model_key AS key USING (hub_id)
    JOIN base.revision AS revision ON revision.model = key.model AND revision.sha = refs.sha
    JOIN base.doc AS doc ON doc.oid = refs.oid AND doc.kind = refs.kind
    WHERE doc.status IN ('ok', 'lenient')
    ORDER BY revision.model, refs.path, revision.place, refs.fetched_at DESC
),
starts AS (
    SELECT model, path, place, doc
    FROM (SELECT *, lag(doc) OVER (PARTITION BY model, path ORDER BY place) AS before FROM stood)
    WHERE doc IS DISTINCT FROM before
),
steps AS (
    SELECT model, path, place, doc AS new_doc, lag(doc) OVER versions AS old_doc, lag(place) OVER versions AS since
    FROM starts WINDOW versions AS (PARTITION BY model, path ORDER BY place)
)
SELECT model, path, place, since, old_doc, new_doc FROM steps WHERE old_doc IS NOT NULL ORDER BY model, place, path;

CREATE TABLE base.doc_pair AS
SELECT old_doc, new_doc FROM base.doc_step UNION SELECT old_doc, new_doc FROM base.past_doc_step
ORDER BY old_doc, new_doc;

-- A label at another index is permuted where the one it takes the place of is still there too.
CREATE TABLE base.label_change AS
WITH old AS (SELECT old_doc, new_doc, label_id, label FROM base.doc_pair JOIN base.label ON doc = old_doc),
new AS (SELECT old_doc, new_doc, label_id, label FROM base.doc_pair JOIN base.label ON doc = new_doc),
differing AS (
    SELECT old_doc, new_doc, label_id, old.label AS old, new.label AS new
    FROM old FULL JOIN new USING (old_doc, new_doc, label_id) WHERE old.label IS DISTINCT FROM new.label
),
kept AS (SELECT DISTINCT old_doc, new_doc, label FROM old SEMI JOIN new USING (old_doc, new_doc, label))
SELECT differing.old_doc, differing.new_doc, differing.label_id,
    CASE WHEN differing.old IS NULL THEN 'added' WHEN differing.new IS NULL THEN 'removed'
        WHEN stays.label IS NOT NULL AND came.label IS NOT NULL THEN 'permuted' ELSE 'changed' END AS change,
    differing.old, differing.new
FROM differing
LEFT JOIN kept AS stays ON stays.old_doc = differing.old_doc AND stays.new_doc = differing.new_doc AND stays.label = differing.old
LEFT JOIN kept AS came ON came.old_doc = differing.old_doc AND came.new_doc = differing.new_doc AND came.label = differing.new
ORDER BY differing.old_doc, differing.new_doc, differing.label_id;

-- Leaves hold floats in shortest form and keep 1 and 1.0 apart by type, so their texts compare as values do. Maps are
-- kept in the order written, which means nothing. Values above 64 kB are not there to be compared.
CREATE TABLE base.field_change AS
WITH old AS (SELECT old_doc, new_doc, field, type, value FROM base.doc_pair JOIN base.leaf ON doc = old_doc),
new AS (SELECT old_doc, new_doc, field, type, value FROM base.doc_pair JOIN base.leaf ON doc = new_doc),
differing AS (
    SELECT old_doc, new_doc, field, old.type AS old_type, old.value AS old, new.type AS new_type, new.value AS new
    FROM old FULL JOIN new USING (old_doc, new_doc, field)
    WHERE old.type IS DISTINCT FROM new.type OR old.value IS DISTINCT FROM new.value
),
labelled AS (SELECT DISTINCT old_doc, new_doc FROM base.label_change),
counted AS (
    SELECT differing.old_doc, differing.new_doc, field,
        CASE WHEN old_type IS NULL THEN 'added' WHEN new_type IS NULL THEN 'removed' ELSE 'changed' END AS change, old, new,
        regexp_matches(field, '(^|\.)(transformers_version|_commit_hash|_diffusers_version)$') AS stamp,
        labelled.old_doc IS NOT NULL AS labelled
    FROM differing LEFT JOIN labelled ON labelled.old_doc = differing.old_doc AND labelled.new_doc = differing.new_doc
    WHERE NOT (labelled.old_doc IS NOT NULL AND regexp_matches(field, '(^|\.)(id2label|label2id)$'))
        AND NOT (
            coalesce(old_type = 'object' AND new_type = 'object', false)
            AND json_valid(old) AND json_valid(new)
            AND list_sort(map_entries(from_json(old, '"MAP(VARCHAR, JSON)"')))
                IS NOT DISTINCT FROM list_sort(map_entries(from_json(new, '"MAP(VARCHAR, JSON)"')))
        )
)
SELECT old_doc, new_doc, field, change, old, new,
    bool_and(stamp AND NOT labelled) OVER (PARTITION BY old_doc, new_doc) AS noise
FROM counted ORDER BY old_doc, new_doc, field;

-- Whether nothing but stamps and formatting changed between two documents.
CREATE TABLE base.quiet_pair AS
SELECT old_doc, new_doc FROM base.doc_pair
ANTI JOIN (SELECT old_doc, new_doc FROM base.field_change WHERE NOT noise UNION ALL SELECT old_doc, new_doc FROM base.label_change) AS loud
    USING (old_doc, new_doc);
