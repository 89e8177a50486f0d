-- What `harvester browse` searches: a narrow row per live model, most downloaded first, so that the first page of most
-- searches is read from the top of the table.
CREATE TABLE base.search AS
WITH weighed AS (
    SELECT model, list_sort(list(DISTINCT format)) AS formats, bool_or(unsafe) AS unsafe
    FROM base.file WHERE role IN ('weights', 'framework_export') GROUP BY model
)
SELECT
    (row_number() OVER (
        ORDER BY current.downloads DESC NULLS LAST, current.likes DESC NULLS LAST, model.repo_id
    ))::INTEGER - 1 AS place,
    model.model, model.hub_id, lower(model.repo_id) AS name, current.downloads, current.likes, model.created_at,
    model.last_modified, model.total_size, model.pipeline_tag AS task, model.library_name AS library, model.license,
    model.architecture, model.parameters, coalesce(model.context_length_effective, model.context_length) AS context,
    model.languages, weighed.formats, current.gated, reused.reusable,
    CASE WHEN weighed.model IS NOT NULL THEN NOT coalesce(weighed.unsafe, false) AND NOT coalesce(reused.needs_remote_code, false)
        END AS safe
FROM base.model AS model
JOIN base.current AS current ON current.model = model.model
LEFT JOIN weighed ON weighed.model = model.model
LEFT JOIN reuse AS reused ON reused.hub_id = model.hub_id
ORDER BY place;

-- Which models (by place in base.search) have a tag, in lower case.
CREATE TABLE base.search_tag AS
SELECT used.tag, list(search.place) AS places
FROM (
    SELECT model, unnest(list_distinct(list_transform(tags, lambda tag: lower(tag)))) AS tag FROM base.model
) AS used
JOIN base.search AS search USING (model)
GROUP BY used.tag ORDER BY used.tag;

-- Weight files that several models contain: a digest of their SHA-256, and where they are.
CREATE TABLE base.search_copy AS
WITH held AS (
    SELECT hash(sha256) AS content, model, path FROM base.file WHERE role = 'weights' AND sha256 IS NOT NULL
),
shared AS (SELECT content FROM held GROUP BY content HAVING min(model) <> max(model))
SELECT held.content, held.model, held.path FROM held SEMI JOIN shared USING (content) ORDER BY held.model, held.path;

-- Names that models have or had, by a digest: finding one reads a few rows.
CREATE TABLE base.search_name AS
SELECT hash(lower(named.repo_id)) AS digest, named.repo_id, key.hub_id
FROM base.name_history AS named JOIN base.model_key AS key USING (model) ORDER BY digest;
