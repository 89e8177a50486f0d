-- title: Configuration from parent to child
-- question: Which fields of the config do derived models change?
-- param relation VARCHAR = NULL: only models made like this: finetune, adapter, quantized, merge or unknown
-- column field VARCHAR: typed column of models
-- column pairs BIGINT: pairs of a live model and a live parent that both state a value
-- column changed BIGINT: those with different values
-- column change_rate DOUBLE: changed / pairs, 0 to 1
-- column added BIGINT: pairs in which only the derived model states a value
-- column removed BIGINT: pairs in which only the parent states a value
-- trap: values as the files state them; a value that is left out may be the same default
-- trap: adapters have no config of the model that they adapt, so most of their fields count as removed
-- see: a comparison of 78 config fields by Gower distance (model family trees, 2025)
WITH edges AS (
    SELECT child_hub_id, parent_hub_id
    FROM lineage_edges
    WHERE parent_hub_id <> child_hub_id AND ($relation IS NULL OR relation = $relation)
),

facts AS (
    SELECT
        hub_id, model_type, architecture, hidden_size, num_hidden_layers, num_attention_heads, num_key_value_heads,
        intermediate_size, vocab_size, context_length, rope_theta, rope_type, sliding_window, dtype, quant_method,
        tie_word_embeddings, num_labels, transformers_version
    FROM models
    WHERE config_status IN ('ok', 'lenient')
),

states AS (
    SELECT unnest([
        {'field': 'model_type', 'same': children.model_type = parents.model_type,
            'child': children.model_type IS NOT NULL, 'parent': parents.model_type IS NOT NULL},
        {'field': 'architecture', 'same': children.architecture = parents.architecture,
            'child': children.architecture IS NOT NULL, 'parent': parents.architecture IS NOT NULL},
        {'field': 'hidden_size', 'same': children.hidden_size = parents.hidden_size,
            'child': children.hidden_size IS NOT NULL, 'parent': parents.hidden_size IS NOT NULL},
        {'field': 'num_hidden_layers', 'same': children.num_hidden_layers = parents.num_hidden_layers,
            'child': children.num_hidden_layers IS NOT NULL, 'parent': parents.num_hidden_layers IS NOT NULL},
        {'field': 'num_attention_heads', 'same': children.num_attention_heads = parents.num_attention_heads,
            'child': children.num_attention_heads IS NOT NULL, 'parent': parents.num_attention_heads IS NOT NULL},
        {'field': 'num_key_value_heads', 'same': children.num_key_value_heads = parents.num_key_value_heads,
            'child': children.num_key_value_heads IS NOT NULL, 'parent': parents.num_key_value_heads IS NOT NULL},
        {'field': 'intermediate_size', 'same': children.intermediate_size = parents.intermediate_size,
            'child': children.intermediate_size IS NOT NULL, 'parent': parents.intermediate_size IS NOT NULL},
        {'field': 'vocab_size', 'same': children.vocab_size = parents.vocab_size,
            'child': children.vocab_size IS NOT NULL, 'parent': parents.vocab_size IS NOT NULL},
        {'field': 'context_length', 'same': children.context_length = parents.context_length,
            'child': children.context_length IS NOT NULL, 'parent': parents.context_length IS NOT NULL},
        {'field': 'rope_theta', 'same': children.rope_theta = parents.rope_theta,
            'child': children.rope_theta IS NOT NULL, 'parent': parents.rope_theta IS NOT NULL},
        {'field': 'rope_type', 'same': children.rope_type = parents.rope_type,
            'child': children.rope_type IS NOT NULL, 'parent': parents.rope_type IS NOT NULL},
        {'field': 'sliding_window', 'same': children.sliding_window = parents.sliding_window,
            'child': children.sliding_window IS NOT NULL, 'parent': parents.sliding_window IS NOT NULL},
        {'field': 'dtype', 'same': children.dtype = parents.dtype,
            'child': children.dtype IS NOT NULL, 'parent': parents.dtype IS NOT NULL},
        {'field': 'quant_method', 'same': children.quant_method = parents.quant_method,
            'child': children.quant_method IS NOT NULL, 'parent': parents.quant_method IS NOT NULL},
        {'field': 'tie_word_embeddings', 'same': children.tie_word_embeddings = parents.tie_word_embeddings,
            'child': children.tie_word_embeddings IS NOT NULL, 'parent': parents.tie_word_embeddings IS NOT NULL},
        {'field': 'num_labels', 'same': children.num_labels = parents.num_labels,
            'child': children.num_labels IS NOT NULL, 'parent': parents.num_labels IS NOT NULL},
        {'field': 'transformers_version', 'same': children.transformers_version = parents.transformers_version,
            'child': children.transformers_version IS NOT NULL, 'parent': parents.transformers_version IS NOT NULL}
    ]) AS state
    FROM edges
    INNER JOIN facts AS children ON children.hub_id = edges.child_hub_id
    INNER JOIN facts AS parents ON parents.hub_id = edges.parent_hub_id
)

SELECT
    state.field AS field,
    count(state.same) AS pairs,
    count(*) FILTER (WHERE NOT state.same) AS changed,
    round(count(*) FILTER (WHERE NOT state.same) / nullif(count(state.same), 0), 4) AS change_rate,
    count(*) FILTER (WHERE state.child AND NOT state.parent) AS added,
    count(*) FILTER (WHERE state.parent AND NOT state.child) AS removed
FROM states
GROUP BY state.field
HAVING count(*) FILTER (WHERE state.child OR state.parent) > 0
ORDER BY change_rate DESC NULLS LAST, changed DESC, field
