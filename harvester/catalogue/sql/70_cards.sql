-- Model cards, and what cards and tags name: one value a row and source.
CREATE TABLE base.card AS
WITH read AS (
    SELECT oid, kind, run_id, count(*) AS copies FROM lake_cards GROUP BY oid, kind, run_id
),
newest AS (
    SELECT oid, kind, max(run_id) AS run_id, arg_max(copies, run_id) AS copies FROM read GROUP BY oid, kind
),
-- Two workers may have read the same card data at once; all other rows are streamed.
chosen AS (
    SELECT cards.* FROM lake_cards AS cards JOIN newest USING (oid, kind, run_id) WHERE newest.copies = 1
    UNION ALL
    (SELECT DISTINCT ON (cards.oid, cards.kind) cards.*
    FROM lake_cards AS cards JOIN newest USING (oid, kind, run_id) WHERE newest.copies > 1)
)
SELECT row_number() OVER ()::INTEGER - 1 AS card, chosen.* FROM chosen;

-- README.md where it was requested, and the card data of the newest manifest. A tree that was read only for its dates has
-- no card data.
CREATE TABLE base.model_card AS
WITH requested AS (
    SELECT hub_id, sha, scope, standing FROM head_visit WHERE scope = 'cards' OR scope LIKE 'documents:%'
),
readme_ref AS (
    SELECT DISTINCT hub_id, sha, oid FROM lake_refs WHERE kind = 'card'
    UNION
    -- Refused here, but the same card is public elsewhere.
    SELECT fetches.hub_id, fetches.sha, files.oid
    FROM lake_fetches AS fetches
    JOIN lake_files AS files ON files.hub_id = fetches.hub_id AND files.sha = fetches.sha AND files.path = fetches.path
    SEMI JOIN base.card AS card ON card.oid = files.oid AND card.kind = 'card'
    WHERE fetches.item = 'document' AND fetches.path = 'README.md' AND fetches.outcome IN ('gated', 'disabled', 'private_or_deleted')
),
readme_head AS (
    SELECT requested.hub_id, arg_max(requested.sha, requested.standing) AS sha
    FROM requested LEFT JOIN readme_ref USING (hub_id, sha)
    WHERE requested.scope = 'cards' OR readme_ref.oid IS NOT NULL
    GROUP BY requested.hub_id
),
readme AS (
    SELECT key.model, readme_ref.sha, any_value(readme_ref.oid) AS oid
    FROM readme_head JOIN readme_ref USING (hub_id, sha) JOIN base.model_key AS key USING (hub_id)
    GROUP BY key.model, readme_ref.sha
),
several AS (SELECT hub_id FROM lake_manifests GROUP BY hub_id HAVING count(*) > 1),
reported AS (
    SELECT hub_id, sha, max((run_id, fetched_at)) AS newest, max(card_data_oid) AS oid
    FROM lake_manifests SEMI JOIN several USING (hub_id)
    WHERE source <> 'tree' OR used_storage IS NOT NULL OR card_data_oid IS NOT NULL
    GROUP BY hub_id, sha
),
hub AS (
    SELECT key.model, manifests.sha, manifests.card_data_oid AS oid
    FROM lake_manifests AS manifests
    JOIN base.model_key AS key USING (hub_id)
    ANTI JOIN several USING (hub_id)
    ANTI JOIN base.never_current AS pinned ON pinned.hub_id = manifests.hub_id AND pinned.sha = manifests.sha
    WHERE manifests.source <> 'tree' OR manifests.used_storage IS NOT NULL OR manifests.card_data_oid IS NOT NULL
    UNION ALL
    SELECT key.model,
        arg_max(reported.sha, (reported.sha IS NOT DISTINCT FROM name.sha, reported.newest)),
        arg_max_null(reported.oid, (reported.sha IS NOT DISTINCT FROM name.sha, reported.newest))
    FROM reported
    JOIN base.model_key AS key USING (hub_id)
    JOIN base.name AS name ON name.model = key.model AND name.to_run = 2147483647
    ANTI JOIN base.never_current AS pinned ON pinned.hub_id = reported.hub_id AND pinned.sha = reported.sha
    GROUP BY key.model
)
SELECT coalesce(readme.model, hub.model) AS model, readme.sha AS readme_sha, readme.oid AS readme_oid,
    readme_card.card AS readme_card, hub.sha AS hub_sha, hub_card.card AS hub_card,
    coalesce(readme_card.card, hub_card.card) AS card
FROM readme FULL JOIN hub ON hub.model = readme.model
LEFT JOIN base.card AS readme_card ON readme_card.oid = readme.oid AND readme_card.kind = 'card'
LEFT JOIN base.card AS hub_card ON hub_card.oid = hub.oid AND hub_card.kind = 'card_data'
WHERE readme_card.card IS NOT NULL OR hub_card.card IS NOT NULL;

