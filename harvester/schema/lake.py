"""The tables of the lake: what the crawl writes, as Parquet parts, and the catalogue is built from.

To add a column, add one line here; parts written before it read as NULL.
"""

from harvester.schema.config_columns import CONFIG_COLUMNS
from harvester.schema.lake_history import COMMITS, FILE_VERSIONS, HISTORIES
from harvester.schema.lake_keys import HUB_ID as _HUB_ID
from harvester.schema.lake_keys import RUN as _RUN
from harvester.schema.lake_keys import SHA as _SHA
from harvester.schema.table import Column, Table

OBSERVED = (
    Column("downloads", "BIGINT", "downloads in the last 30 days"),
    Column("downloads_all_time", "BIGINT", "downloads since the beginning"),
    Column("likes", "BIGINT", "likes"),
    Column("trending_score", "DOUBLE", "the Hub's trending score"),
    Column("gated", "VARCHAR", "false, auto or manual"),
    Column("private", "BOOLEAN", "private repository"),
    Column("disabled", "BOOLEAN", "disabled by the Hub"),
)

#: listing facts that change with the repository, not with its audience
FACTS = (
    Column("repo_id", "VARCHAR", "name when listed"),
    Column("author", "VARCHAR", "namespace"),
    _SHA,
    Column("created_at", "TIMESTAMP", "creation, as the Hub says (floor 2022-03-02T23:29:04Z)"),
    Column("last_modified", "TIMESTAMP", "last push"),
    Column("pipeline_tag", "VARCHAR", "task"),
    Column("library_name", "VARCHAR", "library"),
    Column("tags", "VARCHAR[]", "tags, in the Hub's order"),
    Column("base_models", "VARCHAR[]", "names of the base models the Hub links"),
    Column("base_model_ids", "VARCHAR[]", "their hub_ids"),
    Column("base_relation", "VARCHAR", "the Hub's word for the link"),
    Column("config_stub", "VARCHAR", "the Hub's own excerpt of the config, JSON, without chat templates"),
    Column("parameters_hub", "BIGINT", "safetensors.total as the Hub says"),
    Column("parameters_by_dtype_hub", "VARCHAR", "safetensors.parameters as the Hub says, JSON"),
    Column("used_storage", "BIGINT", "bytes the Hub accounts for the repository"),
    Column("listed_files", "BIGINT", "file names the listing told; NULL where it told none"),
    Column("eval_results", "VARCHAR", "evalResults as the Hub says: JSON list of results in .eval_results files"),
    Column("inference_providers", "VARCHAR", "inferenceProviderMapping as the Hub says: JSON list by provider"),
    Column("transformers_info", "VARCHAR", "transformersInfo as the Hub says, JSON"),
    Column("gguf", "VARCHAR", "excerpt of one GGUF header, JSON, where the listing was asked for it (no manifest)"),
    Column("extra", "VARCHAR", "fields that were not known, and values of an unexpected type, JSON"),
)
#: Facts that do not count as a change: known of a single model only, or of unknown nature.
UNCOMPARED = frozenset({"used_storage", "extra"})

