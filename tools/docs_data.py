"""What the data dictionary adds to the schema: the themes of its tables, and one example for each. A test runs them."""

#: Theme: what it is about, and its tables in reading order.
THEMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "Models": (
        "What a model is: facts of the listing, labels and tags, and what is needed to use it.",
        ("models", "labels", "tags", "languages", "datasets", "papers", "reuse", "conflicts"),
    ),
    "Files and weights": (
        "Which files a model has, and what the headers of its weights say.",
        ("files", "weights", "weight_sets"),
    ),
    "Configs and documents": (
        "Every config document, field by field, and the bytes that it was read from.",
        ("configs", "config_fields", "documents", "cards"),
    ),
    "Licences": ("Every licence that a model declares, by source.", ("licenses",)),
    "Lineage": ("What a model was made from.", ("lineage", "lineage_edges", "lineage_roots")),
    "Evaluations": ("Results that models report.", ("evaluations",)),
    "Changes and history": (
        "What changed, when, and whether the author announced it.",
        ("changes", "commits", "file_versions", "tombstones", "names"),
    ),
    "The harvest": (
        "What was requested, what came back, and who was selected.",
        (
            "runs",
            "selections",
            "selection_members",
            "model_weights",
            "observations",
            "fetches",
            "pending",
            "extractor_errors",
        ),
    ),
}

#: Table: a statement that shows what it is for.
EXAMPLES: dict[str, str] = {
    "models": "SELECT repo_id, license, parameters, context_length, downloads FROM models ORDER BY downloads DESC LIMIT 5",
    "labels": "SELECT repo_id, label_id, label FROM labels ORDER BY repo_id, label_id LIMIT 5",
    "tags": "SELECT tag, count(*) AS models FROM tags GROUP BY tag ORDER BY models DESC, tag LIMIT 5",
    "languages": "SELECT code, count(DISTINCT hub_id) AS models FROM languages GROUP BY code ORDER BY models DESC, code LIMIT 5",
    "datasets": "SELECT dataset, count(DISTINCT hub_id) AS models FROM datasets GROUP BY dataset ORDER BY models DESC, dataset LIMIT 5",
    "papers": "SELECT paper, count(DISTINCT hub_id) AS models FROM papers GROUP BY paper ORDER BY models DESC, paper LIMIT 5",
    "reuse": "SELECT repo_id, reusable, loads_with, missing FROM reuse ORDER BY reusable, repo_id LIMIT 5",
    "conflicts": "SELECT * EXCLUDE (hub_id) FROM conflicts ORDER BY ALL LIMIT 5",
    "files": "SELECT role, format, count(*) AS files, sum(size) AS bytes FROM files GROUP BY ALL ORDER BY bytes DESC NULLS LAST, role, format LIMIT 5",
    "weights": "SELECT repo_id, path, format, tensor_count, parameters FROM weights ORDER BY parameters DESC NULLS LAST, repo_id, path LIMIT 5",
    "weight_sets": "SELECT * EXCLUDE (hub_id) FROM weight_sets ORDER BY ALL LIMIT 3",
    "configs": "SELECT path, status, count(*) AS documents FROM configs GROUP BY ALL ORDER BY documents DESC, path, status LIMIT 5",
    "config_fields": "SELECT field, type, count(*) AS models FROM config_fields WHERE path = 'config.json' AND field LIKE 'rope%' GROUP BY ALL ORDER BY models DESC, field, type LIMIT 5",
    "documents": "SELECT documents.oid, documents.size, count(DISTINCT configs.hub_id) AS models FROM documents JOIN configs USING (oid) GROUP BY ALL ORDER BY models DESC, documents.oid LIMIT 5",
    "cards": "SELECT repo_id, status, body_length, sections[:3] AS sections FROM cards ORDER BY body_length DESC NULLS LAST, repo_id LIMIT 5",
    "licenses": "SELECT source, license, count(*) AS models FROM licenses GROUP BY ALL ORDER BY models DESC, source, license LIMIT 5",
    "lineage": "SELECT child, parent, relation, source FROM lineage ORDER BY child, parent, source LIMIT 5",
    "lineage_edges": "SELECT * EXCLUDE (child_hub_id, parent_hub_id) FROM lineage_edges ORDER BY ALL LIMIT 5",
    "lineage_roots": "SELECT root, max(depth) AS generations, count(*) AS descendants FROM lineage_roots GROUP BY root ORDER BY descendants DESC, root LIMIT 5",
    "evaluations": "SELECT repo_id, dataset, metric, value, source FROM evaluations ORDER BY repo_id, dataset, metric, source LIMIT 5",
    "changes": "SELECT repo_id, kind, field, old, new, announced_by FROM changes WHERE kind = 'config' AND NOT noise ORDER BY changed_at DESC, repo_id, field LIMIT 5",
    "commits": "SELECT repo_id, position, title, committed_at FROM commits ORDER BY repo_id, position LIMIT 5",
    "file_versions": "SELECT repo_id, path, count(*) AS versions FROM file_versions GROUP BY ALL ORDER BY versions DESC, repo_id, path LIMIT 5",
    "tombstones": "SELECT repo_id, cause, renamed_to, last_seen FROM tombstones ORDER BY repo_id LIMIT 5",
    "names": "SELECT hub_id, count(*) AS names, arg_max(repo_id, last_seen) AS newest FROM names GROUP BY hub_id HAVING names > 1 ORDER BY newest LIMIT 5",
    "runs": "SELECT run_id, status, listed, planned, requests_api, requests_resolvers, quota_share FROM runs ORDER BY run_id",
    "selections": "SELECT * FROM selections",
    "model_weights": "SELECT selection_id, count(*) AS models, sum(weight) AS represented FROM model_weights GROUP BY ALL",
    "selection_members": "SELECT repo_id, run_id, rank FROM selection_members JOIN models USING (hub_id) WHERE rank <= 2 ORDER BY run_id, rank",
    "observations": "SELECT repo_id, observed_at::DATE AS day, downloads, likes FROM observations WHERE repo_id = (SELECT min(repo_id) FROM models) ORDER BY day",
    "fetches": "SELECT item, outcome, count(*) AS requests FROM fetches GROUP BY ALL ORDER BY requests DESC, item, outcome LIMIT 5",
    "pending": "SELECT count(*) AS pending FROM pending",
    "extractor_errors": "SELECT count(*) AS errors FROM extractor_errors",
}

