-- title: Quantizations per model
-- question: Which models are quantized most, into which formats, and what share of downloads do the quantizations get?
-- param limit BIGINT = 50: rows to return
-- column base VARCHAR: model that was quantized, by its current name if known
-- column quantizations BIGINT: live quantizations of it
-- column authors BIGINT: number of distinct owners of these
-- column gguf BIGINT: quantizations with the tag gguf, which the Hub gives to models with GGUF files
-- column methods VARCHAR: quantization methods that their configs state, joined with ', '; NULL if none
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column base_downloads BIGINT: downloads of the base in 30 days; NULL if not reported, or if it is not in the catalogue
-- column download_share DOUBLE: downloads / (downloads + base_downloads), 0 to 1; NULL if either is unknown
-- trap: only models that say that they are quantizations; quantized fine-tunes count for their own parent
-- see: Qwen3-8B: 6,283 derivatives take 37% of downloads (2026)
WITH edges AS (
    SELECT DISTINCT lineage.child_hub_id, coalesce(lineage.parent_hub_id, lower(lineage.parent)) AS base
    FROM lineage
    WHERE lineage.relation = 'quantized' AND lineage.parent_kind = 'repo' AND NOT coalesce(lineage.self_parent, FALSE)
),

spelled AS (
    SELECT coalesce(parent_hub_id, lower(parent)) AS base, min(parent) AS name
    FROM lineage
    WHERE relation = 'quantized' AND parent_kind = 'repo'
    GROUP BY base
),

counted AS (
    SELECT
        edges.base,
        count(*) AS quantizations,
        count(DISTINCT models.author) AS authors,
        count(*) FILTER (WHERE list_contains(models.tags, 'gguf')) AS gguf,
        string_agg(DISTINCT models.quant_method, ', ' ORDER BY models.quant_method) AS methods,
        CAST(sum(models.downloads) AS BIGINT) AS downloads
    FROM edges
    INNER JOIN models ON models.hub_id = edges.child_hub_id
    GROUP BY edges.base
)

SELECT
    coalesce(bases.repo_id, spelled.name) AS base,
    counted.quantizations,
    counted.authors,
    counted.gguf,
    counted.methods,
    counted.downloads,
    bases.downloads AS base_downloads,
    round(counted.downloads / nullif(counted.downloads + bases.downloads, 0), 4) AS download_share
FROM counted
INNER JOIN spelled ON spelled.base = counted.base
LEFT JOIN models AS bases ON bases.hub_id = counted.base
ORDER BY counted.quantizations DESC, coalesce(bases.repo_id, spelled.name)
LIMIT $limit
