-- title: Outcomes of requested items
-- question: What was the outcome of each requested item, and what did the Hub answer?
-- param run_id VARCHAR = NULL: only this run
-- column item VARCHAR: what was requested: listing, manifest, document, weights, history or confirmation
-- column outcome VARCHAR: outcome
-- column http_status INTEGER: last HTTP status; NULL if no request was sent or answered
-- column items BIGINT: number of items with this outcome
-- column models BIGINT: number of models that they belong to
-- column requests BIGINT: requests sent for them; fewer than items if documents were already known by their hash
-- column example VARCHAR: the newest of them, by the requested name
-- column error VARCHAR: its error; NULL if there was none
-- trap: an item requested in several runs counts in each; the catalogue has its last good answer
-- see: anyone who must check a harvest before quoting it
SELECT
    item,
    outcome,
    http_status,
    count(*) AS items,
    count(DISTINCT hub_id) AS models,
    CAST(sum(attempts) AS BIGINT) AS requests,
    arg_max(requested_id, (run_id, coalesce(fetched_at, TIMESTAMP '-infinity'), requested_id, coalesce(path, '')))
        AS example,
    nullif(
        arg_max(
            coalesce(error, ''), (run_id, coalesce(fetched_at, TIMESTAMP '-infinity'), requested_id, coalesce(path, ''))
        ),
        ''
    ) AS error
FROM fetches
WHERE $run_id IS NULL OR run_id = $run_id
GROUP BY item, outcome, http_status
ORDER BY items DESC, item, outcome, http_status NULLS FIRST
