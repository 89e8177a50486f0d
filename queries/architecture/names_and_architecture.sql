-- title: Names and architecture
-- question: Do models whose name contains a known architecture have that architecture?
-- param min_models BIGINT = 1: only words that at least this many names contain
-- column word VARCHAR: word in the name, after the owner
-- column models BIGINT: live models whose name contains it and whose model type is known
-- column same BIGINT: those whose model type begins with the word
-- column share DOUBLE: same / models, 0 to 1
-- column other_model_type VARCHAR: the most frequent other model type
-- column other_models BIGINT: models with that one
-- column example VARCHAR: the most downloaded model with another model type
-- trap: a name may describe data, a teacher or a method (distilled from Qwen into Llama), so a difference is not an error
-- trap: several words may occur in one name: the model counts for each
-- see: 94% of model types can be recognised from the architecture alone (DARA)
WITH words AS (
    SELECT unnest([
        'bert', 'roberta', 'deberta', 'distilbert', 'electra', 'albert', 'bart', 't5', 'gpt2', 'gpt_neox', 'opt', 'bloom',
        'falcon', 'llama', 'mistral', 'mixtral', 'qwen', 'gemma', 'phi', 'deepseek', 'whisper', 'wav2vec2', 'vit', 'clip',
        'mamba', 'olmo', 'granite', 'smollm', 'starcoder', 'cohere'
    ]) AS word
),

named AS (
    SELECT
        repo_id,
        model_type,
        downloads,
        list_distinct(regexp_extract_all(lower(split_part(repo_id, '/', -1)), '[a-z]+[0-9]?_?[a-z0-9]*')) AS parts
    FROM models
    WHERE model_type IS NOT NULL
),

matched AS (
    SELECT words.word, named.repo_id, named.downloads, named.model_type,
        starts_with(lower(named.model_type), words.word) AS same
    FROM (SELECT repo_id, model_type, downloads, unnest(parts) AS part FROM named) AS named
    INNER JOIN words ON starts_with(named.part, words.word)
    GROUP BY ALL
),

others AS (
    SELECT word, model_type, count(*) AS models
    FROM matched
    WHERE NOT same
    GROUP BY word, model_type
    QUALIFY row_number() OVER (PARTITION BY word ORDER BY count(*) DESC, model_type) = 1
)

SELECT
    matched.word,
    count(*) AS models,
    count(*) FILTER (WHERE matched.same) AS same,
    round(count(*) FILTER (WHERE matched.same) / count(*), 4) AS share,
    any_value(others.model_type) AS other_model_type,
    any_value(others.models) AS other_models,
    arg_max(matched.repo_id, (coalesce(matched.downloads, -1), matched.repo_id)) FILTER (WHERE NOT matched.same) AS example
FROM matched
LEFT JOIN others ON others.word = matched.word
GROUP BY matched.word
HAVING count(*) >= $min_models
ORDER BY models DESC, matched.word
