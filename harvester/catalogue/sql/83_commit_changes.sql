-- What changed from commit to commit, of the models whose history was read.
-- Files: what a commit did, but for the oldest, which made the first of everything.
CREATE TABLE base.commit_file_change AS
WITH first_commit AS (SELECT model, min(number) AS number FROM base.commit WHERE on_main GROUP BY model),
with_previous AS (
    SELECT model, path, number, present, coalesce(sha256, oid) AS content, lag(present) OVER versions AS present_before,
        lag(coalesce(sha256, oid)) OVER versions AS before, lag(number) OVER versions AS since
    FROM base.file_version SEMI JOIN (SELECT model FROM base.chain WHERE whole) AS whole USING (model)
    WINDOW versions AS (PARTITION BY model, path ORDER BY number)
),
main AS (
    SELECT model, number, lag(number) OVER (PARTITION BY model ORDER BY number) AS previous FROM base.commit WHERE on_main
)
SELECT version.model, version.number, CASE WHEN version.present_before THEN version.since ELSE main.previous END AS since,
    version.path, CASE WHEN version.present AND version.present_before THEN 'content' END AS field,
    CASE WHEN NOT version.present THEN 'removed' WHEN version.present_before THEN 'changed' ELSE 'added' END AS change,
    CASE WHEN version.present_before THEN lower(hex(version.before)) END AS old,
    CASE WHEN version.present THEN lower(hex(version.content)) END AS new
FROM with_previous AS version
JOIN main ON main.model = version.model AND main.number = version.number
JOIN first_commit ON first_commit.model = version.model
WHERE version.number > first_commit.number
    AND (version.present OR version.present_before)
    AND NOT (version.present AND coalesce(version.present_before, false) AND version.content IS NOT DISTINCT FROM version.before);

-- The formats of all weight files after each commit that added or removed some.
CREATE TABLE base.commit_format_change AS
WITH moved AS (
    SELECT model, number, format, CASE WHEN present THEN 1 ELSE -1 END AS files
    FROM (
        SELECT *, lag(present) OVER (PARTITION BY model, path ORDER BY number) AS present_before FROM base.file_version
        WHERE role = 'weights' AND format IS NOT NULL
    )
    SEMI JOIN (SELECT model FROM base.chain WHERE whole) AS whole USING (model)
    WHERE present IS DISTINCT FROM coalesce(present_before, false)
),
held AS (
    SELECT model, format, number, sum(sum(files)) OVER (PARTITION BY model, format ORDER BY number) AS files
    FROM moved GROUP BY model, format, number
),
requested AS (
    SELECT places.model, places.number, formats.format
    FROM (SELECT DISTINCT model, number FROM moved) AS places
    JOIN (SELECT DISTINCT model, format FROM moved) AS formats USING (model)
),
after AS (
    SELECT requested.model, requested.number, array_to_string(list(requested.format ORDER BY requested.format), ', ') AS formats
    FROM requested ASOF JOIN held
        ON held.model = requested.model AND held.format = requested.format AND held.number <= requested.number
    WHERE held.files > 0 GROUP BY requested.model, requested.number
),
every AS (
    SELECT places.model, places.number, after.formats
    FROM (SELECT DISTINCT model, number FROM moved) AS places LEFT JOIN after USING (model, number)
),
with_previous AS (
    SELECT model, number, formats, lag(formats) OVER steps AS before, lag(number) OVER steps AS since
    FROM every WINDOW steps AS (PARTITION BY model ORDER BY number)
)
SELECT model, number, since, before AS old, formats AS new FROM with_previous
WHERE before IS NOT NULL AND formats IS NOT NULL AND formats <> before;

-- The versions of the card that could be read: what its front matter says, and a digest of its text.
CREATE TABLE base.card_version AS
WITH held AS (
    SELECT file.model, file.number, file.oid FROM base.file_version AS file WHERE file.path = 'README.md' AND file.present
),
bodies AS (
    SELECT oid, any_value({{card_text}}) AS body
    FROM lake_documents SEMI JOIN (SELECT DISTINCT oid FROM held) AS cards USING (oid) GROUP BY oid
)
SELECT held.model, held.number, bodies.body, card.license, list_sort(card.base_models) AS base_models,
    card.base_model_relation, card.pipeline_tag, card.library_name, card.new_version,
    CASE WHEN json_valid(card.front_matter) THEN json_extract(card.front_matter, '$.tags')::VARCHAR END AS tags
FROM held
JOIN base.card AS card ON card.oid = held.oid AND card.kind = 'card'
LEFT JOIN bodies ON bodies.oid = held.oid
WHERE card.status IN ('ok', 'lenient', 'absent')
ORDER BY held.model, held.number;

CREATE TABLE base.card_change AS
WITH values_stated AS (
    SELECT model, number, 'license' AS kind, 'license' AS field, license AS value FROM base.card_version
    UNION ALL
    SELECT model, number, 'lineage', 'base_model', nullif(array_to_string(base_models, ', '), '') FROM base.card_version
    UNION ALL
    SELECT model, number, 'lineage', 'base_model_relation', base_model_relation FROM base.card_version
    UNION ALL
    SELECT model, number, 'card', 'pipeline_tag', pipeline_tag FROM base.card_version
    UNION ALL
    SELECT model, number, 'card', 'library_name', library_name FROM base.card_version
),
with_previous AS (
    SELECT *, row_number() OVER steps AS place, lag(value) OVER steps AS before
    FROM values_stated WINDOW steps AS (PARTITION BY model, field ORDER BY number)
),
starts AS (
    SELECT *, lag(number) OVER (PARTITION BY model, field ORDER BY number) AS since
    FROM with_previous WHERE place = 1 OR value IS DISTINCT FROM before
)
SELECT model, number, since, kind, field, before AS old, value AS new FROM starts WHERE place > 1;

-- What went along with a commit. A first card may be front matter and nothing else.
CREATE TABLE base.commit_announcement AS
WITH with_previous AS (
    SELECT model, number, body, tags, new_version, row_number() OVER steps > 1 AS later,
        lag(body) OVER steps AS body_before, lag(tags) OVER steps AS tags_before,
        lag(new_version) OVER steps AS version_before
    FROM base.card_version WINDOW steps AS (PARTITION BY model ORDER BY number)
)
SELECT model, number,
    CASE WHEN later THEN coalesce(body <> body_before, false) ELSE coalesce(body <> md5(''), false) END AS card,
    later AND tags IS DISTINCT FROM tags_before AS tag,
    new_version IS NOT NULL AND new_version IS DISTINCT FROM version_before AS new_version
FROM with_previous;

-- Which harvested heads are commits of the history: it contains all changes between two of them.
CREATE TABLE base.revision_commit AS
SELECT revision.model, revision.place, commits.number
FROM base.revision AS revision
JOIN base.commit AS commits ON commits.model = revision.model AND commits.commit = revision.sha AND commits.on_main;
