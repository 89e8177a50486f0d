-- title: How requests ended
-- question: What became of everything that was asked for, and what did the Hub say?
-- param run_id VARCHAR = NULL: only this run
-- column item VARCHAR: what was asked for: listing, manifest, document, weights, history or confirmation
-- column outcome VARCHAR: how it ended
-- column http_status INTEGER: last HTTP status; NULL where no request was sent or answered
-- column things BIGINT: things that ended so
-- column models BIGINT: models they belong to
-- column requests BIGINT: requests sent for them; less than things where documents were known by their hash
-- column example VARCHAR: the newest of them, by the name asked for
-- column error VARCHAR: what was wrong with it; NULL where nothing was
-- trap: a thing asked for in several runs is counted in each; the catalogue holds its last good answer
-- see: whoever must trust a harvest before quoting it
SELECT
    item,
    outcome,
    http_status,
    count(*) AS things,
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
ORDER BY things DESC, item, outcome, http_status NULLS FIRST