#: Macro: a statement that shows what it is for.
MACRO_EXAMPLES: dict[str, str] = {
    "license_class": "SELECT license_class(license) AS class, count(*) AS models FROM models GROUP BY ALL ORDER BY models DESC, class",
    "size_class": "SELECT size_class(parameters) AS size, count(*) AS models FROM models GROUP BY ALL ORDER BY models DESC, size",
    "root_of": "SELECT root, depth FROM root_of('amber-ibis/thohika-roberta-large-chemistry')",
    "family_of": "SELECT repo_id, depth, license FROM family_of('tidal-labs/Krodoma-7B') ORDER BY depth, repo_id",
    "members_at": "SELECT count(*) AS members FROM members_at((SELECT selection_id FROM selections LIMIT 1), TIMESTAMP '2026-01-01 12:00:00')",
    "models_at": "SELECT presence, count(*) AS models FROM models_at(TIMESTAMP '2026-01-01 12:00:00') GROUP BY ALL ORDER BY presence",
    "files_at": "SELECT path, size FROM files_at('saffron-ai/Darolo-7B-Instruct', (SELECT sha FROM models WHERE repo_id = 'saffron-ai/Darolo-7B-Instruct')) ORDER BY path",
    "downloads_series": "SELECT day, downloads, likes FROM downloads_series('amber-ibis/thohika-roberta-large-chemistry') ORDER BY day",
}
