-- title: Best candidates for a use
-- question: Which models are the first to look at for a task, and why?
-- param pipeline_tag VARCHAR = 'text-generation': the task
-- param language VARCHAR = NULL: only models that declare this language
-- param license_class VARCHAR = NULL: only licences of this class: open, restricted, non-commercial or none
-- param max_bytes BIGINT = NULL: only models whose weights and a fifth more fit into this memory, in bytes
-- param limit BIGINT = 20: rows to return
-- column repo_id VARCHAR: name of the model
-- column score BIGINT: 0 to 100: the sum of the points of the reasons
-- column reasons VARCHAR: what the points are for, in words
-- column license VARCHAR: licence by the Hub's tag; NULL if none is declared
-- column parameters BIGINT: number of parameters; NULL if unknown
-- column min_memory_bytes BIGINT: bytes of its weights and a fifth more; NULL if unknown
-- column context_length BIGINT: positions that it can use; NULL if unknown
-- column downloads BIGINT: downloads in 30 days; NULL if not reported
-- trap: the score orders models and measures no quality: 50 points for the share of other models with fewer downloads, and
--   10 for each of five facts
-- trap: what is unknown has no points, and a model of which a fact is unknown meets no condition about it
-- trap: adapters are left out; only the 1,000 most downloaded models that meet the conditions are scored
-- see: `harvester find --explain` has the same score, more criteria, and near misses
WITH adapters AS (
    SELECT DISTINCT hub_id
    FROM files
    WHERE path = 'adapter_config.json'
),

fitting AS MATERIALIZED (
    SELECT
        hub_id, repo_id, license, parameters, min_memory_bytes, downloads, likes, file_count,
        coalesce(context_length_effective, context_length) AS context_length,
        coalesce(names_code, FALSE) OR coalesce(remote_code, FALSE)
        OR coalesce(list_contains(tags, 'custom_code'), FALSE) AS names_code
    FROM models
    WHERE lower(pipeline_tag) = lower($pipeline_tag)
        AND ($language IS NULL OR list_contains(languages, lower($language)))
        AND ($license_class IS NULL OR license_class(license) = $license_class)
        AND ($max_bytes IS NULL OR min_memory_bytes <= $max_bytes)
        AND peft_type IS NULL AND config_path IS DISTINCT FROM 'adapter_config.json'
        AND base_relation IS DISTINCT FROM 'adapter' AND hub_id NOT IN (SELECT hub_id FROM adapters)
    ORDER BY downloads DESC NULLS LAST, likes DESC NULLS LAST, repo_id
    LIMIT 1000
),

ranks AS (
    SELECT downloads, (sum(count(*)) OVER (ORDER BY downloads) - count(*)) / nullif(sum(count(*)) OVER () - 1, 0) AS above
    FROM models
    WHERE downloads IS NOT NULL
    GROUP BY downloads
),

stored AS (
    SELECT
        hub_id,
        bool_or(unsafe) FILTER (WHERE role IN ('weights', 'framework_export')) AS pickle,
        bool_or(role = 'card') AS card
    FROM files
    WHERE hub_id IN (SELECT hub_id FROM fitting)
    GROUP BY hub_id
),

loading AS (
    SELECT hub_id, reusable, missing, needs_remote_code
    FROM reuse
    WHERE hub_id IN (SELECT hub_id FROM fitting)
),

facts AS (
    SELECT
        fitting.repo_id, fitting.license, fitting.parameters, fitting.min_memory_bytes, fitting.context_length,
        fitting.downloads, fitting.likes, ranks.above, loading.reusable, loading.missing,
        CASE license_class(fitting.license) WHEN 'open' THEN TRUE WHEN 'unknown' THEN NULL ELSE FALSE END AS open_license,
        CASE
            WHEN fitting.names_code OR loading.needs_remote_code THEN FALSE
            WHEN fitting.file_count IS NOT NULL OR stored.pickle IS NOT NULL THEN NOT stored.pickle
            WHEN stored.pickle THEN FALSE
        END AS safe,
        CASE WHEN stored.card THEN TRUE WHEN fitting.file_count IS NOT NULL THEN FALSE END AS card,
        CASE
            WHEN fitting.hub_id IN (SELECT hub_id FROM evaluations WHERE value IS NOT NULL) THEN TRUE
            WHEN fitting.hub_id IN (SELECT hub_id FROM cards) THEN FALSE
        END AS evaluated
    FROM fitting
    LEFT JOIN ranks ON ranks.downloads = fitting.downloads
    LEFT JOIN stored ON stored.hub_id = fitting.hub_id
    LEFT JOIN loading ON loading.hub_id = fitting.hub_id
),

pointed AS (
    SELECT
        *,
        coalesce(CAST(round(50 * coalesce(above, 0)) AS BIGINT), 0) AS popularity,
        [
            {'holds': open_license, 'yes': 'open licence', 'no': 'licence not open', 'unknown': 'class of licence unknown'},
            {
                'holds': reusable, 'yes': 'no file missing',
                'no': 'missing: ' || array_to_string(missing, ', '), 'unknown': 'unknown whether a file is missing'
            },
            {'holds': safe, 'yes': 'no own code, no pickle', 'no': 'own code or pickle', 'unknown': 'safety unknown'},
            {'holds': card, 'yes': 'card', 'no': 'no card', 'unknown': 'unknown whether it has a card'},
            {
                'holds': evaluated, 'yes': 'reports a result', 'no': 'reports no result',
                'unknown': 'unknown whether it reports a result'
            }
        ] AS reasons
    FROM facts
)

SELECT
    repo_id,
    popularity + 10 * len(list_filter(reasons, lambda one: coalesce(one.holds, FALSE))) AS score,
    array_to_string(
        list_prepend(
            popularity || ' for downloads' || CASE WHEN downloads IS NULL THEN ' (unknown)' ELSE '' END,
            list_transform(
                reasons,
                lambda one: CASE
                    WHEN one.holds THEN '10: ' || one.yes WHEN NOT one.holds THEN '0: ' || one.no ELSE '0: ' || one.unknown
                END
            )
        ),
        '; '
    ) AS reasons,
    license,
    parameters,
    min_memory_bytes,
    context_length,
    downloads
FROM pointed
ORDER BY score DESC, downloads DESC NULLS LAST, likes DESC NULLS LAST, repo_id
LIMIT $limit