CREATE VIEW cards AS
SELECT key.hub_id, name.repo_id, CASE WHEN place.readme_card IS NULL THEN place.hub_sha ELSE place.readme_sha END AS sha,
    CASE WHEN place.readme_card IS NOT NULL THEN lower(hex(place.readme_oid)) END AS oid,
    card.front_matter::JSON AS front_matter, card.body_length, card.sections, card.status, card.reason, card.license,
    card.license_name, card.license_link, card.pipeline_tag, card.library_name, card.base_model_relation,
    card.body_base_models, card.metrics, card.new_version, card.co2_grams, card.co2_source, card.gate
FROM base.model_card AS place
JOIN base.card AS card ON card.card = place.card
JOIN base.model_key AS key ON key.model = place.model
JOIN base.name AS name ON name.model = place.model AND name.to_run = 2147483647
UNION ALL BY NAME
-- Too large to be fetched, and nothing else is known of it.
SELECT key.hub_id, name.repo_id, unread.sha, unread.outcome AS status, unread.error AS reason
FROM (
    SELECT hub_id, arg_max(sha, (run_id, fetched_at)) AS sha, arg_max(outcome, (run_id, fetched_at)) AS outcome,
        arg_max(error, (run_id, fetched_at)) AS error
    FROM fetches WHERE item = 'document' AND path = 'README.md' GROUP BY hub_id
) AS unread
JOIN base.model_key AS key USING (hub_id)
JOIN base.name AS name ON name.model = key.model AND name.to_run = 2147483647
WHERE unread.outcome = 'oversized' AND key.model NOT IN (SELECT model FROM base.model_card);

-- Each model with each of its sources: the card data that the Hub returns, and README.md itself.
CREATE VIEW base.card_source AS
SELECT model, hub_card AS card, 'hub' AS source FROM base.model_card WHERE hub_card IS NOT NULL
UNION ALL SELECT model, readme_card, 'card' FROM base.model_card WHERE readme_card IS NOT NULL;

-- The same with names. What a list holds is unnested above the joins, so that a condition on the model reaches them.
CREATE VIEW base.named_card AS
SELECT key.hub_id, name.repo_id, source.source, card.languages, card.language_codes, card.datasets, card.papers,
    card.body_papers
FROM base.card_source AS source
JOIN base.card AS card USING (card)
JOIN base.model_key AS key USING (model)
JOIN base.name AS name ON name.model = source.model AND name.to_run = 2147483647;

CREATE VIEW base.model_tag AS
SELECT tagged.model, tagged.hub_id, tagged.repo_id, tagged.sha, held.kind, held.value, held.code, held.tag
-- By the key, whose order lets the tags of one model be found without reading all models.
FROM (
    SELECT model, key.hub_id, own.repo_id, own.sha, unnest(own.tags) AS tag
    FROM base.model_key AS key JOIN base.model AS own USING (model)
) AS tagged
JOIN base.tag_meaning AS held ON held.tag = tagged.tag;

CREATE VIEW languages AS
SELECT hub_id, repo_id, unnest(languages) AS language, unnest(language_codes) AS code, source FROM base.named_card
UNION ALL
-- The card decides which tags are languages, where it was read at the commit of the tags.
SELECT DISTINCT tagged.hub_id, tagged.repo_id, tagged.value, tagged.code, 'tag'
FROM base.model_tag AS tagged
LEFT JOIN base.model_card AS place ON place.model = tagged.model AND tagged.sha IN (place.readme_sha, place.hub_sha)
LEFT JOIN base.card AS card ON card.card = place.card AND card.status IN ('ok', 'lenient', 'absent')
WHERE tagged.kind IN ('language', 'doubtful_language')
    AND coalesce(list_contains(card.languages, tagged.value), tagged.kind = 'language');

CREATE VIEW datasets AS
SELECT hub_id, repo_id, unnest(datasets) AS dataset, source FROM base.named_card
UNION ALL
SELECT DISTINCT hub_id, repo_id, value, 'tag' FROM base.model_tag WHERE kind = 'dataset';

CREATE VIEW papers AS
WITH stated AS (
    SELECT hub_id, repo_id, source, unnest(papers) AS paper FROM base.named_card
    UNION ALL
    SELECT hub_id, repo_id, 'card_body', unnest(body_papers) FROM base.named_card
)
SELECT hub_id, repo_id, split_part(paper, ':', 1) AS kind, paper[strpos(paper, ':') + 1:] AS paper, source FROM stated
UNION ALL
SELECT DISTINCT hub_id, repo_id, kind, value, 'tag' FROM base.model_tag WHERE kind IN ('arxiv', 'doi');

CREATE TABLE base.evaluation AS
SELECT DISTINCT ON (card.card, results.place) card.card, results.*
FROM lake_evaluations AS results
JOIN base.card AS card ON card.oid = results.oid AND card.kind = results.kind AND card.run_id = results.run_id
ORDER BY card.card, results.place;