LISTING = Table(
    "listing",
    "every row of the open run's listing; dropped when the run ends",
    (
        _RUN,
        Column("position", "BIGINT", "order in which the Hub gave it, from 0"),
        Column("requested_id", "VARCHAR", "name asked for, where an id file asked"),
        Column("observed_at", "TIMESTAMP", "arrival of the page"),
        _HUB_ID,
        *FACTS,
        *OBSERVED,
        Column("facts_hash", "BIGINT", "digest of the facts, to see a change without comparing them"),
        Column("names", "VARCHAR[]", "file names; NULL where the listing gave none"),
    ),
    ("run_id", "position"),
)
FACTS_TABLE = Table(
    "facts",
    "listing facts of a model, a row when any of them changed",
    (_RUN, Column("observed_at", "TIMESTAMP", "arrival of the page"), _HUB_ID, *FACTS,
     Column("facts_hash", "BIGINT", "digest of the facts"),
     Column("pinned", "BOOLEAN", "true where an id file named the revision they are of; else NULL: they are the head's")),
    ("hub_id", "run_id"),
)  # fmt: skip
OBSERVATIONS = Table(
    "observations",
    "counts and switches of a model, a row when any of them changed",
    (_RUN, _HUB_ID, *OBSERVED),
    ("hub_id", "run_id"),
)
SELECTIONS = Table(
    "selections",
    "which models a run asked for",
    (Column("selection_id", "VARCHAR", "digest of the flags"), _RUN, Column("flags", "VARCHAR", "the flags, JSON")),
    ("selection_id",),
)
MEMBERS = Table(
    "members",
    "what a selection contained, a row when a model entered, left or moved",
    (
        Column("selection_id", "VARCHAR", "selection"),
        _RUN,
        _HUB_ID,
        Column("present", "BOOLEAN", "in the selection from this run on"),
        Column("rank", "BIGINT", "place from 1 where the selection is ordered (top-N, id file), else NULL"),
        Column("weight", "DOUBLE", "models of the population it stands for"),
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
        Column("used_storage", "BIGINT", "bytes the Hub accounts"),
        Column("card_data", "VARCHAR", "the card's front matter as the Hub parsed it, JSON"),
        Column("card_data_oid", "BLOB", "git blob id that text would have: the key of what was read out of it"),
        Column("gguf", "VARCHAR", "the Hub's excerpt of one GGUF header, JSON, without the chat template"),
        Column("spaces", "VARCHAR[]", "Spaces that use the model when it was read, 100 at most"),
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
        Column("oid", "BLOB", "git blob id, 20 bytes; NULL where it follows from sha256 and size (LFS pointer)"),
        Column("sha256", "BLOB", "content SHA-256 of an LFS file, 32 bytes"),
        Column("xet_hash", "BLOB", "Xet hash, 32 bytes"),
        Column("role", "VARCHAR", "what the file is for"),
        Column("format", "VARCHAR", "file format"),
        Column("framework", "VARCHAR", "framework the format belongs to"),
        Column("unsafe", "BOOLEAN", "the format can carry a pickle"),
        Column("last_commit", "VARCHAR", "last commit that touched it"),
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
    "which document stood at which path of which commit",
    (
        _RUN,
        _HUB_ID,
        Column("repo_id", "VARCHAR", "name then"),
        _SHA,
        Column("path", "VARCHAR", "path in the repository"),
        Column("kind", "VARCHAR", "document kind, decides how it is read"),
        Column("oid", "BLOB", "git blob id of the document"),
        Column("fetched_at", "TIMESTAMP", "when it was known"),
    ),
    ("hub_id", "sha", "path"),
)
CONFIGS = Table(
    "configs",
    "what was read out of a document",
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
    "what was read out of a model card, or of the card data that the Hub hands out",
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
        Column("languages", "VARCHAR[]", "language words in small letters"),
        Column("language_codes", "VARCHAR[]", "their ISO 639 codes, in the same order"),
        Column("datasets", "VARCHAR[]", "datasets"),
        Column("base_models", "VARCHAR[]", "base models, verbatim"),
        Column("base_model_relation", "VARCHAR", "relation to them, verbatim"),
        Column("metrics", "VARCHAR[]", "metrics"),
        Column("papers", "VARCHAR[]", "papers in the front matter, as kind:id"),
        Column("body_papers", "VARCHAR[]", "papers in the text, as kind:id"),
        Column("body_base_models", "VARCHAR[]", "models that the text says it was trained from, verbatim"),
        Column("pipeline_tag", "VARCHAR", "task"),
        Column("library_name", "VARCHAR", "library"),
        Column("new_version", "VARCHAR", "model that replaces it"),
        Column("co2_grams", "DOUBLE", "grams of CO2 equivalent"),
        Column("co2_source", "VARCHAR", "who says so"),
        Column("gate", "VARCHAR", "text to be agreed to"),
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
        Column("source_user", "VARCHAR", "account on the Hub that it came from"),
        Column("date", "VARCHAR", "day of the evaluation, as 2026-01-31"),
        Column("dataset_revision", "VARCHAR", "revision of the dataset"),
        Column("notes", "VARCHAR", "notes"),
    ),
    ("oid", "kind", "place"),
)
LICENSE_TEXTS = Table(
    "license_texts",
    "which licence a licence file holds",
    (
        _RUN,
        Column("oid", "BLOB", "document"),
        Column("extractor", "INTEGER", "version of the extractor, a digest of its code"),
        Column("license", "VARCHAR", "licence id, other where only a title is known; NULL where it is no licence"),
        Column("title", "VARCHAR", "title of a licence that has no id"),
        Column("status", "VARCHAR", "ok or invalid; NULL in parts written before it existed"),
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
        Column("architecture", "VARCHAR", "architecture as the header says"),
        Column("context_length", "BIGINT", "context as the header says"),
        Column("file_type", "VARCHAR", "quantization as the header says"),
        Column("header_bytes", "BIGINT", "byte where the data begins"),
        Column("bytes_read", "BIGINT", "bytes fetched for it"),
        Column(
            "tensor_names", "VARCHAR", "the smallest 16 hashes of tensor names, JSON; NULL where the format has none"
        ),
        Column("status", "VARCHAR", "ok, invalid or oversized"),
        Column("reason", "VARCHAR", "why it is not ok, or what was assumed"),
    ),
    ("content",),
)
VISITS = Table(
    "visits",
    "what was settled of a model at a commit; the plan leaves out what stands here as complete",
    (
        _RUN,
        _HUB_ID,
        _SHA,
        Column("scope", "VARCHAR", "files, configs, cards, weights, dates, history, documents:<glob>"),
        Column(
            "state",
            "VARCHAR",
            "complete; gated (asked again with other credentials), disabled (when it is no more), partial (next run) or "
            "erred (an extractor failed: another version of it)",
        ),
        Column("credentials", "VARCHAR", "digest of the token in use, empty for none"),
        Column("visited_at", "TIMESTAMP", "when"),
        Column(
            "version", "INTEGER", "what the scope stood for, a digest of the kinds it reads; of erred, the extractor's"
        ),
    ),
    ("hub_id", "sha", "scope", "run_id"),
)
FETCHES = Table(
    "fetches",
    "how each request-bearing thing ended",
    (
        _RUN,
        _HUB_ID,
        Column("requested_id", "VARCHAR", "name, id or selection asked for"),
        Column("repo_id", "VARCHAR", "name then"),
        _SHA,
        Column("item", "VARCHAR", "listing, manifest, document, weights, history or confirmation"),
        Column("path", "VARCHAR", "path, for documents and weights"),
        Column("outcome", "VARCHAR", "how it ended"),
        Column("http_status", "INTEGER", "last HTTP status"),
        Column("attempts", "INTEGER", "requests sent for it"),
        Column("error", "VARCHAR", "what was wrong"),
        Column("fetched_at", "TIMESTAMP", "when it ended"),
    ),
    ("run_id", "requested_id", "item", "path"),
)
RUNS = Table(
    "runs",
    "one row a run, written when its listing is complete and again when it ends; the last one counts",
    (
        _RUN,
        Column("revision", "INTEGER", "how often this run's row was written"),
        Column("selection_id", "VARCHAR", "selection"),
        Column("hub", "VARCHAR", "Hub asked"),
        Column("status", "VARCHAR", "open, done, cut (a limit was reached), interrupted or abandoned"),
        Column("started_at", "TIMESTAMP", "first start"),
        Column("listed_at", "TIMESTAMP", "end of the listing"),
        Column("finished_at", "TIMESTAMP", "end"),
        Column("with", "VARCHAR[]", "depths asked for"),
        Column("documents", "VARCHAR[]", "additional document globs"),
        Column("complete_listing", "BOOLEAN", "the listing saw the whole selection (never of a top-N or of --updates)"),
        Column(
            "updates_since", "TIMESTAMP",
            "of a run with --updates, the time of modification back to which it listed; it saw no other models",
        ),
        Column("suspicious", "BOOLEAN", "listed clearly fewer models than the run before"),
        Column("listed", "BIGINT", "models listed"),
        Column("planned", "BIGINT", "models that needed a request"),
        Column("fetched", "BIGINT", "models settled by this run"),
        Column("unchanged", "BIGINT", "models that needed none"),
        Column("pending", "BIGINT", "models left for the next run"),
        Column("failed", "BIGINT", "things that ended as failed or mismatch"),
        Column("requests_api", "BIGINT", "requests of the api bucket"),
        Column("requests_resolvers", "BIGINT", "requests of the resolvers bucket"),
        Column("requests_other", "BIGINT", "requests of other buckets and hosts"),
        Column(
            "requests_git", "BIGINT",
            "requests to git; each is also counted in requests_api, requests_resolvers or requests_other",
        ),
        Column(
            "git_bucket", "VARCHAR",
            "bucket of the rate limit that git requests spent, as the headers of git's answers name it; NULL where they "
            "name none or git was not requested",
        ),
        Column("rate_limited", "BIGINT", "answers 429"),
        Column("retries", "BIGINT", "requests sent again"),
        Column("run_ahead_documents", "BIGINT", "documents fetched by listed name before their manifest"),
        Column("known_documents", "BIGINT", "documents known by their oid, 0 requests"),
        Column("seconds_waited", "DOUBLE", "seconds spent waiting for a window, all workers together"),
        Column("bytes_read", "BIGINT", "bytes of bodies read"),
        Column("odd_values", "BIGINT", "values of an unexpected type, stored as NULL (as they came: models.extra)"),
        Column("harvester_version", "VARCHAR", "version of harvester"),
    ),
    ("run_id", "revision"),
)  # fmt: skip

TOMBSTONES = Table(
    "tombstones",
    "a name that vanished, as one direct request (or the listing itself) confirmed; renames between listings are told "
    "by facts",
    (
        _RUN,
        _HUB_ID,
        Column("repo_id", "VARCHAR", "the name that vanished"),
        Column("last_seen", "TIMESTAMP", "last listing that held it"),
        Column("noticed_at", "TIMESTAMP", "when it was confirmed"),
        Column("cause", "VARCHAR", "deleted_or_private, renamed, replaced or disabled"),
        Column("renamed_to", "VARCHAR", "the name its hub_id lives on under"),
        Column("returned_at", "TIMESTAMP", "when it was listed again, of models that were purged since"),
    ),
    ("hub_id", "run_id"),
)

LAKE_TABLES = (
    LISTING, FACTS_TABLE, OBSERVATIONS, SELECTIONS, MEMBERS, MANIFESTS, FILES, DOCUMENTS, REFS, CONFIGS, FIELDS, LABELS,
    CARDS, EVALUATIONS, LICENSE_TEXTS, WEIGHTS, HISTORIES, COMMITS, FILE_VERSIONS, VISITS, FETCHES, RUNS, TOMBSTONES,
)  # fmt: skip
