-- title: Papers
-- question: To which papers do models refer most?
-- param kind VARCHAR = NULL: only arxiv or doi
-- param limit BIGINT = 50: rows to return
-- column kind VARCHAR: arxiv or doi
-- column paper VARCHAR: arXiv id without version, or DOI
-- column models BIGINT: live models that refer to it
-- column share DOUBLE: share of the models that refer to any paper, 0 to 1
-- column authors BIGINT: number of distinct owners of these models
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column template BOOLEAN: the default card template cites it (arXiv 1910.09700, on emissions)
-- trap: a reference is not use: the template's paper is in cards whose authors never read it
-- trap: derived models copy the references of their base model
-- see: tag counts by arXiv category: cs.LG 329,296, cs.CY 289,447, cs.CL 63,044 (2025-07)
WITH cited AS (
    SELECT DISTINCT papers.kind, papers.paper, models.hub_id, models.author, models.downloads
    FROM papers
    INNER JOIN models ON models.hub_id = papers.hub_id
    WHERE $kind IS NULL OR papers.kind = $kind
)

SELECT
    kind,
    paper,
    count(*) AS models,
    round(count(*) / (SELECT count(DISTINCT hub_id) FROM cited), 4) AS share,
    count(DISTINCT author) AS authors,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    kind = 'arxiv' AND paper = '1910.09700' AS template
FROM cited
GROUP BY kind, paper
ORDER BY models DESC, kind, paper
LIMIT $limit
