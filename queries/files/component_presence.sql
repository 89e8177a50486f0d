-- title: Components by library
-- question: How many models of each library include config, weights, tokenizer, vocabulary, card and licence text?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param min_models BIGINT = 1: only libraries with at least this many models
-- column library_name VARCHAR: library as reported by the Hub; NULL if it reports none; 'all' first
-- column models BIGINT: models whose file names are known
-- column config_share DOUBLE: share with config.json, model_index.json, adapter_config.json or open_clip_config.json
-- column weights_share DOUBLE: share with weights or a framework export, 0 to 1
-- column tokenizer_share DOUBLE: share with a tokenizer file (tokenizer.json, tokenizer_config.json, ...), 0 to 1
-- column vocabulary_share DOUBLE: share with a vocabulary (tokenizer.json alone contains one), 0 to 1
-- column card_share DOUBLE: share with a README.md in the root folder, 0 to 1
-- column license_text_share DOUBLE: share with a licence file, 0 to 1
-- trap: presence by name: a file may still be empty or broken (config_status, scan_status)
-- trap: GGUF contains config, tokenizer and vocabulary, so these files are not missing there
-- see: Liang et al. on model cards; Jewitt on licence texts
WITH components AS (
    SELECT
        hub_id,
        bool_or(path IN ('config.json', 'model_index.json', 'adapter_config.json', 'open_clip_config.json')) AS config,
        bool_or(role IN ('weights', 'framework_export')) AS weights,
        bool_or(role = 'tokenizer') AS tokenizer,
        bool_or(role = 'vocabulary' OR path = 'tokenizer.json') AS vocabulary,
        bool_or(role = 'card') AS card,
        bool_or(role = 'license') AS license_text
    FROM files
    GROUP BY hub_id
),

chosen AS (
    SELECT
        models.library_name,
        coalesce(components.config, FALSE) AS config,
        coalesce(components.weights, FALSE) AS weights,
        coalesce(components.tokenizer, FALSE) AS tokenizer,
        coalesce(components.vocabulary, FALSE) AS vocabulary,
        coalesce(components.card, FALSE) AS card,
        coalesce(components.license_text, FALSE) AS license_text
    FROM models
    LEFT JOIN components ON components.hub_id = models.hub_id
    WHERE models.file_count IS NOT NULL AND coalesce(models.downloads, 0) >= $min_downloads
)

SELECT
    CASE WHEN grouping(library_name) = 1 THEN 'all' ELSE library_name END AS library_name,
    count(*) AS models,
    round(count(*) FILTER (WHERE config) / count(*), 4) AS config_share,
    round(count(*) FILTER (WHERE weights) / count(*), 4) AS weights_share,
    round(count(*) FILTER (WHERE tokenizer) / count(*), 4) AS tokenizer_share,
    round(count(*) FILTER (WHERE vocabulary) / count(*), 4) AS vocabulary_share,
    round(count(*) FILTER (WHERE card) / count(*), 4) AS card_share,
    round(count(*) FILTER (WHERE license_text) / count(*), 4) AS license_text_share
FROM chosen
GROUP BY GROUPING SETS ((), (chosen.library_name))
HAVING count(*) >= greatest($min_models, 1)
ORDER BY grouping(chosen.library_name) DESC, models DESC, chosen.library_name
