-- title: Members of a selection over time
-- question: How many models did a selection have at each complete listing, and how many entered and left?
-- param selection VARCHAR = '': only the selection with this name or id; '' for all
-- column selection VARCHAR: its name, else its id
-- column run_id VARCHAR: run
-- column listed_at TIMESTAMP: end of its listing, UTC
-- column members BIGINT: models that it listed
-- column entered BIGINT: of these, models that the listing before did not have; NULL for the first
-- column left_since BIGINT: models of the listing before that it did not have; NULL for the first
-- trap: a model that left a top-N or a sample may still be on the Hub; tombstones has those that are gone
-- trap: runs with --updates list only what changed and are left out
-- see: macro members_at(selection, time) for the members themselves
WITH listings AS (
    SELECT
        coalesce(selections.name, selections.selection_id) AS selection,
        selections.selection_id,
        runs.run_id,
        runs.listed_at,
        lag(runs.run_id) OVER (PARTITION BY selections.selection_id ORDER BY runs.run_id) AS previous
    FROM runs
    JOIN selections ON selections.selection_id = runs.selection_id
    WHERE
        runs.listed_at IS NOT NULL AND runs.updates_since IS NULL
        AND ($selection = '' OR selections.name = $selection OR selections.selection_id = $selection)
),

steps AS (
    SELECT listings.selection_id, listings.run_id, member.hub_id, true AS is_member, false AS was_member
    FROM listings
    JOIN selection_members AS member
        ON member.selection_id = listings.selection_id AND member.run_id = listings.run_id
    UNION ALL
    SELECT listings.selection_id, listings.run_id, member.hub_id, false, true
    FROM listings
    JOIN selection_members AS member
        ON member.selection_id = listings.selection_id AND member.run_id = listings.previous
),

states AS (
    SELECT selection_id, run_id, hub_id, bool_or(is_member) AS is_member, bool_or(was_member) AS was_member
    FROM steps
    GROUP BY selection_id, run_id, hub_id
)

SELECT
    listings.selection,
    listings.run_id,
    listings.listed_at,
    count(*) FILTER (states.is_member) AS members,
    CASE
        WHEN listings.previous IS NOT NULL THEN count(*) FILTER (states.is_member AND NOT states.was_member)
    END AS entered,
    CASE
        WHEN listings.previous IS NOT NULL THEN count(*) FILTER (states.was_member AND NOT states.is_member)
    END AS left_since
FROM listings
LEFT JOIN states ON states.selection_id = listings.selection_id AND states.run_id = listings.run_id
GROUP BY listings.selection, listings.run_id, listings.listed_at, listings.previous
ORDER BY listings.selection, listings.run_id
