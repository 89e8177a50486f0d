-- title: Which configs are missing, and why
-- question: How many models have a readable config, and why do the others have none?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column config_status VARCHAR: outcome
-- column meaning VARCHAR: what the outcome means
-- column models BIGINT: live models
-- column share DOUBLE: share of all chosen models, 0 to 1
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column example VARCHAR: the most downloaded of them
-- trap: 'absent' is final (the repository has no config in its root folder), 'pending' means not requested yet
-- see: users of public catalogues, which contain only the Hub's config excerpt and drop failed rows silently
WITH chosen AS (
    SELECT coalesce(config_status, 'unknown') AS config_status, repo_id, downloads
    FROM models
    WHERE coalesce(downloads, 0) >= $min_downloads
)

SELECT
    config_status,
    CASE config_status
        WHEN 'ok' THEN 'read, strict JSON'
        WHEN 'lenient' THEN 'readable, but not strict JSON'
        WHEN 'invalid' THEN 'present, but not readable as JSON'
        WHEN 'not_object' THEN 'present, but not an object'
        WHEN 'oversized' THEN 'present, but above the size limit'
        WHEN 'absent' THEN 'the repository has none'
        WHEN 'gated' THEN 'gated (no access)'
        WHEN 'private_or_deleted' THEN 'the repository is private or was deleted'
        WHEN 'disabled' THEN 'the Hub has disabled the repository'
        WHEN 'mismatch' THEN 'the content did not match its hash'
        WHEN 'failed' THEN 'the request failed; the next run retries it'
        WHEN 'pending' THEN 'not requested yet'
        ELSE 'unknown'
    END AS meaning,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    arg_min(repo_id, (-coalesce(downloads, 0), repo_id)) AS example
FROM chosen
GROUP BY config_status
ORDER BY models DESC, config_status
