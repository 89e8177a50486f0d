-- Every text in which a model names a parent, source by source, as it is written; and the word for how it was made.
CREATE TABLE base.claim AS
WITH documents AS (
    SELECT ref.model, ref.path, doc.kind, doc.base_model_name_or_path, doc.name_or_path, doc.merged_models
    FROM base.ref AS ref JOIN base.doc AS doc USING (doc)
    WHERE ref.path IN ('adapter_config.json', 'config.json') OR (doc.kind = 'mergekit_config' AND NOT contains(ref.path, '/'))
),
cards AS (
    SELECT place.model, card.base_models, card.base_model_relation, card.body_base_models
    FROM base.model_card AS place JOIN base.card AS card USING (card)
    WHERE len(card.base_models) > 0 OR len(card.body_base_models) > 0
),
tags AS (
    SELECT model, tag[12:] AS tag, place
    FROM (SELECT model, unnest(tags) AS tag, generate_subscripts(tags, 1) AS place FROM base.model)
    WHERE starts_with(tag, 'base_model:')
),
recipes AS (
    SELECT model, unnest(merged_models) AS text, path, generate_subscripts(merged_models, 1) AS place FROM documents
    WHERE kind = 'mergekit_config' AND NOT contains(path, '/')
),
claims AS (
    SELECT model, 'hub' AS source, unnest(base_models) AS text, base_relation AS relation, unnest(base_model_ids) AS hub_id,
        generate_subscripts(base_models, 1) AS place
    FROM base.fact WHERE len(base_models) > 0
    UNION ALL
    -- Neither the colon of a URL nor one behind a name ends a relation.
    SELECT model, 'tag', CASE WHEN contains(tag, ':') AND NOT contains(split_part(tag, ':', 1), '/')
            AND NOT starts_with(tag[strpos(tag, ':') + 1:], '//') THEN tag[strpos(tag, ':') + 1:] ELSE tag END,
        split_part(tag, ':', 1), NULL, place
    FROM tags
    UNION ALL
    SELECT model, 'card', unnest(base_models), base_model_relation, NULL, generate_subscripts(base_models, 1) FROM cards
    UNION ALL
    SELECT model, 'adapter_config', base_model_name_or_path, 'adapter', NULL, 1 FROM documents
    WHERE path = 'adapter_config.json' AND base_model_name_or_path <> ''
    UNION ALL
    SELECT model, 'mergekit', text, 'merge', NULL, row_number() OVER (PARTITION BY model ORDER BY path, place) FROM recipes
    UNION ALL
    SELECT weight.model, 'weights', parent.text, parent.relation, NULL,
        row_number() OVER (PARTITION BY weight.model ORDER BY parent.metadata, parent.place)
    FROM (SELECT DISTINCT model, content FROM base.weight) AS weight JOIN base.header_parent AS parent USING (content)
    UNION ALL
    SELECT model, 'card_body', unnest(body_base_models), 'finetune', NULL, generate_subscripts(body_base_models, 1) FROM cards
    UNION ALL
    SELECT model, 'name_or_path', name_or_path, NULL, NULL, 1 FROM documents
    WHERE path = 'config.json' AND name_or_path <> ''
)
SELECT model, source, text, relation, hub_id, place FROM claims WHERE text IS NOT NULL;
