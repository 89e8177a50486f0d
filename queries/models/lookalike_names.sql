-- title: Look-alike names
-- question: Which models have the name of a popular model, below an owner whose name looks almost the same?
-- param min_downloads BIGINT = 10000: downloads in 30 days from which a model counts as popular
-- param distance BIGINT = 2: letters to add, remove, replace or swap at most between the owners' names
-- param limit BIGINT = 100: rows to return
-- column repo_id VARCHAR: the popular model
-- column lookalike VARCHAR: the other model
-- column distance BIGINT: letters that differ between the owners' names; 0: only upper case, '-', '_' or '.' differ
-- column downloads BIGINT: downloads of the popular model in 30 days
-- column lookalike_downloads BIGINT: downloads of the other model in 30 days; NULL if not reported
-- column created_at TIMESTAMP: creation of the popular model, UTC
-- column lookalike_created_at TIMESTAMP: creation of the other model, UTC
-- column same_weights BOOLEAN: a weight file of both has the same SHA-256; NULL if none of the other's is known
-- trap: most of them are the same people under two names, or copies in good faith: look before you accuse
-- trap: owners whose names have fewer than 4 letters are compared by distance 0 only
-- see: 1,574 suspected imitations of names; re-registered names (Unit 42, 2025)
WITH named AS (
    SELECT
        hub_id, repo_id, author, downloads, created_at,
        regexp_replace(lower(split_part(repo_id, '/', -1)), '[-_.]', '', 'g') AS name,
        regexp_replace(lower(author), '[-_.]', '', 'g') AS owner
    FROM models
    WHERE contains(repo_id, '/')
),

pairs AS (
    SELECT
        popular.hub_id,
        popular.repo_id,
        popular.downloads,
        popular.created_at,
        other.hub_id AS other_hub_id,
        other.repo_id AS lookalike,
        other.downloads AS lookalike_downloads,
        other.created_at AS lookalike_created_at,
        CASE
            WHEN popular.owner = other.owner THEN 0
            WHEN least(length(popular.owner), length(other.owner)) >= 4
                THEN damerau_levenshtein(popular.owner, other.owner)
        END AS distance
    FROM named AS popular
    INNER JOIN named AS other ON other.name = popular.name
    WHERE
        popular.downloads >= $min_downloads
        AND lower(popular.author) <> lower(other.author)
        AND coalesce(other.downloads, 0) < popular.downloads
        AND abs(length(popular.owner) - length(other.owner)) <= $distance
),

near AS (
    SELECT *
    FROM pairs
    WHERE distance <= $distance
    ORDER BY downloads DESC, repo_id, distance, lookalike
    LIMIT $limit
),

weights AS (
    SELECT hub_id, list(DISTINCT sha256) AS hashes
    FROM files
    WHERE
        role = 'weights' AND sha256 IS NOT NULL
        AND hub_id IN (SELECT hub_id FROM near UNION ALL SELECT other_hub_id FROM near)
    GROUP BY hub_id
)

SELECT
    near.repo_id,
    near.lookalike,
    near.distance,
    near.downloads,
    near.lookalike_downloads,
    near.created_at,
    near.lookalike_created_at,
    list_has_any(originals.hashes, others.hashes) AS same_weights
FROM near
LEFT JOIN weights AS originals ON originals.hub_id = near.hub_id
LEFT JOIN weights AS others ON others.hub_id = near.other_hub_id
ORDER BY near.downloads DESC, near.repo_id, near.distance, near.lookalike
