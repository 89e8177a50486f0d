-- title: Adoption of techniques
-- question: Since when, and by how many new models, are grouped-query attention, experts, rope scaling... used?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param technique VARCHAR = NULL: only this technique
-- column technique VARCHAR: name of the technique; for the rules see the SQL
-- column quarter DATE: first day of the quarter of creation
-- column models BIGINT: models created then whose config states a number of layers
-- column using BIGINT: those that use it
-- column share DOUBLE: using / models, 0 to 1
-- trap: what a config does not state counts as not used: older configs leave out the defaults of their library
-- trap: fine-tunes inherit from their base model, so shares count repositories, not new designs
-- see: Longpre et al. on experts, quantization and multimodal models over time
WITH layered AS (
    SELECT
        CAST(date_trunc('quarter', created_at) AS DATE) AS quarter,
        num_attention_heads AS heads,
        num_key_value_heads_effective AS kv_heads,
        kv_lora_rank,
        num_experts,
        rope_type,
        sliding_window,
        state_size,
        quant_method,
        remote_code,
        coalesce(vision_hidden_size, vision_num_hidden_layers) AS vision_part
    FROM models
    WHERE
        num_hidden_layers IS NOT NULL
        AND created_at IS NOT NULL
        AND coalesce(downloads, 0) >= $min_downloads
),

judged AS (
    SELECT
        quarter,
        unnest([
            {'technique': 'multi-query attention', 'used': kv_heads = 1 AND heads > 1},
            {'technique': 'grouped-query attention', 'used': kv_heads > 1 AND kv_heads < heads},
            {'technique': 'latent attention', 'used': kv_lora_rank IS NOT NULL},
            {'technique': 'mixture of experts', 'used': num_experts > 1},
            {'technique': 'rope scaling', 'used': rope_type IS NOT NULL AND rope_type <> 'default'},
            {'technique': 'sliding window', 'used': sliding_window IS NOT NULL},
            {'technique': 'state space', 'used': state_size IS NOT NULL},
            {'technique': 'vision part', 'used': vision_part IS NOT NULL},
            {'technique': 'quantized weights', 'used': quant_method IS NOT NULL},
            {'technique': 'remote code', 'used': remote_code}
        ], recursive := true)
    FROM layered
)

SELECT
    technique,
    quarter,
    count(*) AS models,
    count(*) FILTER (WHERE used) AS using,
    round(count(*) FILTER (WHERE used) / count(*), 4) AS share
FROM judged
WHERE $technique IS NULL OR technique = $technique
GROUP BY technique, quarter
ORDER BY technique, quarter
