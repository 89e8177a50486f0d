-- title: Announced and silent changes
-- question: Which kinds of change are announced, and which are made silently?
-- param since TIMESTAMP = NULL: only changes at or after this UTC time
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column item VARCHAR: what changed: config, labels, license, base_model, task, library, gating, weights (content of a
--   weight file), weight_format (pickle to safetensors and the like), files (content), files added or removed
-- column updates BIGINT: steps from one commit to another in which it changed, whatever the number of fields or files
-- column models BIGINT: number of models
-- column silent BIGINT: updates that are not announced in card text, tag, name or new_version
-- column silent_share DOUBLE: silent / updates, 0 to 1
-- column in_card BIGINT: updates in which the text of the card changed too
-- column in_tags BIGINT: updates in which a tag set by the author changed too
-- column in_name BIGINT: updates in which the name changed too
-- column in_new_version BIGINT: updates in which the card names a successor
-- trap: there are many commits between two harvests: a change counts as announced by anything else that changed in the
--   same step. With `--with history` a step is a commit
-- trap: a changed card text does not prove that the text mentions the change
-- trap: without `--with cards`, a change of the text is inferred from sizes
-- trap: weights are recognised by file extension; README.md, files that have config rows, and noise are left out
-- see: 40.87% of weight changes are reflected neither in name nor in documentation (52,227 models); 1,899 of 145,445
--   updated models used new_version (2025, 17 weeks)
WITH documents AS (
    SELECT DISTINCT hub_id, to_sha, path
    FROM changes
    WHERE kind IN ('config', 'label')
),

reported AS (
    SELECT
        changes.hub_id,
        changes.to_sha,
        changes.announced_by,
        CASE
            WHEN changes.kind = 'label' THEN 'labels'
            WHEN changes.kind = 'lineage' THEN 'base_model'
            WHEN changes.field = 'pipeline_tag' AND changes.kind = 'card' THEN 'task'
            WHEN changes.field = 'library_name' AND changes.kind = 'card' THEN 'library'
            WHEN changes.kind <> 'file' THEN changes.kind
            WHEN changes.field = 'weight_format' THEN 'weight_format'
            WHEN changes.change <> 'changed' THEN 'files added or removed'
            WHEN regexp_matches(
                lower(changes.path), '\.(safetensors|bin|gguf|pt|pth|ckpt|h5|msgpack|onnx|tflite|mlmodel|npz|nemo)$'
            ) THEN 'weights'
            ELSE 'files'
        END AS item
    FROM changes
    LEFT JOIN models ON models.hub_id = changes.hub_id
    LEFT JOIN documents
        ON changes.kind = 'file' AND documents.hub_id = changes.hub_id AND documents.to_sha = changes.to_sha
        AND documents.path = changes.path
    WHERE
        NOT coalesce(changes.noise, false)
        AND documents.path IS NULL
        AND changes.path IS DISTINCT FROM 'README.md'
        AND ($since IS NULL OR changes.changed_at >= CAST($since AS TIMESTAMP))
        AND coalesce(models.downloads, 0) >= $min_downloads
),

updates AS (
    SELECT
        item,
        hub_id,
        to_sha,
        list_distinct(flatten(list(coalesce(announced_by, CAST([] AS VARCHAR[]))))) AS words
    FROM reported
    GROUP BY item, hub_id, to_sha
)

SELECT
    item,
    count(*) AS updates,
    count(DISTINCT hub_id) AS models,
    count(*) FILTER (WHERE len(words) = 0) AS silent,
    round(count(*) FILTER (WHERE len(words) = 0) / count(*), 4) AS silent_share,
    count(*) FILTER (WHERE list_contains(words, 'card_body')) AS in_card,
    count(*) FILTER (WHERE list_contains(words, 'tag')) AS in_tags,
    count(*) FILTER (WHERE list_contains(words, 'name')) AS in_name,
    count(*) FILTER (WHERE list_contains(words, 'new_version')) AS in_new_version
FROM updates
GROUP BY item
ORDER BY updates DESC, item
