-- What was announced with a change, so that it can be distinguished from a silent one.
-- The card at a head: its blob and size, the digest of its text where it was read, and what the Hub parsed of it.
CREATE TABLE base.card_revision AS
WITH heads AS (
    SELECT revision.model, revision.place, key.hub_id, revision.sha
    FROM base.revision AS revision JOIN base.model_key AS key USING (model)
),
blobs AS (
    SELECT hub_id, sha, oid, NULL::BIGINT AS size FROM lake_refs WHERE path = 'README.md'
    UNION ALL
    SELECT hub_id, sha, oid, size FROM lake_files WHERE path = 'README.md' AND oid IS NOT NULL
),
held AS (
    SELECT heads.model, heads.place, any_value(blobs.oid) AS oid, max(blobs.size) AS size
    FROM heads JOIN blobs USING (hub_id, sha) GROUP BY heads.model, heads.place
),
parsed AS (
    SELECT heads.model, heads.place, max(length(manifests.card_data)) AS front, md5(max(manifests.card_data)) AS front_digest,
        max(CASE WHEN json_valid(manifests.card_data) THEN json_extract_string(manifests.card_data, '$.new_version') END)
            AS new_version
    FROM heads JOIN lake_manifests AS manifests USING (hub_id, sha) GROUP BY heads.model, heads.place
),
bodies AS (
    SELECT oid, any_value({{card_text}}) AS body
    FROM lake_documents SEMI JOIN (SELECT DISTINCT oid FROM held) AS cards USING (oid) GROUP BY oid
)
SELECT model, place, held.oid, held.size, bodies.body, parsed.front, parsed.front_digest, parsed.new_version
FROM held LEFT JOIN parsed USING (model, place) LEFT JOIN bodies ON bodies.oid = held.oid
ORDER BY model, place;

-- The text of a card that was not read is taken for changed where its front matter stayed the same, or where the size of
-- the two together moved by over 16 bytes more or less than the front matter did (JSON and YAML differ by some 5 bytes a key).
CREATE TABLE base.announcement AS
WITH cards AS (
    SELECT model, place, CASE
            WHEN lag(oid) OVER steps IS NULL OR oid = lag(oid) OVER steps THEN false
            WHEN body IS NOT NULL AND lag(body) OVER steps IS NOT NULL THEN body <> lag(body) OVER steps
            WHEN front_digest IS NOT DISTINCT FROM lag(front_digest) OVER steps THEN true
            ELSE abs((size - lag(size) OVER steps) - (coalesce(front, 0) - coalesce(lag(front) OVER steps, 0))) > 16
        END AS reworded,
        lag(oid) OVER steps IS NOT NULL AND new_version IS NOT NULL
            AND new_version IS DISTINCT FROM lag(new_version) OVER steps AS succeeded, new_version IS NOT NULL AS successor,
        -- A first card may be front matter and nothing else.
        coalesce(body <> md5(''), size - coalesce(front, 0) > 16) AS worded
    FROM base.card_revision WINDOW steps AS (PARTITION BY model ORDER BY place)
),
first_cards AS (SELECT DISTINCT model, place FROM base.file_change WHERE path = 'README.md' AND change = 'added'),
tags AS (
    SELECT model, place, row_number() OVER steps > 1 AND own_tags IS DISTINCT FROM lag(own_tags) OVER steps AS changed
    FROM base.revision_fact WHERE tagged WINDOW steps AS (PARTITION BY model ORDER BY place)
),
names AS (
    SELECT model, place, repo_id <> lag(repo_id) OVER (PARTITION BY model ORDER BY place) AS changed FROM base.revision
)
SELECT names.model, names.place, coalesce(cards.reworded OR (first_cards.model IS NOT NULL AND cards.worded), false) AS card,
    coalesce(tags.changed, false) AS tag, coalesce(names.changed, false) AS name,
    coalesce(cards.succeeded OR (first_cards.model IS NOT NULL AND cards.successor), false) AS new_version
FROM names
LEFT JOIN cards USING (model, place) LEFT JOIN first_cards USING (model, place) LEFT JOIN tags USING (model, place)
ORDER BY names.model, names.place;
