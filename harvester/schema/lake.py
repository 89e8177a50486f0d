"""The tables of the lake: Parquet parts that the crawl writes and that the catalogue is built from.

To add a column, add one line here and an argument in ``rows.py``; older parts read as NULL.
"""

from harvester.schema.config_columns import CONFIG_COLUMNS
from harvester.schema.lake_history import COMMITS, FILE_VERSIONS, HISTORIES
from harvester.schema.lake_keys import HUB_ID as _HUB_ID
from harvester.schema.lake_keys import RUN as _RUN
from harvester.schema.lake_keys import SHA as _SHA
from harvester.schema.table import Column, Table

OBSERVED = (
    Column("downloads", "BIGINT", "downloads in the last 30 days"),
    Column("downloads_all_time", "BIGINT", "downloads of all time"),
    Column("likes", "BIGINT", "likes"),
    Column("trending_score", "DOUBLE", "the Hub's trending score"),
    Column("gated", "VARCHAR", "false, auto or manual"),
    Column("private", "BOOLEAN", "private repository"),
    Column("disabled", "BOOLEAN", "disabled by the Hub"),
)

#: Listing facts that change with the repository, unlike counts and flags.
FACTS = (
    Column("repo_id", "VARCHAR", "name when listed"),
    Column("author", "VARCHAR", "namespace"),
    _SHA,
    Column("created_at", "TIMESTAMP", "creation, as reported by the Hub (at least 2022-03-02T23:29:04Z)"),
    Column("last_modified", "TIMESTAMP", "last push"),
    Column("pipeline_tag", "VARCHAR", "task"),
    Column("library_name", "VARCHAR", "library"),
    Column("tags", "VARCHAR[]", "tags, in the Hub's order"),
    Column("base_models", "VARCHAR[]", "names of the base models that the Hub links"),
    Column("base_model_ids", "VARCHAR[]", "their hub_ids"),
    Column("base_relation", "VARCHAR", "relation to them, as reported by the Hub"),
    Column("config_stub", "VARCHAR", "the Hub's own excerpt of the config, JSON, without chat templates"),
    Column("parameters_hub", "BIGINT", "safetensors.total as reported by the Hub"),
    Column("parameters_by_dtype_hub", "VARCHAR", "safetensors.parameters as reported by the Hub, JSON"),
    Column("used_storage", "BIGINT", "bytes that the Hub counts for the repository"),
    Column("listed_files", "BIGINT", "number of file names in the listing; NULL if it had none"),
    Column(
        "eval_results", "VARCHAR", "evalResults as reported by the Hub: JSON list of results in .eval_results files"
    ),
    Column("inference_providers", "VARCHAR", "inferenceProviderMapping as reported by the Hub: JSON list by provider"),
    Column("transformers_info", "VARCHAR", "transformersInfo as reported by the Hub, JSON"),
    Column("gguf", "VARCHAR", "excerpt of one GGUF header, JSON, if the listing requested it (no manifest)"),
    Column("extra", "VARCHAR", "unknown fields and values of an unexpected type, JSON"),
)
#: Facts that do not count as a change: only known from requests for one model, or unknown.
UNCOMPARED = frozenset({"used_storage", "extra"})

