-- Files compared between neighbouring manifests; by name alone for models of which no manifest was ever read.
CREATE TABLE base.compared_manifest AS
WITH read AS (SELECT hub_id, sha, max(source) AS source FROM lake_manifests GROUP BY hub_id, sha),
heads AS (
    SELECT revision.model, key.hub_id, revision.place, revision.sha, coalesce(read.source, 'listing') AS source
    FROM base.revision AS revision
    JOIN base.model_key AS key ON key.model = revision.model
    LEFT JOIN read ON read.hub_id = key.hub_id AND read.sha = revision.sha
),
named AS (
    SELECT DISTINCT files.hub_id, files.sha FROM lake_files AS files SEMI JOIN heads USING (hub_id, sha)
    WHERE files.source = 'listing'
),
compared AS (
    SELECT heads.model, heads.hub_id, heads.place, heads.sha, heads.source FROM heads
    ANTI JOIN (SELECT DISTINCT model FROM heads WHERE source <> 'listing') AS known USING (model)
    SEMI JOIN named USING (hub_id, sha)
    UNION ALL
    SELECT heads.model, heads.hub_id, heads.place, heads.sha, heads.source FROM heads WHERE heads.source <> 'listing'
),
first_of_sha AS (
    SELECT * FROM compared QUALIFY sha IS DISTINCT FROM lag(sha) OVER (PARTITION BY model ORDER BY place)
)
SELECT model, hub_id, place, sha, source, row_number() OVER trees AS number, lag(place) OVER trees AS previous,
    lead(place) OVER trees AS next
FROM first_of_sha
WINDOW trees AS (PARTITION BY model ORDER BY place)
QUALIFY count(*) OVER (PARTITION BY model) > 1;

CREATE TABLE base.compared_file AS
SELECT tree.model, tree.number, files.path, any_value(coalesce(files.sha256, files.oid)) AS content,
    any_value(files.role) AS role, any_value(files.format) AS format
FROM lake_files AS files
JOIN base.compared_manifest AS tree ON tree.hub_id = files.hub_id AND tree.sha = files.sha AND tree.source = files.source
GROUP BY tree.model, tree.number, files.path;

CREATE TABLE base.file_change AS
WITH with_previous AS (
    SELECT model, number, path, content, lag(number) OVER versions AS before, lead(number) OVER versions AS after,
        lag(content) OVER versions AS content_before
    FROM base.compared_file WINDOW versions AS (PARTITION BY model, path ORDER BY number)
),
versions AS (
    SELECT *, before = number - 1 AND (content = content_before OR content IS NULL OR content_before IS NULL) AS same
    FROM with_previous
),
-- The first manifest that held the version which ends here.
since AS (
    SELECT *, max(CASE WHEN same THEN NULL ELSE number END)
            OVER (PARTITION BY model, path ORDER BY number ROWS UNBOUNDED PRECEDING) AS first_number
    FROM versions
),
ended AS (
    SELECT *, lag(first_number) OVER (PARTITION BY model, path ORDER BY number) AS first_before FROM since
),
weights AS (
    SELECT model, number, array_to_string(list_sort(list_distinct(list(format))), ', ') AS formats
    FROM base.compared_file WHERE role = 'weights' AND format IS NOT NULL GROUP BY model, number
),
found AS (
    SELECT model, number, number - 1 AS since, path, NULL AS field, 'added' AS change, NULL::BLOB AS old, content AS new
    FROM ended WHERE number > 1 AND (before IS NULL OR before < number - 1)
    UNION ALL
    SELECT model, number, first_before, path, 'content', 'changed', content_before, content
    FROM ended WHERE before = number - 1 AND NOT same
    UNION ALL
    SELECT model, number + 1, first_number, path, NULL, 'removed', content, NULL
    FROM ended WHERE after IS NULL OR after > number + 1
)
SELECT found.model, tree.place, origin.place AS since, found.path, found.field, found.change,
    lower(hex(found.old)) AS old, lower(hex(found.new)) AS new
FROM found
JOIN base.compared_manifest AS tree ON tree.model = found.model AND tree.number = found.number
JOIN base.compared_manifest AS origin ON origin.model = found.model AND origin.number = found.since
UNION ALL
SELECT tree.model, tree.place, tree.previous, NULL, 'weight_format', 'changed', old.formats, new.formats
FROM base.compared_manifest AS tree
JOIN weights AS new ON new.model = tree.model AND new.number = tree.number
JOIN weights AS old ON old.model = tree.model AND old.number = tree.number - 1
WHERE old.formats <> new.formats
ORDER BY ALL;

DROP TABLE base.compared_file;
