-- title: Kinds of commits
-- question: What do commits change, and how long after the creation of a model?
-- column kind VARCHAR: the first of these that the commit touches: weights, config, tokenizer, code, card; else other files;
--   'no known file' if its files are not known
-- column commits BIGINT: commits of live models
-- column share DOUBLE: share of all commits, 0 to 1
-- column models BIGINT: live models with such a commit
-- column removals BIGINT: those that also removed a file, of whatever kind
-- column median_days DOUBLE: median days from the model's first commit to such a commit
-- trap: needs --with history; models without are left out
-- trap: what an upload tool writes in one commit, people write in several
-- see: 680,000 commits of 100,000 models (Castaño et al., 2024)
WITH touched AS (
    SELECT
        hub_id,
        commit,
        min(CASE
            WHEN role IN ('weights', 'framework_export') THEN 1
            WHEN role = 'config' THEN 2
            WHEN role IN ('tokenizer', 'vocabulary') THEN 3
            WHEN role = 'code' THEN 4
            WHEN role = 'card' THEN 5
            ELSE 6
        END) AS place,
        bool_or(NOT present) AS removes
    FROM file_versions
    GROUP BY hub_id, commit
),

dated AS (
    SELECT
        commits.hub_id,
        commits.commit,
        commits.committed_at,
        min(commits.committed_at) OVER (PARTITION BY commits.hub_id) AS first_at
    FROM commits
    INNER JOIN models ON models.hub_id = commits.hub_id
)

SELECT
    coalesce(
        ['weights', 'config', 'tokenizer', 'code', 'card', 'other files'][touched.place], 'no known file'
    ) AS kind,
    count(*) AS commits,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    count(DISTINCT dated.hub_id) AS models,
    count(*) FILTER (WHERE touched.removes) AS removals,
    round(median(date_diff('second', dated.first_at, dated.committed_at) / 86400), 2) AS median_days
FROM dated
LEFT JOIN touched ON touched.hub_id = dated.hub_id AND touched.commit = dated.commit
GROUP BY touched.place
ORDER BY commits DESC, kind
