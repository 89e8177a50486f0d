-- Where sources disagree: one row a disagreement, the more trusted source on the left.
CREATE TABLE base.model_type AS
SELECT DISTINCT model_type FROM base.doc WHERE kind = 'config' AND length(model_type) BETWEEN 2 AND 64;

CREATE VIEW conflicts AS
WITH license_order(source, place) AS (VALUES ('tag', 1), ('card', 2), ('file', 3), ('weights', 4)),
-- One way to write it: `Apache License, Version 2.0` is apache-2.0. `other` and `unknown` contradict no text.
license_stated AS (
    SELECT licenses.hub_id, licenses.repo_id, licenses.source, license_order.place, licenses.license,
        regexp_replace(lower(licenses.license), 'license|version|[^a-z0-9+.]', '', 'g') AS normalized
    FROM licenses JOIN license_order USING (source)
),
license_pair AS (
    SELECT one.hub_id, one.repo_id, one.source AS left_source, other.source AS right_source,
        list_sort(list(DISTINCT one.license)) AS left_held, list_sort(list(DISTINCT other.license)) AS right_held,
        list_sort(list(DISTINCT one.normalized)) AS left_normalized, list_sort(list(DISTINCT other.normalized)) AS right_normalized,
        -- A family holds its members: cc cc-by-4.0, gpl gpl-3.0, openrail creativeml-openrail-m.
        bool_or(
            starts_with(one.normalized, other.normalized) OR starts_with(other.normalized, one.normalized)
            OR (one.normalized = 'openrail' AND contains(other.normalized, 'openrail'))
            OR one.normalized IN ('other', 'unknown') OR other.normalized IN ('other', 'unknown')
        ) AS agree
    FROM license_stated AS one JOIN license_stated AS other ON other.hub_id = one.hub_id AND other.place > one.place
    GROUP BY ALL
),
-- Of what is only evident, the config's own word; the rest is in lineage and in the query lineage_recall.
lineage_order(source, place) AS (
    SELECT * FROM (VALUES {{lineage_sources}}) AS known(source, place)
    WHERE source NOT IN ('mergekit', 'weights', 'card_body')
),
-- A parent under an old and under its new name is one parent; a path on a disk contradicts nothing. Not materialized: a
-- condition on one model then reads that model only.
lineage_stated AS NOT MATERIALIZED (
    SELECT lineage.child_hub_id AS hub_id, lineage.child AS repo_id, lineage.source, lineage_order.place,
        list_sort(list(DISTINCT lineage.parent)) AS held, list_sort(list(DISTINCT lineage.parent_key)) AS parent_key
    FROM base.edge AS lineage JOIN lineage_order USING (source) WHERE lineage.parent_kind = 'repo' GROUP BY ALL
),
-- Of a card only its own word: without one its relation was taken from the tags.
relation_stated AS NOT MATERIALIZED (
    SELECT lineage.child_hub_id AS hub_id, lineage.child AS repo_id, lineage.source, lineage_order.place,
        lineage.parent, lineage.parent_key, lineage.relation
    FROM base.edge AS lineage JOIN lineage_order USING (source)
    WHERE lineage.relation <> 'unknown' AND lineage.parent_kind = 'repo' AND lineage.source <> 'name_or_path'
        AND (
            lineage.source <> 'card'
            OR lineage.child_hub_id IN (SELECT hub_id FROM cards WHERE base_model_relation IS NOT NULL)
        )
),
-- Elements as they are stored, which the Hub counts; measured parameters unpack what is packed.
stored AS (
    SELECT part.model, sum(list_sum(map_values(header.elements_by_dtype::JSON::MAP(VARCHAR, BIGINT))))::BIGINT AS held
    FROM (SELECT model, unnest(paths) AS path FROM base.counted_weights) AS part
    JOIN base.weight AS weight ON weight.model = part.model AND weight.path = part.path
    JOIN base.header AS header ON header.content = weight.content
    GROUP BY part.model
),
counted AS (
    SELECT models.hub_id, models.repo_id, models.parameters_header, models.parameters_hub, stored.held AS stored,
        -- The config of an adapter is that of its base.
        CASE WHEN models.peft_type IS NULL AND models.base_model_name_or_path IS NULL THEN models.parameters_estimated
            END AS parameters_estimated,
        models.quant_method IS NOT NULL AS quantized
    FROM models
    JOIN base.model_key AS key ON key.hub_id = models.hub_id
    LEFT JOIN stored ON stored.model = key.model
),
gguf_name(model_type, architecture) AS (VALUES {{gguf_architectures}}),
disagreed AS (
    -- Tags and card say all there is; a licence file or metadata may hold one of several.
    SELECT hub_id, repo_id, 'license' AS kind, array_to_string(left_held, ', ') AS left_value, left_source,
        array_to_string(right_held, ', ') AS right_value, right_source
    FROM license_pair
    WHERE CASE WHEN right_source = 'card' THEN left_normalized <> right_normalized ELSE NOT agree END
    UNION ALL
    SELECT one.hub_id, one.repo_id, 'base_model', array_to_string(one.held, ', '), one.source,
        array_to_string(other.held, ', '), other.source
    FROM lineage_stated AS one JOIN lineage_stated AS other ON other.hub_id = one.hub_id AND other.place > one.place
    -- Tags and card say all there is; of other sources one may know more than the other.
    WHERE CASE WHEN one.source = 'tag' AND other.source = 'card' THEN one.parent_key <> other.parent_key
        ELSE NOT (list_has_all(one.parent_key, other.parent_key) OR list_has_all(other.parent_key, one.parent_key)) END
    UNION ALL
    SELECT one.hub_id, one.repo_id, 'relation', one.relation || ' of ' || one.parent, one.source,
        other.relation || ' of ' || other.parent, other.source
    FROM relation_stated AS one JOIN relation_stated AS other
        ON other.hub_id = one.hub_id AND other.place > one.place AND other.parent_key = one.parent_key
    WHERE one.relation <> other.relation
    UNION ALL
    SELECT hub_id, repo_id, 'parameters', parameters_header::VARCHAR, 'header', parameters_hub::VARCHAR, 'hub'
    FROM counted WHERE parameters_header <> parameters_hub AND stored IS DISTINCT FROM parameters_hub
    UNION ALL
    SELECT key.hub_id, name.repo_id, 'parameters', hub.summed::VARCHAR, 'hub_by_dtype', hub.total::VARCHAR, 'hub'
    FROM base.hub_parameters AS hub
    JOIN base.model_key AS key USING (model)
    JOIN base.current AS current USING (model)
    JOIN base.name AS name ON name.model = hub.model AND name.to_run = 2147483647
    WHERE hub.summed > 2 * hub.total
    UNION ALL
    -- The config's estimate is one: it contradicts only where it is a tenth off.
    SELECT hub_id, repo_id, 'parameters', parameters_header::VARCHAR, 'header', parameters_estimated::VARCHAR, 'config'
    FROM counted WHERE abs(parameters_header - parameters_estimated) > parameters_header / 10
    UNION ALL
    SELECT hub_id, repo_id, 'parameters', parameters_hub::VARCHAR, 'hub', parameters_estimated::VARCHAR, 'config'
    FROM counted WHERE NOT quantized AND abs(parameters_hub - parameters_estimated) > parameters_hub / 10
    UNION ALL
    SELECT models.hub_id, models.repo_id, 'architecture', models.model_type, 'config',
        string_agg(DISTINCT weights.architecture, ', ' ORDER BY weights.architecture), 'weights'
    FROM models JOIN weights ON weights.hub_id = models.hub_id
    WHERE weights.format = 'gguf' AND weights.architecture NOT IN ('clip', 'mmproj')
        AND models.model_type IN (SELECT model_type FROM gguf_name)
    GROUP BY models.hub_id, models.repo_id, models.model_type
    HAVING NOT bool_or((models.model_type, weights.architecture) IN (SELECT (model_type, architecture) FROM gguf_name))
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
    JOIN base.reuse_flag AS sign ON sign.model = key.model
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
