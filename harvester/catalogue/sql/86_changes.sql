-- Every change as one row. Commits supersede the interval between two harvests that they cover.
CREATE VIEW changes AS
WITH doc_step AS (
    SELECT step.*, past.model IS NOT NULL AS told
    FROM base.doc_step AS step
    LEFT JOIN (SELECT DISTINCT model, path, old_doc, new_doc FROM base.past_doc_step) AS past
        ON past.model = step.model AND past.path = step.path AND past.old_doc = step.old_doc AND past.new_doc = step.new_doc
),
changed AS (
    SELECT step.model, step.place, step.since, 'config' AS kind, step.path, change.field, change.change, change.old,
        change.new, change.noise, step.told
    FROM doc_step AS step JOIN base.field_change AS change USING (old_doc, new_doc)
    UNION ALL
    SELECT step.model, step.place, step.since, 'label', step.path, change.field, change.change, change.old, change.new,
        change.noise, step.told
    FROM doc_step AS step JOIN base.map_change AS change USING (old_doc, new_doc) WHERE change.kind = 'label'
    UNION ALL
    SELECT model, place, since, kind, NULL, field,
        CASE WHEN old IS NULL THEN 'added' WHEN new IS NULL THEN 'removed' ELSE 'changed' END, old, new, false, false
    FROM base.said_change
    UNION ALL
    SELECT change.model, change.place, change.since, 'file', change.path, change.field, change.change, change.old,
        change.new, quiet.old_doc IS NOT NULL, past.model IS NOT NULL
    FROM base.file_change AS change
    LEFT JOIN (SELECT DISTINCT model, path, old, new FROM base.past_file_change) AS past
        ON past.model = change.model AND past.path = change.path AND past.old IS NOT DISTINCT FROM change.old
        AND past.new IS NOT DISTINCT FROM change.new
    LEFT JOIN base.doc_step AS step ON step.model = change.model AND step.path = change.path AND step.place = change.place
        AND change.change = 'changed'
    LEFT JOIN base.quiet_pair AS quiet ON quiet.old_doc = step.old_doc AND quiet.new_doc = step.new_doc
    UNION ALL
    SELECT model, place, NULL, 'gating', NULL, 'gated', 'changed', old, new, false, false FROM base.gate_change
),
-- Between which commits a harvested change lies, where history knows both.
between_commits AS (
    SELECT changed.*, origin.number AS from_number, noticed.number AS to_number
    FROM changed
    LEFT JOIN base.past_place AS noticed ON noticed.model = changed.model AND noticed.place = changed.place
    LEFT JOIN base.past_place AS origin ON origin.model = changed.model AND origin.place = changed.since
        AND origin.number <= noticed.number
),
harvested AS (
    SELECT found.* FROM between_commits AS found
    LEFT JOIN base.chain AS chain ON chain.model = found.model
    LEFT JOIN (SELECT DISTINCT model, path FROM base.past_doc) AS document
        ON document.model = found.model AND document.path = found.path
    WHERE found.to_number IS NULL OR NOT CASE
        -- Main was rewritten: what the new line of commits tells as well is left out, all else is known from here alone.
        WHEN found.from_number IS NULL THEN found.told
        WHEN found.kind IN ('config', 'label') THEN document.path IS NOT NULL
        WHEN found.kind = 'file' THEN chain.whole
        ELSE EXISTS (
            SELECT 1 FROM base.past_said_change AS told
            WHERE told.model = found.model AND told.field = found.field
                AND told.number > found.from_number AND told.number <= found.to_number
        ) END
),
committed AS (
    SELECT step.model, step.number, step.since, 'config' AS kind, step.path, change.field, change.change, change.old,
        change.new, change.noise
    FROM base.past_doc_step AS step JOIN base.field_change AS change USING (old_doc, new_doc)
    UNION ALL
    SELECT step.model, step.number, step.since, 'label', step.path, change.field, change.change, change.old, change.new,
        change.noise
    FROM base.past_doc_step AS step JOIN base.map_change AS change USING (old_doc, new_doc) WHERE change.kind = 'label'
    UNION ALL
    SELECT model, number, since, kind, NULL, field,
        CASE WHEN old IS NULL THEN 'added' WHEN new IS NULL THEN 'removed' ELSE 'changed' END, old, new, false
    FROM base.past_said_change
    UNION ALL
    SELECT change.model, change.number, change.since, 'file', change.path, change.field, change.change, change.old,
        change.new, quiet.old_doc IS NOT NULL
    FROM base.past_file_change AS change
    LEFT JOIN base.past_doc_step AS step ON step.model = change.model AND step.path = change.path
        AND step.number = change.number AND change.change = 'changed'
    LEFT JOIN base.quiet_pair AS quiet ON quiet.old_doc = step.old_doc AND quiet.new_doc = step.new_doc
    UNION ALL
    SELECT model, number, since, 'file', NULL, 'weight_format', 'changed', old, new, false FROM base.past_format_change
)
SELECT key.hub_id, name.repo_id, run.listed_at AS changed_at,
    coalesce(origin.sha, before.sha, name.sha) AS from_sha, name.sha AS to_sha, changed.kind, changed.path, changed.field,
    changed.change, changed.old, changed.new, changed.noise,
    list_filter([
        CASE WHEN announced.card AND changed.path IS DISTINCT FROM 'README.md' THEN 'card_body' END,
        CASE WHEN announced.tag THEN 'tag' END,
        CASE WHEN announced.name THEN 'name' END,
        CASE WHEN announced.new_version THEN 'new_version' END
    ], lambda word: word IS NOT NULL) AS announced_by,
    'harvest' AS source
FROM harvested AS changed
JOIN base.model_key AS key ON key.model = changed.model
JOIN base.run AS run ON run.run = changed.place
JOIN base.name AS name ON name.model = changed.model AND changed.place >= name.from_run AND changed.place < name.to_run
LEFT JOIN base.name AS origin ON origin.model = changed.model AND origin.from_run = changed.since
LEFT JOIN base.name AS before ON before.model = changed.model AND before.to_run = changed.place AND changed.since IS NULL
LEFT JOIN base.announced AS announced ON announced.model = changed.model AND announced.place = changed.place
UNION ALL
SELECT key.hub_id, name.repo_id, past.committed_at, origin.commit, past.commit, changed.kind, changed.path, changed.field,
    changed.change, changed.old, changed.new, changed.noise,
    list_filter([
        CASE WHEN announced.card AND changed.path IS DISTINCT FROM 'README.md' THEN 'card_body' END,
        CASE WHEN announced.tag THEN 'tag' END,
        CASE WHEN announced.new_version THEN 'new_version' END
    ], lambda word: word IS NOT NULL),
    'git'
FROM committed AS changed
JOIN base.model_key AS key ON key.model = changed.model
JOIN base.name AS name ON name.model = changed.model AND name.to_run = 2147483647
JOIN base.past AS past ON past.model = changed.model AND past.number = changed.number
LEFT JOIN base.past AS origin ON origin.model = changed.model AND origin.number = changed.since
LEFT JOIN base.past_announced AS announced ON announced.model = changed.model AND announced.number = changed.number;
