-- Headers of weight files, and the parameters that are counted in them.
CREATE TABLE base.weights_head AS
SELECT model, arg_max(sha, standing) AS sha FROM head_visit WHERE scope = 'weights' GROUP BY model;

CREATE TABLE base.header AS
SELECT DISTINCT ON (content) * FROM lake_weights ORDER BY content, run_id DESC;

-- Narrow: which weight file, or index of such, of which model has which content.
CREATE TABLE base.weight AS
WITH held AS (
    SELECT key.model, files.path, max(files.size) AS size,
        any_value(coalesce(files.sha256, files.oid)) AS content, any_value(files.format) AS format
    FROM lake_files AS files
    JOIN base.model_key AS key USING (hub_id)
    JOIN base.weights_head AS head ON head.model = key.model AND head.sha = files.sha
    WHERE files.source <> 'listing' AND (
        files.role = 'weights'
        -- The indices list the files that are parts of one model.
        OR files.path IN ('model_index.json', 'modules.json') OR contains(files.path, '.safetensors.index.')
    )
    GROUP BY key.model, files.path
)
SELECT model, path, size, content, format FROM held ORDER BY model, path;
