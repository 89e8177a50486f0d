-- Weight headers as people query them, and the licences they name.
CREATE VIEW weights AS
SELECT key.hub_id, name.repo_id, head.sha, weight.path, header.format, header.tensor_count, header.parameters,
    header.parameters_by_dtype::JSON AS parameters_by_dtype, header.elements_by_dtype::JSON AS elements_by_dtype,
    header.metadata::JSON AS metadata, header.architecture, header.context_length, header.file_type,
    variant.variant, header.header_bytes, header.bytes_read, header.status, header.reason
FROM base.weight AS weight
JOIN base.header AS header ON header.content = weight.content
JOIN base.weights_head AS head ON head.model = weight.model
JOIN base.model_key AS key ON key.model = weight.model
JOIN base.name AS name ON name.model = weight.model AND name.to_run = 2147483647
LEFT JOIN base.variant AS variant ON variant.path = weight.path;

CREATE VIEW base.weights_license AS
WITH said AS (
    SELECT weight.model, header.metadata::JSON AS metadata
    FROM base.weight AS weight JOIN base.header AS header ON header.content = weight.content
    WHERE header.metadata LIKE '%license"%'
),
named AS (
    SELECT model, unnest(['license', 'general.license', 'modelspec.license']) AS key, metadata FROM said
)
SELECT model, left(lower(trim(metadata ->> ('$."' || key || '"'))), 200) AS license,
    metadata ->> ('$."' || key || '.name"') AS name, metadata ->> ('$."' || key || '.link"') AS link
FROM named WHERE trim(metadata ->> ('$."' || key || '"')) <> '';
