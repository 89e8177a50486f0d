-- title: Coverage
-- question: For how many models is each item known, and is it up to date?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column item VARCHAR: item
-- column models BIGINT: live models
-- column known BIGINT: those for which it is known
-- column current BIGINT: those for which it is known at the commit listed last
-- column share DOUBLE: known / models, 0 to 1
-- column download_share DOUBLE: share of the downloads of all chosen models that the known ones have, 0 to 1
-- trap: file names come with the listing, so they are always current; sizes and hashes come with the manifest
-- see: anyone who must check a harvest before quoting it
WITH items AS (
    SELECT
        downloads,
        unnest([
            {'place': 1, 'item': 'file names', 'known': file_count IS NOT NULL, 'current': file_count IS NOT NULL},
            {'place': 2, 'item': 'manifest', 'known': manifest_sha IS NOT NULL, 'current': manifest_sha = sha},
            {'place': 3, 'item': 'requested documents', 'known': config_sha IS NOT NULL, 'current': config_sha = sha},
            {
                'place': 4,
                'item': 'readable config',
                'known': config_status IN ('ok', 'lenient'),
                'current': config_status IN ('ok', 'lenient') AND config_sha = sha
            },
            {'place': 5, 'item': 'parameters', 'known': parameters IS NOT NULL, 'current': parameters IS NOT NULL}
        ], recursive := true)
    FROM models
    WHERE coalesce(downloads, 0) >= $min_downloads
)

SELECT
    item,
    count(*) AS models,
    count(*) FILTER (WHERE known) AS known,
    count(*) FILTER (WHERE current) AS current,
    round(count(*) FILTER (WHERE known) / count(*), 4) AS share,
    round(sum(downloads) FILTER (WHERE known) / nullif(sum(downloads), 0), 4) AS download_share
FROM items
GROUP BY place, item
ORDER BY place
