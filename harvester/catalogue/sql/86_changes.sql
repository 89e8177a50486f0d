-- Every change as one row. Commits supersede the interval between two harvests that they cover.
CREATE VIEW changes AS
WITH doc_step AS (
    SELECT step.*, commits.model IS NOT NULL AS in_history
    FROM base.doc_step AS step
    LEFT JOIN (SELECT DISTINCT model, path, old_doc, new_doc FROM base.document_version_step) AS commits
        ON commits.model = step.model AND commits.path = step.path AND commits.old_doc = step.old_doc AND commits.new_doc = step.new_doc
),
changed AS (
    SELECT step.model, step.place, step.since, 'config' AS kind, step.path, change.field, change.change, change.old,
        change.new, change.noise, step.in_history
    FROM doc_step AS step JOIN base.field_change AS change USING (old_doc, new_doc)
    UNION ALL
    SELECT step.model, step.place, step.since, 'label', step.path, change.field, change.change, change.old, change.new,
        change.noise, step.in_history
    FROM doc_step AS step JOIN base.map_change AS change USING (old_doc, new_doc) WHERE change.kind = 'label'
    UNION ALL
    SELECT model, place, since, kind, NULL, field,
        CASE WHEN old IS NULL THEN 'added' WHEN new IS NULL THEN 'removed' ELSE 'changed' END, old, new, false, false
    FROM base.fact_change
    UNION ALL
    SELECT change.model, change.place, change.since, 'file', change.path, change.field, change.change, change.old,
        change.new, quiet.old_doc IS NOT NULL, commits.model IS NOT NULL
    FROM base.file_change AS change
    LEFT JOIN (SELECT DISTINCT model, path, old, new FROM base.commit_file_change) AS commits
        ON commits.model = change.model AND commits.path = change.path AND commits.old IS NOT DISTINCT FROM change.old
        AND commits.new IS NOT DISTINCT FROM change.new
    LEFT JOIN base.doc_step AS step ON step.model = change.model AND step.path = change.path AND step.place = change.place
        AND change.change = 'changed'
    LEFT JOIN base.noise_pair AS quiet ON quiet.old_doc = step.old_doc AND quiet.new_doc = step.new_doc
    UNION ALL
    SELECT model, place, NULL, 'gating', NULL, 'gated', 'changed', old, new, false, false FROM base.gate_change
),
-- The commits between which a harvested change happened, where history has both.
between_commits AS (
    SELECT changed.*, origin.number AS from_number, noticed.number AS to_number
    FROM changed
    LEFT JOIN base.revision_commit AS noticed ON noticed.model = changed.model AND noticed.place = changed.place
    LEFT JOIN base.revision_commit AS origin ON origin.model = changed.model AND origin.place = changed.since
        AND origin.number <= noticed.number
),
harvested AS (
    SELECT found.* FROM between_commits AS found
    LEFT JOIN base.chain AS chain ON chain.model = found.model
    LEFT JOIN (SELECT DISTINCT model, path FROM base.document_version) AS document
        ON document.model = found.model AND document.path = found.path
    WHERE found.to_number IS NULL OR NOT CASE
        -- Main was rewritten: what the new line of commits has too is left out, all else is known only from here.
        WHEN found.from_number IS NULL THEN found.in_history
        WHEN found.kind IN ('config', 'label') THEN document.path IS NOT NULL
        WHEN found.kind = 'file' THEN chain.whole
        ELSE EXISTS (
            SELECT 1 FROM base.card_change AS reported
            WHERE reported.model = found.model AND reported.field = found.field
                AND reported.number > found.from_number AND reported.number <= found.to_number
        ) END
),
committed AS (
    SELECT step.model, step.number, step.since, 'config' AS kind, step.path, change.field, change.change, change.old,
        change.new, change.noise
    FROM base.document_version_step AS step JOIN base.field_change AS change USING (old_doc, new_doc)
    UNION ALL
    SELECT step.model, step.number, step.since, 'label', step.path, change.field, change.change, change.old, change.new,
        change.noise
    FROM base.document_version_step AS step JOIN base.map_change AS change USING (old_doc, new_doc) WHERE change.kind = 'label'
    UNION ALL
    SELECT model, number, since, kind, NULL, field,
        CASE WHEN old IS NULL THEN 'added' WHEN new IS NULL THEN 'removed' ELSE 'changed' END, old, new, false
    FROM base.card_change
    UNION ALL
    SELECT change.model, change.number, change.since, 'file', change.path, change.field, change.change, change.old,
        change.new, quiet.old_doc IS NOT NULL
    FROM base.commit_file_change AS change
    LEFT JOIN base.document_version_step AS step ON step.model = change.model AND step.path = change.path
        AND step.number = change.number AND change.change = 'changed'
    LEFT JOIN base.noise_pair AS quiet ON quiet.old_doc = step.old_doc AND quiet.new_doc = step.new_doc
    UNION ALL
    SELECT model, number, since, 'file', NULL, 'weight_format', 'changed', old, new, false FROM base.commit_format_change
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
-- Both are narrow: few models ever change.
LEFT JOIN base.revision AS origin ON origin.model = changed.model AND origin.place = changed.since
LEFT JOIN (SELECT model, to_run, sha FROM base.name WHERE to_run <> 2147483647) AS before
    ON before.model = changed.model AND before.to_run = changed.place AND changed.since IS NULL
LEFT JOIN base.announcement AS announced ON announced.model = changed.model AND announced.place = changed.place
UNION ALL
SELECT key.hub_id, name.repo_id, commits.committed_at, origin.commit, commits.commit, changed.kind, changed.path, changed.field,
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
JOIN base.commit AS commits ON commits.model = changed.model AND commits.number = changed.number
LEFT JOIN base.commit AS origin ON origin.model = changed.model AND origin.number = changed.since
LEFT JOIN base.commit_announcement AS announced ON announced.model = changed.model AND announced.number = changed.number;
