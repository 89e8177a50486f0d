-- title: Announced and silent changes
-- question: Which kinds of change does anything tell of, and which are made without a word?
-- param since TIMESTAMP = NULL: only changes at or after this UTC time
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column thing VARCHAR: what changed: config, labels, license, base_model, task, library, gating, weights (the content of a
--   weight file), weight_format (pickle to safetensors and the like), files (their content), files added or removed
-- column updates BIGINT: steps from one commit to another in which it changed, however many fields or files with it
-- column models BIGINT: models concerned
-- column silent BIGINT: updates of which neither card text, tag, name nor new_version tells
-- column silent_share DOUBLE: silent of updates, 0 to 1
-- column in_card BIGINT: updates with which the card's text changed
-- column in_tags BIGINT: updates with which a tag of the author's changed
-- column in_name BIGINT: updates with which the name changed
-- column in_new_version BIGINT: updates with which the card names a successor
-- trap: between two harvests lie many commits: what changed within a step counts as told by whatever else changed in it.
--   With `--with history` a step is a commit
-- trap: that the text of a card changed does not say that it tells of the change
-- trap: without `--with cards` that the text changed is guessed from sizes
-- trap: weights are told by the ending of a file's name; README.md, files of which config rows tell, and noise are left out
-- see: 40.87% of weight changes are reflected neither in name nor in documentation (52,227 models); 1,899 of 145,445
--   updated models used new_version (2025, 17 weeks)
WITH documents AS (
    SELECT DISTINCT hub_id, to_sha, path
    FROM changes
    WHERE kind IN ('config', 'label')
),

told AS (
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
        END AS thing
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
        thing,
        hub_id,
        to_sha,
        list_distinct(flatten(list(coalesce(announced_by, CAST([] AS VARCHAR[]))))) AS words
    FROM told
    GROUP BY thing, hub_id, to_sha
)

SELECT
    thing,
    count(*) AS updates,
    count(DISTINCT hub_id) AS models,
    count(*) FILTER (WHERE len(words) = 0) AS silent,
    round(count(*) FILTER (WHERE len(words) = 0) / count(*), 4) AS silent_share,
    count(*) FILTER (WHERE list_contains(words, 'card_body')) AS in_card,
    count(*) FILTER (WHERE list_contains(words, 'tag')) AS in_tags,
    count(*) FILTER (WHERE list_contains(words, 'name')) AS in_name,
    count(*) FILTER (WHERE list_contains(words, 'new_version')) AS in_new_version
FROM updates
GROUP BY thing
ORDER BY updates DESC, thing
