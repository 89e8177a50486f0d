-- What changed from commit to commit, of the models whose history was read.
-- Files: what a commit did, but for the oldest, which made the first of everything.
CREATE TABLE base.past_file_change AS
WITH first_commit AS (SELECT model, min(number) AS number FROM base.past WHERE on_main GROUP BY model),
beside AS (
    SELECT model, path, number, present, coalesce(sha256, oid) AS content, lag(present) OVER versions AS present_before,
        lag(coalesce(sha256, oid)) OVER versions AS before, lag(number) OVER versions AS since
    FROM base.past_file SEMI JOIN (SELECT model FROM base.chain WHERE whole) AS whole USING (model)
    WINDOW versions AS (PARTITION BY model, path ORDER BY number)
),
main AS (
    SELECT model, number, lag(number) OVER (PARTITION BY model ORDER BY number) AS previous FROM base.past WHERE on_main
)
SELECT beside.model, beside.number, CASE WHEN beside.present_before THEN beside.since ELSE main.previous END AS since,
    beside.path, CASE WHEN beside.present AND beside.present_before THEN 'content' END AS field,
    CASE WHEN NOT beside.present THEN 'removed' WHEN beside.present_before THEN 'changed' ELSE 'added' END AS change,
    CASE WHEN beside.present_before THEN lower(hex(beside.before)) END AS old,
    CASE WHEN beside.present THEN lower(hex(beside.content)) END AS new
FROM beside
JOIN main ON main.model = beside.model AND main.number = beside.number
JOIN first_commit ON first_commit.model = beside.model
WHERE beside.number > first_commit.number
    AND (beside.present OR beside.present_before)
    AND NOT (beside.present AND coalesce(beside.present_before, false) AND beside.content IS NOT DISTINCT FROM beside.before);

-- The formats of all weight files after each commit that brought or removed some.
CREATE TABLE base.past_format_change AS
WITH moved AS (
    SELECT model, number, format, CASE WHEN present THEN 1 ELSE -1 END AS files
    FROM (
        SELECT *, lag(present) OVER (PARTITION BY model, path ORDER BY number) AS present_before FROM base.past_file
        WHERE role = 'weights' AND format IS NOT NULL
    )
    SEMI JOIN (SELECT model FROM base.chain WHERE whole) AS whole USING (model)
    WHERE present IS DISTINCT FROM coalesce(present_before, false)
),
held AS (
    SELECT model, format, number, sum(sum(files)) OVER (PARTITION BY model, format ORDER BY number) AS files
    FROM moved GROUP BY model, format, number
),
asked AS (
    SELECT places.model, places.number, formats.format
    FROM (SELECT DISTINCT model, number FROM moved) AS places
    JOIN (SELECT DISTINCT model, format FROM moved) AS formats USING (model)
),
after AS (
    SELECT asked.model, asked.number, array_to_string(list(asked.format ORDER BY asked.format), ', ') AS formats
    FROM asked ASOF JOIN held
        ON held.model = asked.model AND held.format = asked.format AND held.number <= asked.number
    WHERE held.files > 0 GROUP BY asked.model, asked.number
),
every AS (
    SELECT places.model, places.number, after.formats
    FROM (SELECT DISTINCT model, number FROM moved) AS places LEFT JOIN after USING (model, number)
),
beside AS (
    SELECT model, number, formats, lag(formats) OVER steps AS before, lag(number) OVER steps AS since
    FROM every WINDOW steps AS (PARTITION BY model ORDER BY number)
)
SELECT model, number, since, before AS old, formats AS new FROM beside
WHERE before IS NOT NULL AND formats IS NOT NULL AND formats <> before;

-- The versions of the card that could be read: what its front matter says, and a digest of its text.
CREATE TABLE base.past_card AS
WITH held AS (
    SELECT file.model, file.number, file.oid FROM base.past_file AS file WHERE file.path = 'README.md' AND file.present
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

CREATE TABLE base.past_said_change AS
WITH things AS (
    SELECT model, number, 'license' AS kind, 'license' AS field, license AS value FROM base.past_card
    UNION ALL
    SELECT model, number, 'lineage', 'base_model', nullif(array_to_string(base_models, ', '), '') FROM base.past_card
    UNION ALL
    SELECT model, number, 'lineage', 'base_model_relation', base_model_relation FROM base.past_card
    UNION ALL
    SELECT model, number, 'card', 'pipeline_tag', pipeline_tag FROM base.past_card
    UNION ALL
    SELECT model, number, 'card', 'library_name', library_name FROM base.past_card
),
beside AS (
    SELECT *, row_number() OVER steps AS place, lag(value) OVER steps AS before
    FROM things WINDOW steps AS (PARTITION BY model, field ORDER BY number)
),
starts AS (
    SELECT *, lag(number) OVER (PARTITION BY model, field ORDER BY number) AS since
    FROM beside WHERE place = 1 OR value IS DISTINCT FROM before
)
SELECT model, number, since, kind, field, before AS old, value AS new FROM starts WHERE place > 1;

-- What went along with a commit. A first card may be front matter and nothing else.
CREATE TABLE base.past_announced AS
WITH beside AS (
    SELECT model, number, body, tags, new_version, row_number() OVER steps > 1 AS later,
        lag(body) OVER steps AS body_before, lag(tags) OVER steps AS tags_before,
        lag(new_version) OVER steps AS version_before
    FROM base.past_card WINDOW steps AS (PARTITION BY model ORDER BY number)
)
SELECT model, number,
    CASE WHEN later THEN coalesce(body <> body_before, false) ELSE coalesce(body <> md5(''), false) END AS card,
    later AND tags IS DISTINCT FROM tags_before AS tag,
    new_version IS NOT NULL AND new_version IS DISTINCT FROM version_before AS new_version
FROM beside;

-- Which harvested heads are commits that history tells of: it knows all that lies between two of them.
CREATE TABLE base.past_place AS
SELECT revision.model, revision.place, past.number
FROM base.revision AS revision
JOIN base.past AS past ON past.model = revision.model AND past.commit = revision.sha AND past.on_main;
