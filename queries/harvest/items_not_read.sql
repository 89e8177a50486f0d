-- title: Items that were not read
-- question: Which requested items could not be read, and why?
-- column item VARCHAR: what was requested: listing, manifest, document, weights, history or confirmation
-- column outcome VARCHAR: its last outcome: gated, invalid, oversized, mismatch, failed...
-- column http_status INTEGER: last HTTP status; NULL if no request was sent or answered
-- column items BIGINT: number of items
-- column models BIGINT: number of models that they belong to
-- column example VARCHAR: one of them, by the requested name
-- column error VARCHAR: its error; NULL if there was none
-- trap: only the last outcome of an item counts: what failed once and was read later is not here
-- trap: 'absent' is left out: the Hub has no such file
-- see: anyone who must check a harvest before quoting it
WITH bad AS (
    SELECT DISTINCT coalesce(hub_id, requested_id) AS model, item, coalesce(path, '') AS path
    FROM fetches
    WHERE outcome NOT IN ('ok', 'unchanged', 'absent')
),

ended AS (
    SELECT fetches.item, fetches.outcome, fetches.http_status, fetches.error, fetches.requested_id, bad.model, bad.path
    FROM fetches
    INNER JOIN bad
        ON bad.model = coalesce(fetches.hub_id, fetches.requested_id)
        AND bad.item = fetches.item
        AND bad.path = coalesce(fetches.path, '')
    QUALIFY row_number() OVER (
        PARTITION BY bad.model, bad.item, bad.path ORDER BY fetches.run_id DESC, fetches.fetched_at DESC NULLS LAST
    ) = 1
)

SELECT
    item,
    outcome,
    http_status,
    count(*) AS items,
    count(DISTINCT model) AS models,
    min(requested_id) AS example,
    nullif(left(arg_min(coalesce(error, ''), (requested_id, path)), 200), '') AS error
FROM ended
WHERE outcome NOT IN ('ok', 'unchanged', 'absent')
GROUP BY item, outcome, http_status
ORDER BY items DESC, item, outcome, http_status NULLS FIRST
