-- title: Which configs are missing, and why
-- question: Of how many models is the config read, and what became of the others?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column config_status VARCHAR: how it ended
-- column meaning VARCHAR: the same in words
-- column models BIGINT: live models
-- column share DOUBLE: of all chosen models, 0 to 1
-- column downloads BIGINT: sum of their downloads in 30 days; NULL where none is told
-- column example VARCHAR: the most downloaded of them
-- trap: 'absent' is an answer (the repository has no config at its root), 'pending' is none yet
-- see: users of public catalogues, which hold the Hub's excerpt only and drop failed rows silently
WITH chosen AS (
    SELECT coalesce(config_status, 'unknown') AS config_status, repo_id, downloads
    FROM models
    WHERE coalesce(downloads, 0) >= $min_downloads
)

SELECT
    config_status,
    CASE config_status
        WHEN 'ok' THEN 'read, strict JSON'
        WHEN 'lenient' THEN 'read whole, though not strict JSON'
        WHEN 'invalid' THEN 'there, but not readable as JSON'
        WHEN 'not_object' THEN 'there, but not an object'
        WHEN 'oversized' THEN 'there, but larger than the cap'
        WHEN 'absent' THEN 'the repository has none'
        WHEN 'gated' THEN 'behind a gate that the credentials do not open'
        WHEN 'private_or_deleted' THEN 'the repository did not answer'
        WHEN 'disabled' THEN 'the Hub has disabled the repository'
        WHEN 'mismatch' THEN 'came, but its bytes did not match their hash'
        WHEN 'failed' THEN 'asked for without success, asked again next run'
        WHEN 'pending' THEN 'not asked for yet'
        ELSE 'not told'
    END AS meaning,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    arg_min(repo_id, (-coalesce(downloads, 0), repo_id)) AS example
FROM chosen
GROUP BY config_status
ORDER BY models DESC, config_status