-- Files of the Hub's own place for results, read along with the card.
CREATE TABLE base.evaluation_file AS
WITH head AS (
    SELECT key.model, arg_max(
            visits.sha, (visits.state = 'complete', visits.sha IS NOT DISTINCT FROM name.sha, visits.visited_at)
        ) AS sha
    FROM lake_visits AS visits
    JOIN base.model_key AS key USING (hub_id)
    JOIN base.name AS name ON name.model = key.model AND name.to_run = 2147483647
    WHERE visits.scope = 'cards' GROUP BY key.model
),
stored AS (
    SELECT DISTINCT head.model, refs.path, refs.oid
    FROM head
    JOIN base.model_key AS key USING (model)
    JOIN lake_refs AS refs ON refs.hub_id = key.hub_id AND refs.sha = head.sha
    WHERE refs.kind = 'eval_results'
)
SELECT DISTINCT ON (stored.model, stored.path, results.place) stored.model, stored.path, results.* EXCLUDE (run_id, kind)
FROM stored
JOIN base.doc AS doc ON doc.oid = stored.oid AND doc.kind = 'eval_results'
JOIN lake_evaluations AS results ON results.oid = doc.oid AND results.kind = doc.kind AND results.run_id = doc.run_id
ORDER BY stored.model, stored.path, results.place;

CREATE VIEW evaluations AS
SELECT key.hub_id, name.repo_id, result.model_name, result.task, result.dataset, result.dataset_name,
    result.dataset_config, result.dataset_split, result.metric, result.metric_name, result.value, result.number,
    result.verified, 'card' AS source, result.source_name, result.source_url, NULL::VARCHAR AS source_user,
    NULL::DATE AS date, NULL::VARCHAR AS dataset_revision, NULL::VARCHAR AS notes, NULL::INTEGER AS pull_request,
    NULL::VARCHAR AS path, NULL::VARCHAR AS error
FROM base.model_card AS place
JOIN base.evaluation AS result ON result.card = place.card
JOIN base.model_key AS key ON key.model = place.model
JOIN base.name AS name ON name.model = place.model AND name.to_run = 2147483647
UNION ALL BY NAME
SELECT key.hub_id, name.repo_id, result.* EXCLUDE (model, oid, place) REPLACE (result.date::DATE AS date), 'file' AS source
FROM base.evaluation_file AS result
JOIN base.model_key AS key ON key.model = result.model
JOIN base.name AS name ON name.model = result.model AND name.to_run = 2147483647
WHERE NOT EXISTS (
    SELECT 1 FROM base.hub_evaluation AS reported
    WHERE reported.model = result.model AND reported.path = result.path AND reported.pull_request IS NULL
        AND reported.dataset IS NOT DISTINCT FROM result.dataset AND reported.task IS NOT DISTINCT FROM result.task
        AND reported.number IS NOT DISTINCT FROM result.number
)
UNION ALL BY NAME
SELECT key.hub_id, name.repo_id, result.* EXCLUDE (model) REPLACE (result.date::DATE AS date), 'hub' AS source
FROM base.hub_evaluation AS result
JOIN base.model_key AS key ON key.model = result.model
JOIN base.name AS name ON name.model = result.model AND name.to_run = 2147483647;

CREATE TABLE base.license_text AS
SELECT oid, arg_max_null(license, run_id) AS license, arg_max_null(title, run_id) AS title,
    arg_max_null(reason, run_id) AS reason
FROM lake_license_texts GROUP BY oid;

CREATE TABLE base.license_file AS
SELECT DISTINCT ON (head.model, text.license) head.model, text.license, text.title, refs.path
FROM lake_refs AS refs
JOIN base.model_key AS key USING (hub_id)
JOIN base.config_head AS head ON head.model = key.model AND head.sha = refs.sha
JOIN base.license_text AS text ON text.oid = refs.oid
WHERE refs.kind = 'license' AND text.license IS NOT NULL
ORDER BY head.model, text.license, refs.path;

CREATE VIEW licenses AS
WITH carded AS (
    SELECT key.hub_id, name.repo_id, unnest(CASE WHEN len(card.licenses) > 0 THEN card.licenses
            WHEN card.license_name IS NOT NULL OR card.license_link IS NOT NULL THEN ['other'] END) AS license,
        card.license_name, card.license_link
    FROM base.model_card AS place JOIN base.card AS card USING (card)
    JOIN base.model_key AS key ON key.model = place.model
    JOIN base.name AS name ON name.model = place.model AND name.to_run = 2147483647
)
SELECT DISTINCT hub_id, repo_id, 'tag' AS source, lower(value) AS license, NULL AS name, NULL AS link
FROM base.model_tag WHERE kind = 'license'
UNION ALL
SELECT DISTINCT hub_id, repo_id, 'card', lower(license), license_name, license_link FROM carded
UNION ALL
SELECT key.hub_id, name.repo_id, held.source, held.license, held.name, held.link
FROM (
    SELECT model, 'file' AS source, license, title AS name, path AS link FROM base.license_file
    UNION ALL
    SELECT DISTINCT ON (model, license) model, 'weights', license, name, link FROM base.weights_license
) AS held
JOIN base.model_key AS key USING (model)
JOIN base.name AS name ON name.model = held.model AND name.to_run = 2147483647;
