-- title: Model shapes
-- question: Which shapes (width, layers, heads, vocabulary) do many models share, which suggests a common family?
-- param model_type VARCHAR = NULL: only this model type
-- param min_models BIGINT = 2: only shapes with at least this many models
-- param limit BIGINT = 50: rows to return
-- column model_type VARCHAR: transformers model type; NULL if the config declares none
-- column hidden_size BIGINT: dimensions
-- column num_hidden_layers BIGINT: layers
-- column num_attention_heads BIGINT: query heads
-- column num_key_value_heads BIGINT: key-value heads; those of num_attention_heads if the config has none
-- column intermediate_size BIGINT: dimensions of the dense MLP; NULL if not stated
-- column vocab_size BIGINT: tokens; NULL if not stated
-- column models BIGINT: models of exactly this shape
-- column authors BIGINT: number of distinct owners
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column example VARCHAR: the most downloaded of them
-- trap: an equal shape suggests a common ancestor, but does not prove it; an enlarged vocabulary hides one
-- see: work on families and naming, such as PTM naming (DARA): architecture alone determines the model type
SELECT
    model_type,
    hidden_size,
    num_hidden_layers,
    num_attention_heads,
    num_key_value_heads_effective AS num_key_value_heads,
    intermediate_size,
    vocab_size,
    count(*) AS models,
    count(DISTINCT author) AS authors,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    arg_min(repo_id, (-coalesce(downloads, 0), repo_id)) AS example
FROM models
WHERE hidden_size IS NOT NULL AND num_hidden_layers IS NOT NULL AND ($model_type IS NULL OR model_type = $model_type)
GROUP BY ALL
HAVING count(*) >= $min_models
ORDER BY
    models DESC,
    model_type,
    hidden_size,
    num_hidden_layers,
    num_attention_heads NULLS LAST,
    num_key_value_heads NULLS LAST,
    intermediate_size NULLS LAST,
    vocab_size NULLS LAST
LIMIT $limit
