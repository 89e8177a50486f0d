-- title: Task and language along lineage
-- question: Do derived models keep the task and the languages of the model that they were made from?
-- param min_downloads BIGINT = 0: only derived models with at least this many downloads in 30 days
-- column relation VARCHAR: finetune, adapter, quantized, merge or unknown; 'any' first
-- column pairs BIGINT: pairs of a live model and a live parent
-- column task_pairs BIGINT: pairs in which both have a task
-- column task_changed BIGINT: those in which the tasks differ
-- column task_change_rate DOUBLE: task_changed / task_pairs, 0 to 1; NULL if there are none
-- column language_pairs BIGINT: pairs in which both have a language
-- column language_changed BIGINT: those in which the languages differ
-- column language_change_rate DOUBLE: language_changed / language_pairs, 0 to 1; NULL if there are none
-- trap: languages are those of the tags: what a model declares, not what it can do
-- trap: a merge has a pair for each of its parents
-- see: task mutation rate 0.4106 (55,307 of 134,711), language 0.2419 (11,458 of 47,369) (Laufer et al., 2025-07)
WITH facts AS (
    SELECT hub_id, pipeline_tag, list_sort(list_distinct(languages)) AS languages, downloads
    FROM models
),

pairs AS (
    SELECT
        unnest(['any', edges.relation]) AS relation,
        children.pipeline_tag <> parents.pipeline_tag AS task_changed,
        CASE
            WHEN len(children.languages) > 0 AND len(parents.languages) > 0 THEN children.languages <> parents.languages
        END AS language_changed
    FROM lineage_edges AS edges
    INNER JOIN facts AS children ON children.hub_id = edges.child_hub_id
    INNER JOIN facts AS parents ON parents.hub_id = edges.parent_hub_id
    WHERE edges.parent_hub_id <> edges.child_hub_id AND coalesce(children.downloads, 0) >= $min_downloads
)

SELECT
    relation,
    count(*) AS pairs,
    count(task_changed) AS task_pairs,
    count(*) FILTER (WHERE task_changed) AS task_changed,
    round(count(*) FILTER (WHERE task_changed) / nullif(count(task_changed), 0), 4) AS task_change_rate,
    count(language_changed) AS language_pairs,
    count(*) FILTER (WHERE language_changed) AS language_changed,
    round(count(*) FILTER (WHERE language_changed) / nullif(count(language_changed), 0), 4) AS language_change_rate
FROM pairs
GROUP BY relation
ORDER BY relation <> 'any', pairs DESC, relation
