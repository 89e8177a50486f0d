-- title: Renamed models and reused names
-- question: Which models changed their name, and which of the old names now lead to somebody else's model?
-- param limit BIGINT = 50: rows to return
-- column hub_id VARCHAR: the Hub's immutable id
-- column repo_id VARCHAR: newest name
-- column former_names VARCHAR[]: earlier names, in alphabetical order
-- column taken_names VARCHAR[]: those that another model has now
-- column live BOOLEAN: the model is in the current catalogue
-- column downloads BIGINT: its downloads in 30 days; NULL if not reported or gone
-- trap: only names seen by a harvest: renames before the first one are unknown
-- trap: fetching a taken name returns another model than the one that papers and scripts refer to
-- see: Unit 42 on re-registered namespaces
WITH latest AS (
    SELECT hub_id, arg_max(repo_id, (last_seen, first_seen, repo_id)) AS repo_id
    FROM names
    GROUP BY hub_id
),

former AS (
    SELECT names.hub_id, names.repo_id, holders.hub_id IS NOT NULL AS taken
    FROM names
    INNER JOIN latest ON latest.hub_id = names.hub_id AND latest.repo_id <> names.repo_id
    LEFT JOIN models AS holders ON holders.repo_id = names.repo_id AND holders.hub_id <> names.hub_id
)

SELECT
    former.hub_id,
    latest.repo_id,
    list(DISTINCT former.repo_id ORDER BY former.repo_id) AS former_names,
    coalesce(
        list(DISTINCT former.repo_id ORDER BY former.repo_id) FILTER (WHERE former.taken), CAST([] AS VARCHAR[])
    ) AS taken_names,
    bool_or(models.hub_id IS NOT NULL) AS live,
    max(models.downloads) AS downloads
FROM former
INNER JOIN latest ON latest.hub_id = former.hub_id
LEFT JOIN models ON models.hub_id = former.hub_id
GROUP BY former.hub_id, latest.repo_id
ORDER BY downloads DESC NULLS LAST, former.hub_id
LIMIT $limit
