-- Where sources disagree: one row a disagreement, the more trusted source on the left.
CREATE TABLE base.model_type AS
SELECT DISTINCT model_type FROM base.doc WHERE kind = 'config' AND length(model_type) BETWEEN 2 AND 64;

CREATE VIEW conflicts AS
WITH license_order(source, place) AS (VALUES ('tag', 1), ('card', 2), ('file', 3), ('weights', 4)),
license_said AS (
    SELECT licenses.hub_id, licenses.repo_id, licenses.source, license_order.place,
        list_sort(list(DISTINCT licenses.license)) AS held
    FROM licenses JOIN license_order USING (source) GROUP BY ALL
),
lineage_order(source, place) AS (
    VALUES ('hub', 1), ('tag', 2), ('card', 3), ('adapter_config', 4), ('name_or_path', 5)
),
-- A parent under an old and under its new name is one parent; a path on a disk contradicts nothing.
lineage_said AS (
    SELECT lineage.child_hub_id AS hub_id, lineage.child AS repo_id, lineage.source, lineage_order.place,
        list_sort(list(DISTINCT lineage.parent)) AS held,
        list_sort(list(DISTINCT coalesce(lineage.parent_hub_id, lower(lineage.parent)))) AS meant
    FROM lineage JOIN lineage_order USING (source) WHERE lineage.parent_kind = 'repo' GROUP BY ALL
),
relation_said AS (
    SELECT lineage.child_hub_id AS hub_id, lineage.child AS repo_id, lineage.source, lineage_order.place,
        lineage.parent, lineage.relation
    FROM lineage JOIN lineage_order USING (source)
    WHERE lineage.relation <> 'unknown' AND lineage.parent_kind = 'repo'
),
count_said AS (
    SELECT hub_id, repo_id, 'header' AS source, 1 AS place, parameters_header AS held FROM models
    UNION ALL SELECT hub_id, repo_id, 'hub', 2, parameters_hub FROM models
    UNION ALL SELECT hub_id, repo_id, 'config', 3, parameters_estimated FROM models
),
disagreed AS (
    SELECT one.hub_id, one.repo_id, 'license' AS kind, array_to_string(one.held, ', ') AS left_value,
        one.source AS left_source, array_to_string(other.held, ', ') AS right_value, other.source AS right_source
    FROM license_said AS one JOIN license_said AS other ON other.hub_id = one.hub_id AND other.place > one.place
    WHERE one.held <> other.held
    UNION ALL
    SELECT one.hub_id, one.repo_id, 'base_model', array_to_string(one.held, ', '), one.source,
        array_to_string(other.held, ', '), other.source
    FROM lineage_said AS one JOIN lineage_said AS other ON other.hub_id = one.hub_id AND other.place > one.place
    WHERE one.meant <> other.meant
    UNION ALL
    SELECT one.hub_id, one.repo_id, 'relation', one.relation || ' of ' || one.parent, one.source,
        other.relation || ' of ' || other.parent, other.source
    FROM relation_said AS one JOIN relation_said AS other
        ON other.hub_id = one.hub_id AND other.place > one.place AND lower(other.parent) = lower(one.parent)
    WHERE one.relation <> other.relation
    UNION ALL
    -- The config's estimate is one: it contradicts only where it is a tenth off.
    SELECT one.hub_id, one.repo_id, 'parameters', one.held::VARCHAR, one.source, other.held::VARCHAR, other.source
    FROM count_said AS one JOIN count_said AS other ON other.hub_id = one.hub_id AND other.place > one.place
    WHERE abs(one.held - other.held) > CASE WHEN other.source = 'config' THEN one.held / 10 ELSE 0 END
    UNION ALL
    SELECT models.hub_id, models.repo_id, 'architecture', models.model_type, 'config',
        string_agg(DISTINCT weights.architecture, ', ' ORDER BY weights.architecture), 'weights'
    FROM models JOIN weights ON weights.hub_id = models.hub_id
    WHERE weights.format = 'gguf' AND models.model_type IS NOT NULL AND weights.architecture IS NOT NULL
        AND weights.architecture NOT IN ('clip', 'mmproj')
    GROUP BY models.hub_id, models.repo_id, models.model_type
    HAVING NOT bool_or(
        starts_with(
            regexp_replace(lower(models.model_type), '[^a-z0-9]', '', 'g'),
            regexp_replace(lower(weights.architecture), '[^a-z0-9]', '', 'g')
        ) OR starts_with(
            regexp_replace(lower(weights.architecture), '[^a-z0-9]', '', 'g'),
            regexp_replace(lower(models.model_type), '[^a-z0-9]', '', 'g')
        ))
    UNION ALL
    -- Only tags that are some model's type can contradict one.
    SELECT tagged.hub_id, tagged.repo_id, 'model_type', tagged.model_type, 'config',
        string_agg(DISTINCT tagged.tag, ', ' ORDER BY tagged.tag), 'tag'
    FROM (
        SELECT hub_id, repo_id, model_type, unnest(tags) AS tag FROM models
        WHERE model_type IS NOT NULL AND NOT list_contains(tags, model_type)
    ) AS tagged
    SEMI JOIN base.model_type AS known ON known.model_type = tagged.tag
    GROUP BY tagged.hub_id, tagged.repo_id, tagged.model_type
    UNION ALL
    -- Plain files may be accounted or not; more than all files means that older revisions take room.
    SELECT models.hub_id, models.repo_id, 'total_size', models.total_size::VARCHAR, 'files',
        models.used_storage::VARCHAR, 'hub'
    FROM models
    JOIN base.model_key AS key ON key.hub_id = models.hub_id
    JOIN base.sign AS sign ON sign.model = key.model
    WHERE models.manifest_sha = models.sha
        AND models.used_storage NOT BETWEEN coalesce(sign.lfs_size, 0) AND models.total_size
    UNION ALL
    SELECT models.hub_id, models.repo_id, 'file_count', models.file_count::VARCHAR, 'files',
        fact.listed_files::VARCHAR, 'listing'
    FROM models
    JOIN base.model_key AS key ON key.hub_id = models.hub_id
    JOIN base.fact AS fact ON fact.model = key.model
    WHERE models.manifest_sha = models.sha AND fact.listed_files <> models.file_count
)
SELECT hub_id, repo_id, kind, left_value, left_source, right_value, right_source FROM disagreed;
