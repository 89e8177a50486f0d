-- title: Authors
-- question: Who publishes the models that people download?
-- param pipeline_tag VARCHAR = NULL: only models of this task
-- param limit BIGINT = 50: rows to return; shares always refer to all models
-- column author VARCHAR: user or organisation that owns the models; NULL for those of nobody, such as gpt2 once
-- column models BIGINT: live models
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column download_share DOUBLE: share of the downloads of all chosen models, 0 to 1
-- column gated BIGINT: those that are gated
-- column without_license BIGINT: those that declare no licence
-- column most_downloaded VARCHAR: their most downloaded model
-- trap: a company may publish under several names, and re-uploads count for the uploader
-- see: ATOM project on who leads in downloads
WITH owned AS (
    SELECT author, repo_id, downloads, gated, license
    FROM models
    WHERE $pipeline_tag IS NULL OR pipeline_tag = $pipeline_tag
)

SELECT
    author,
    count(*) AS models,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    round(sum(downloads) / nullif(sum(sum(downloads)) OVER (), 0), 4) AS download_share,
    count(*) FILTER (WHERE gated <> 'false') AS gated,
    count(*) FILTER (WHERE coalesce(license, '') = '') AS without_license,
    arg_min(repo_id, (-coalesce(downloads, 0), repo_id)) AS most_downloaded
FROM owned
GROUP BY author
ORDER BY downloads DESC NULLS LAST, models DESC, author
LIMIT $limit
