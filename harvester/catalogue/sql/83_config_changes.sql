-- Which differences of documents mean something.
CREATE TABLE base.field_change AS
WITH labelled AS (SELECT DISTINCT old_doc, new_doc FROM base.map_change WHERE kind = 'label' AND NOT noise)
SELECT old_doc, new_doc, differing.field, differing.change, differing.old, differing.new,
    unmeant.field IS NOT NULL OR (
        labelled.old_doc IS NULL AND bool_and(
            unmeant.field IS NOT NULL
            OR regexp_matches(differing.field, '{{stamps}}')
        ) OVER (PARTITION BY old_doc, new_doc)
    ) AS noise
FROM base.field_step AS differing
LEFT JOIN labelled USING (old_doc, new_doc)
LEFT JOIN base.resaved_field AS unmeant USING (old_doc, new_doc, field)
ORDER BY old_doc, new_doc, differing.field;

-- Whether nothing but stamps, placeholders and formatting changed between two documents.
CREATE TABLE base.noise_pair AS
SELECT old_doc, new_doc FROM base.doc_pair
ANTI JOIN (
    SELECT old_doc, new_doc FROM base.field_change WHERE NOT noise
    UNION ALL SELECT old_doc, new_doc FROM base.map_change WHERE NOT noise
) AS loud USING (old_doc, new_doc);
