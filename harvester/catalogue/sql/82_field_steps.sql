-- Documents compared leaf by leaf. Leaves hold floats in shortest form and keep 1 and 1.0 apart by type, so their texts
-- compare as values do; label maps are compared apart.
CREATE TABLE base.field_step AS
WITH plain AS (
    SELECT leaf.doc, leaf.field, leaf.type, leaf.value
    FROM base.leaf AS leaf
    SEMI JOIN (SELECT old_doc AS doc FROM base.doc_pair UNION SELECT new_doc FROM base.doc_pair) AS paired USING (doc)
    WHERE NOT regexp_matches(leaf.field, '{{label_maps}}')
),
old AS (SELECT old_doc, new_doc, field, type, value FROM base.doc_pair JOIN plain ON doc = old_doc),
new AS (SELECT old_doc, new_doc, field, type, value FROM base.doc_pair JOIN plain ON doc = new_doc)
SELECT old_doc, new_doc, field,
    CASE WHEN old.type IS NULL THEN 'added' WHEN new.type IS NULL THEN 'removed' ELSE 'changed' END AS change,
    old.value AS old, new.value AS new
FROM old FULL JOIN new USING (old_doc, new_doc, field)
WHERE old.type IS DISTINCT FROM new.type OR old.value IS DISTINCT FROM new.value
UNION ALL
-- Of values too large to be stored, digests are compared.
SELECT pair.old_doc, pair.new_doc, old.field, 'changed', NULL, NULL
FROM base.doc_pair AS pair
JOIN base.large_leaf AS old ON old.doc = pair.old_doc
JOIN base.large_leaf AS new ON new.doc = pair.new_doc AND new.field = old.field
WHERE old.digest <> new.digest AND NOT regexp_matches(old.field, '{{label_maps}}')
UNION ALL
SELECT old_doc, new_doc, field, change, old, new FROM base.map_change WHERE kind = 'config';