LISTING = Table(
    "listing",
    "every row of the open run's listing; dropped when the run ends",
    (
        _RUN,
        Column("position", "BIGINT", "order in which the Hub gave it, from 0"),
        Column("requested_id", "VARCHAR", "requested name, if from an id file"),
        Column("observed_at", "TIMESTAMP", "arrival of the page"),
        _HUB_ID,
        *FACTS,
        *OBSERVED,
        Column("facts_hash", "BIGINT", "digest of the facts, to detect changes"),
        Column("names", "VARCHAR[]", "file names; NULL if the listing had none"),
    ),
    ("run_id", "position"),
)
FACTS_TABLE = Table(
    "facts",
    "listing facts of a model, one row per change",
    (_RUN, Column("observed_at", "TIMESTAMP", "arrival of the page"), _HUB_ID, *FACTS,
     Column("facts_hash", "BIGINT", "digest of the facts"),
     Column("pinned", "BOOLEAN", "true if an id file requested their revision; NULL: they are of the head")),
    ("hub_id", "run_id"),
)  # fmt: skip
OBSERVATIONS = Table(
    "observations",
    "counts and flags of a model, one row per change",
    (_RUN, _HUB_ID, *OBSERVED),
    ("hub_id", "run_id"),
)
SELECTIONS = Table(
    "selections",
    "which models a run selected",
    (Column("selection_id", "VARCHAR", "digest of the flags"), _RUN, Column("flags", "VARCHAR", "the flags, JSON"),
     Column("name", "VARCHAR", "name that the run gave it (--name); NULL: none")),
    ("selection_id",),
)  # fmt: skip
MEMBERS = Table(
    "members",
    "members of a selection, one row when a model entered, left or changed its rank",
    (
        Column("selection_id", "VARCHAR", "selection"),
        _RUN,
        _HUB_ID,
        Column("present", "BOOLEAN", "in the selection from this run on"),
        Column("rank", "BIGINT", "position from 1 if the selection is ordered (top-N, id file), else NULL"),
        Column("weight", "DOUBLE", "number of models of the population that it represents"),
    ),
    ("selection_id", "hub_id", "run_id"),
)
MANIFESTS = Table(
    "manifests",
    "a file manifest that was read, pinned to its commit",
    (
        _RUN,
        _HUB_ID,
        Column("repo_id", "VARCHAR", "name when read"),
        _SHA,
        Column("fetched_at", "TIMESTAMP", "arrival"),
        Column("source", "VARCHAR", "manifest or tree"),
        Column("file_count", "BIGINT", "files"),
        Column("total_size", "BIGINT", "bytes of all files"),
        Column("used_storage", "BIGINT", "bytes that the Hub counts"),
        Column("card_data", "VARCHAR", "the card's front matter as the Hub parsed it, JSON"),
        Column("card_data_oid", "BLOB", "git blob id that this text would have: the key of what was extracted from it"),
        Column("gguf", "VARCHAR", "the Hub's excerpt of one GGUF header, JSON, without the chat template"),
        Column("spaces", "VARCHAR[]", "Spaces that used the model when it was read, at most 100"),
        Column("children", "VARCHAR", "childrenModelCount when it was read, JSON"),
    ),
    ("hub_id", "sha", "source"),
)
FILES = Table(
    "files",
    "files at a commit: names from the listing, or the manifest",
    (
        _RUN,
        _HUB_ID,
        _SHA,
        Column("source", "VARCHAR", "listing, manifest or tree"),
        Column("path", "VARCHAR", "path in the repository"),
        Column("size", "BIGINT", "bytes"),
        Column("oid", "BLOB", "git blob id, 20 bytes; NULL if it follows from sha256 and size (LFS pointer)"),
        Column("sha256", "BLOB", "content SHA-256 of an LFS file, 32 bytes"),
        Column("xet_hash", "BLOB", "Xet hash, 32 bytes"),
        Column("role", "VARCHAR", "role of the file"),
        Column("format", "VARCHAR", "file format"),
        Column("framework", "VARCHAR", "framework the format belongs to"),
        Column("unsafe", "BOOLEAN", "the format can contain a pickle"),
        Column("last_commit", "VARCHAR", "last commit that changed it"),
        Column("last_commit_at", "TIMESTAMP", "its time"),
        Column("scan_status", "VARCHAR", "the Hub's scan"),
    ),
    ("hub_id", "sha", "source", "path"),
)
DOCUMENTS = Table(
    "documents",
    "documents, once by content",
    (_RUN, Column("oid", "BLOB", "git blob id"), Column("size", "BIGINT", "bytes"), Column("bytes", "BLOB", "content")),
    ("oid",),
)
REFS = Table(
    "refs",
    "which document was at which path of which commit",
    (
        _RUN,
        _HUB_ID,
        Column("repo_id", "VARCHAR", "name then"),
        _SHA,
        Column("path", "VARCHAR", "path in the repository"),
        Column("kind", "VARCHAR", "document kind, which decides how it is extracted"),
        Column("oid", "BLOB", "git blob id of the document"),
        Column("fetched_at", "TIMESTAMP", "when it became known"),
    ),
    ("hub_id", "sha", "path"),
)
CONFIGS = Table(
    "configs",
    "what was extracted from a document",
    (
        _RUN,
        Column("oid", "BLOB", "document"),
        Column("kind", "VARCHAR", "document kind"),
        Column("extractor", "INTEGER", "version of the extractor, a digest of its code"),
        Column("status", "VARCHAR", "ok, lenient, invalid, not_object or oversized"),
        Column("reason", "VARCHAR", "why it is not ok"),
        Column("keep_bytes", "BOOLEAN", "a leaf was too large to be stored, so the catalogue keeps the bytes"),
        *CONFIG_COLUMNS,
    ),
    ("oid", "kind"),
)
FIELDS = Table(
    "fields",
    "the leaves of a document",
    (
        _RUN,
        Column("oid", "BLOB", "document"),
        Column("kind", "VARCHAR", "document kind"),
        Column("field", "VARCHAR", "path of the leaf"),
        Column("type", "VARCHAR", "JSON type"),
        Column("value", "VARCHAR", "JSON text"),
        Column("number", "DOUBLE", "numeric value"),
    ),
    ("oid", "kind", "field"),
)
LABELS = Table(
    "labels",
    "the label map of a document",
    (
        _RUN,
        Column("oid", "BLOB", "document"),
        Column("kind", "VARCHAR", "document kind"),
        Column("label_id", "BIGINT", "class index"),
        Column("label", "VARCHAR", "class name"),
    ),
    ("oid", "kind", "label_id"),
)
CARDS = Table(
    "cards",
    "what was extracted from a model card, or from card data of the Hub's API",
    (
        _RUN,
        Column("oid", "BLOB", "README.md, or the JSON text of the card data"),
        Column("kind", "VARCHAR", "card or card_data"),
        Column("extractor", "INTEGER", "version of the extractor, a digest of its code"),
        Column("status", "VARCHAR", "ok, lenient, absent, invalid, not_object or oversized"),
        Column("reason", "VARCHAR", "line and problem"),
        Column("front_matter", "VARCHAR", "JSON text"),
        Column("body_length", "BIGINT", "characters below the front matter"),
        Column("sections", "VARCHAR[]", "headings"),
        Column("license", "VARCHAR", "first licence id"),
        Column("licenses", "VARCHAR[]", "licence ids"),
        Column("license_name", "VARCHAR", "license_name"),
        Column("license_link", "VARCHAR", "license_link"),
        Column("languages", "VARCHAR[]", "languages as written, in lower case"),
        Column("language_codes", "VARCHAR[]", "their ISO 639 codes, in the same order"),
        Column("datasets", "VARCHAR[]", "datasets"),
        Column("base_models", "VARCHAR[]", "base models, verbatim"),
        Column("base_model_relation", "VARCHAR", "relation to them, verbatim"),
        Column("metrics", "VARCHAR[]", "metrics"),
        Column("papers", "VARCHAR[]", "papers in the front matter, as kind:id"),
        Column("body_papers", "VARCHAR[]", "papers in the text, as kind:id"),
        Column("body_base_models", "VARCHAR[]", "models that it was trained from according to the text, verbatim"),
        Column("pipeline_tag", "VARCHAR", "task"),
        Column("library_name", "VARCHAR", "library"),
        Column("new_version", "VARCHAR", "model that replaces it"),
        Column("co2_grams", "DOUBLE", "grams of CO2 equivalent"),
        Column("co2_source", "VARCHAR", "source of the figure, as declared"),
        Column("gate", "VARCHAR", "text that users must agree to"),
    ),
    ("oid", "kind"),
)
EVALUATIONS = Table(
    "evaluations",
    "the results in a card's model-index or in a file of .eval_results",
    (
        _RUN,
        Column("oid", "BLOB", "document"),
        Column("kind", "VARCHAR", "card, card_data or eval_results"),
        Column("place", "INTEGER", "order in the document, from 0"),
        Column("model_name", "VARCHAR", "model"),
        Column("task", "VARCHAR", "task"),
        Column("dataset", "VARCHAR", "dataset"),
        Column("dataset_name", "VARCHAR", "dataset as shown"),
        Column("dataset_config", "VARCHAR", "its configuration"),
        Column("dataset_split", "VARCHAR", "split"),
        Column("metric", "VARCHAR", "metric"),
        Column("metric_name", "VARCHAR", "metric as shown"),
        Column("value", "VARCHAR", "value as written"),
        Column("number", "DOUBLE", "value as a number"),
        Column("verified", "BOOLEAN", "said to be verified"),
        Column("source_name", "VARCHAR", "who measured it"),
        Column("source_url", "VARCHAR", "where"),
        Column("source_user", "VARCHAR", "Hub account of the source"),
        Column("date", "VARCHAR", "day of the evaluation, as 2026-01-31"),
        Column("dataset_revision", "VARCHAR", "revision of the dataset"),
        Column("notes", "VARCHAR", "notes"),
    ),
    ("oid", "kind", "place"),
)
LICENSE_TEXTS = Table(
    "license_texts",
    "which licence a licence file contains",
    (
        _RUN,
        Column("oid", "BLOB", "document"),
        Column("extractor", "INTEGER", "version of the extractor, a digest of its code"),
        Column("license", "VARCHAR", "licence id, other if only a title is known; NULL if it is not a licence"),
        Column("title", "VARCHAR", "title of a licence that has no id"),
        Column("status", "VARCHAR", "ok or invalid; NULL in older parts"),
        Column("reason", "VARCHAR", "why it is invalid"),
    ),
    ("oid",),
)
WEIGHTS = Table(
    "weights",
    "headers of weight files, once by content",
    (
        _RUN,
        Column("content", "BLOB", "SHA-256 of an LFS file (32 bytes), else the git blob id (20)"),
        Column("format", "VARCHAR", "safetensors or gguf"),
        Column("tensor_count", "BIGINT", "tensors"),
        Column("parameters", "BIGINT", "parameters, packed ones counted unpacked"),
        Column("parameters_by_dtype", "VARCHAR", "the same by dtype, JSON"),
        Column("elements_by_dtype", "VARCHAR", "elements as stored, JSON"),
        Column("metadata", "VARCHAR", "metadata of the header, JSON"),
        Column("architecture", "VARCHAR", "architecture according to the header"),
        Column("context_length", "BIGINT", "context length according to the header"),
        Column("file_type", "VARCHAR", "quantization according to the header"),
        Column("header_bytes", "BIGINT", "offset of the data, bytes"),
        Column("bytes_read", "BIGINT", "bytes fetched for it"),
        Column("tensor_names", "VARCHAR", "the smallest 16 hashes of tensor names, JSON; NULL if the format has none"),
        Column("status", "VARCHAR", "ok, invalid or oversized"),
        Column("reason", "VARCHAR", "why it is not ok, or what was assumed"),
    ),
    ("content",),
)
VISITS = Table(
    "visits",
    "what was read of a model at a commit; the plan skips what is complete here",
    (
        _RUN,
        _HUB_ID,
        _SHA,
        Column("scope", "VARCHAR", "files, configs, cards, weights, dates, history, documents:<glob>"),
        Column(
            "state",
            "VARCHAR",
            "complete; gated (retried with other credentials), disabled (retried when enabled again), partial (retried by "
            "the next run) or erred (an extractor failed: retried by another version of it)",
        ),
        Column("credentials", "VARCHAR", "digest of the token in use, empty for none"),
        Column("visited_at", "TIMESTAMP", "time of the visit"),
        Column(
            "version", "INTEGER", "digest of the document kinds that the scope reads; for erred, the extractor version"
        ),
    ),
    ("hub_id", "sha", "scope", "run_id"),
)
FETCHES = Table(
    "fetches",
    "the fetch log: outcome of each requested item",
    (
        _RUN,
        _HUB_ID,
        Column("requested_id", "VARCHAR", "requested name, id or selection"),
        Column("repo_id", "VARCHAR", "name in the answer"),
        _SHA,
        Column("item", "VARCHAR", "listing, manifest, document, weights, history or confirmation"),
        Column("path", "VARCHAR", "path, for documents and weights"),
        Column("outcome", "VARCHAR", "outcome"),
        Column("http_status", "INTEGER", "last HTTP status"),
        Column("attempts", "INTEGER", "requests sent for it"),
        Column("error", "VARCHAR", "error message"),
        Column("fetched_at", "TIMESTAMP", "time of the outcome"),
    ),
    ("run_id", "requested_id", "item", "path"),
)
RUNS = Table(
    "runs",
    "one row per run, written when its listing is complete and again when it ends; the last one counts",
    (
        _RUN,
        Column("revision", "INTEGER", "how many times this run's row was written"),
        Column("selection_id", "VARCHAR", "selection"),
        Column("hub", "VARCHAR", "Hub crawled"),
        Column("status", "VARCHAR", "open, done, cut (a limit was reached), interrupted or abandoned"),
        Column("started_at", "TIMESTAMP", "first start"),
        Column("listed_at", "TIMESTAMP", "end of the listing"),
        Column("finished_at", "TIMESTAMP", "end; NULL: still open, or closed without having ended (abandoned)"),
        Column("with", "VARCHAR[]", "requested depths"),
        Column("documents", "VARCHAR[]", "additional document globs"),
        Column("quota_share", "DOUBLE", "share of the announced quota that the run could use, 0 to 1"),
        Column("complete_listing", "BOOLEAN", "the listing saw the whole selection (never for a top-N or --updates)"),
        Column(
            "updates_since", "TIMESTAMP",
            "for a run with --updates: it listed the models modified since this time, and saw no others",
        ),
        Column("suspicious", "BOOLEAN", "listed far fewer models than the run before"),
        Column("listed", "BIGINT", "models listed"),
        Column("planned", "BIGINT", "models that needed a request"),
        Column("fetched", "BIGINT", "models completed by this run"),
        Column("unchanged", "BIGINT", "models that needed no request"),
        Column("pending", "BIGINT", "models left for the next run"),
        Column("failed", "BIGINT", "items that ended as failed or mismatch"),
        Column("requests_api", "BIGINT", "requests counted in the bucket api"),
        Column("requests_resolvers", "BIGINT", "requests counted in the bucket resolvers"),
        Column("requests_other", "BIGINT", "requests to other buckets and hosts"),
        Column(
            "requests_git", "BIGINT",
            "requests to git; also included in requests_api, requests_resolvers or requests_other",
        ),
        Column(
            "git_bucket", "VARCHAR",
            "bucket that git requests counted in, according to the headers of git's answers; NULL if they name none or git "
            "was not used",
        ),
        Column("rate_limited", "BIGINT", "answers with status 429"),
        Column("retries", "BIGINT", "repeated requests"),
        Column("run_ahead_documents", "BIGINT", "documents fetched by listed name before their manifest"),
        Column("known_documents", "BIGINT", "documents whose content was already known (0 requests)"),
        Column("seconds_waited", "DOUBLE", "seconds spent waiting for a quota window, sum over all workers"),
        Column("bytes_read", "BIGINT", "bytes of response bodies"),
        Column("odd_values", "BIGINT", "values of an unexpected type, stored as NULL (originals: models.extra)"),
        Column("harvester_version", "VARCHAR", "version of harvester"),
    ),
    ("run_id", "revision"),
)  # fmt: skip

TOMBSTONES = Table(
    "tombstones",
    "a name that disappeared, confirmed by one direct request or by the listing itself; renames between listings follow "
    "from facts",
    (
        _RUN,
        _HUB_ID,
        Column("repo_id", "VARCHAR", "the name that disappeared"),
        Column("last_seen", "TIMESTAMP", "last listing that contained it"),
        Column("noticed_at", "TIMESTAMP", "when it was confirmed"),
        Column("cause", "VARCHAR", "deleted_or_private, renamed, replaced or disabled"),
        Column("renamed_to", "VARCHAR", "the new name of the same hub_id"),
        Column("returned_at", "TIMESTAMP", "when it was listed again, for models that were purged since"),
    ),
    ("hub_id", "run_id"),
)

LAKE_TABLES = (
    LISTING, FACTS_TABLE, OBSERVATIONS, SELECTIONS, MEMBERS, MANIFESTS, FILES, DOCUMENTS, REFS, CONFIGS, FIELDS, LABELS,
    CARDS, EVALUATIONS, LICENSE_TEXTS, WEIGHTS, HISTORIES, COMMITS, FILE_VERSIONS, VISITS, FETCHES, RUNS, TOMBSTONES,
)  # fmt: skip
