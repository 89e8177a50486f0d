-- title: Fields of a config document
-- question: Which fields do config documents have, how common is each, and which types do they have?
-- param path VARCHAR = 'config.json': path of the document in the repository
-- param prefix VARCHAR = '': only fields that start with this text, such as rope_scaling.
-- param limit BIGINT = 100: rows to return
-- column field VARCHAR: keys joined with '.'
-- column models BIGINT: models whose document has the field, including null
-- column share DOUBLE: share of all models with a readable document at this path, 0 to 1
-- column types VARCHAR: JSON types that occur, in alphabetical order
-- column nulls BIGINT: models where it is null
-- trap: items of arrays that contain objects (`field[0].key`) are left out
-- see: Gower distances between configs of related models over 78 fields
WITH readable AS (
    SELECT count(*) AS models
    FROM configs
    WHERE path = $path AND status IN ('ok', 'lenient')
)

SELECT
    config_fields.field,
    count(*) AS models,
    round(count(*) / nullif(max(readable.models), 0), 4) AS share,
    string_agg(DISTINCT config_fields.type, ', ' ORDER BY config_fields.type) AS types,
    count(*) FILTER (WHERE config_fields.type = 'null') AS nulls
FROM config_fields
CROSS JOIN readable
WHERE
    config_fields.path = $path
    AND starts_with(config_fields.field, $prefix)
    AND NOT regexp_matches(config_fields.field, '\[[0-9]+\]')
GROUP BY config_fields.field
ORDER BY models DESC, config_fields.field
LIMIT $limit
