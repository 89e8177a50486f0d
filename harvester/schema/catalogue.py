"""The public tables of the catalogue. COMMENTs and the data dictionary are generated from these rows.

To add a column, add one line here and its expression in ``catalogue/sql``.
"""

from harvester.schema.config_columns import CONFIG_COLUMNS
from harvester.schema.keys import HUB_ID, REPO_ID, RUN_ID, SHA
from harvester.schema.lake import LAKE_TABLES
from harvester.schema.reuse_tables import REUSE_TABLES
from harvester.schema.table import Column, Table
from harvester.schema.time_tables import TIME_TABLES

MODELS = Table(
    "models",
    "One row per live model. Listing facts come from the newest observation, typed columns from the document at "
    "config_path, at the newest commit whose requested documents all have a final outcome.",
    (
        HUB_ID,
        REPO_ID,
        Column("author", "VARCHAR", "User or organisation that owns it. Source: listing."),
        Column("sha", "VARCHAR", "Commit in the newest listing."),
        Column(
            "manifest_sha",
            "VARCHAR",
            "Commit that table files shows. If it differs from sha, files is stale. NULL: only file names are known.",
        ),
        Column("config_sha", "VARCHAR", "Commit that table configs shows. NULL: documents were never requested."),
        Column("created_at", "TIMESTAMP", "Creation time, UTC. Trap: 2022-03-02T23:29:04Z for all older repositories."),
        Column("last_modified", "TIMESTAMP", "Last push, UTC. Source: listing."),
        Column("downloads", "BIGINT", "Downloads in the last 30 days. NULL: not reported; never 0."),
        Column("downloads_all_time", "BIGINT", "Downloads of all time."),
        Column("likes", "BIGINT", "Likes."),
        Column("trending_score", "DOUBLE", "The Hub's trending score."),
        Column("gated", "VARCHAR", "false, auto or manual."),
        Column("private", "BOOLEAN", "Private repository (visible only with a token that has access)."),
        Column("disabled", "BOOLEAN", "Disabled by the Hub."),
        Column("pipeline_tag", "VARCHAR", "Task, as reported by the Hub."),
        Column("library_name", "VARCHAR", "Library, as reported by the Hub."),
        Column(
            "license",
            "VARCHAR",
            "The Hub's license: tag, verbatim. NULL: none declared. See table licenses for other sources.",
        ),
        Column(
            "languages",
            "VARCHAR[]",
            "Language codes among the tags (two-letter ISO 639 codes, and language: tags). See also table languages.",
        ),
        Column("tags", "VARCHAR[]", "All tags, in the Hub's order."),
        Column("base_models", "VARCHAR[]", "Base models that the Hub links, else those of base_model: tags."),
        Column(
            "base_relation",
            "VARCHAR",
            "Relation to them, as reported by the Hub: finetune, adapter, quantized or merge.",
        ),
        Column("file_count", "BIGINT", "Number of files in the newest manifest, else of listed names."),
        Column("total_size", "BIGINT", "Bytes of all files in the newest manifest. NULL: no manifest was read."),
        Column("used_storage", "BIGINT", "Bytes that the Hub counts for the repository, including its history."),
        Column(
            "parameters",
            "BIGINT",
            "Parameters: measured in weight headers, else reported by the Hub, else estimated. See parameters_source.",
        ),
        Column("parameters_source", "VARCHAR", "Source of parameters: header, hub or config (estimated)."),
        Column(
            "parameters_header",
            "BIGINT",
            "Parameters counted in the weight headers (--with weights), of one weight set. Trap: from the commit that "
            "table weights shows, which may be older than sha.",
        ),
        Column(
            "parameters_hub",
            "BIGINT",
            "Parameters reported by the Hub: safetensors.total, else gguf.total; the sum of safetensors.parameters if that "
            "is more than twice the total. Trap: wrong for packed low-bit formats.",
        ),
        Column(
            "parameters_by_dtype_hub",
            "VARCHAR",
            "Parameters by dtype as reported by the Hub (safetensors.parameters), JSON. Shows FP8 and packed U8 storage.",
        ),
        Column(
            "bytes_of_weights",
            "BIGINT",
            "Bytes of one weight set, the one whose parameters count: safetensors rather than GGUF rather than pickles, the "
            "variant without a suffix, else the largest; for a pipeline the sum of its components, for an adapter its own. "
            "NULL: sizes are unknown (no manifest), there are no weights, or shards are missing.",
        ),
        Column(
            "min_memory_bytes",
            "BIGINT",
            "Estimated memory to load the model: bytes_of_weights plus 20% for buffers and activations of a short input. "
            "Trap: add the KV cache (kv_cache_bytes_per_token) and, for an adapter, its base model.",
        ),
        Column(
            "gguf_architecture",
            "VARCHAR",
            "Architecture stated in the GGUF files, in llama.cpp's terms. See gguf_source.",
        ),
        Column(
            "gguf_source",
            "VARCHAR",
            "Source of the GGUF facts: header (--with weights) or hub (the Hub's excerpt of one file). If no config was "
            "read, they fill context_length, context_length_effective and, from a header, the sizes. NULL: no GGUF facts.",
        ),
        Column("auto_class", "VARCHAR", "transformers class that loads it, as reported by the Hub (transformersInfo)."),
        Column("auto_processor", "VARCHAR", "Tokenizer or processor class, as reported by the Hub (transformersInfo)."),
        Column(
            "inference_providers",
            "VARCHAR[]",
            "Inference providers reported by the Hub, live or not. NULL: not reported.",
        ),
        Column(
            "spaces",
            "VARCHAR[]",
            "Spaces that used it when its manifest was read, at most 100. NULL: no manifest was read.",
        ),
        Column(
            "children_by_relation",
            "VARCHAR",
            "Number of models derived from it when its manifest was read, by relation (childrenModelCount), JSON.",
        ),
        Column(
            "extra",
            "VARCHAR",
            "Unknown fields of the Hub's answer, and values of an unexpected type, JSON.",
        ),
        Column("config_stub", "VARCHAR", "The Hub's excerpt of the config, JSON. Source: listing."),
        Column(
            "config_status",
            "VARCHAR",
            "Status of the document at config_path, else why there is none: absent, gated, pending, failed...",
        ),
        Column(
            "config_path",
            "VARCHAR",
            "Document that fills the typed columns: config.json, else that of a pipeline's denoiser, else adapter_config.json.",
        ),
        Column("first_seen", "TIMESTAMP", "First listing that contained it, UTC."),
        Column("last_seen", "TIMESTAMP", "Last listing that contained it, UTC."),
        *CONFIG_COLUMNS,
    ),
    ("hub_id",),
)
FILES = Table(
    "files",
    "Files of each model from its newest complete manifest, else the listed names (source = listing).",
    (
        HUB_ID, REPO_ID, SHA,
        Column("path", "VARCHAR", "Path in the repository."),
        Column("size", "BIGINT", "Bytes of the content (for LFS files, not of the pointer). NULL: only the name is known."),
        Column("oid", "VARCHAR", "Git blob id, 40 hex digits; for LFS files that of the pointer. NULL: only the name is known."),
        Column("sha256", "VARCHAR", "SHA-256 of the content, LFS files only. NULL for plain git files: the Hub reports none."),
        Column("xet_hash", "VARCHAR", "Xet hash. NULL unless the tree was read."),
        Column("role", "VARCHAR", "config, weights, framework_export, tokenizer, vocabulary, card, license, code, training, media or other."),
        Column("format", "VARCHAR", "File format, from a closed list. Pickled checkpoints are pickle."),
        Column("framework", "VARCHAR", "Framework that the format belongs to. NULL if it implies none, such as safetensors."),
        Column("unsafe", "BOOLEAN", "The format can contain a pickle, which can run code when loaded."),
        Column("last_commit", "VARCHAR", "Last commit that changed the file (--with dates)."),
        Column("last_commit_at", "TIMESTAMP", "Its time, UTC (--with dates)."),
        Column("scan_status", "VARCHAR", "Result of the Hub's security scan (--with dates)."),
        Column("source", "VARCHAR", "listing (name only), manifest or tree."),
    ),
    ("hub_id", "path"),
)  # fmt: skip
DOCUMENTS = Table(
    "documents",
    "Documents that were read. One row per content, however many repositories contain it.",
    (
        Column("oid", "VARCHAR", "Git blob id, 40 hex digits: sha1('blob ' || size || NUL || bytes). Verified."),
        Column("size", "BIGINT", "Bytes."),
        Column("bytes", "BLOB", "The content. NULL above 1 MiB unless a leaf needs it; the lake has all of it."),
    ),
    ("oid",),
)
CONFIGS = Table(
    "configs",
    "One row per model and config document, at the newest commit whose requested documents all have a final outcome.",
    (
        HUB_ID, REPO_ID, SHA,
        Column("path", "VARCHAR", "Path of the document."),
        Column("oid", "VARCHAR", "Git blob id of the document. NULL: it was not read (oversized)."),
        Column("status", "VARCHAR", "ok (strict JSON), lenient (readable, but not strict JSON: see reason), invalid, not_object or oversized."),
        Column("reason", "VARCHAR", "Why the status is not ok."),
        *CONFIG_COLUMNS,
    ),
    ("hub_id", "path"),
)  # fmt: skip
CONFIG_FIELDS = Table(
    "config_fields",
    "Every leaf of every readable document, one row per leaf. A leaf is a scalar or null, an empty object or array, an "
    "array without objects in it, or a label map.",
    (
        HUB_ID, REPO_ID, SHA,
        Column("path", "VARCHAR", "Path of the document."),
        Column("field", "VARCHAR", "Keys joined with '.', items of arrays that contain objects as [i]; unusual keys as JSON strings."),
        Column("type", "VARCHAR", "string, integer, number, boolean, null, array or object. 1.0 and 1e3 are number."),
        Column("value", "VARCHAR", "JSON text that reads back to the same value. NULL above 64 kB (documents.bytes has it)."),
        Column("number", "DOUBLE", "Value of integer and number leaves. Trap: integers above 2^53 are exact in value only."),
    ),
    ("hub_id", "path", "field"),
)  # fmt: skip
LABELS = Table(
    "labels",
    "Class labels of each model (id2label of the document at config_path), without placeholders.",
    (HUB_ID, REPO_ID, SHA, Column("label_id", "BIGINT", "Class index."), Column("label", "VARCHAR", "Class name.")),
    ("hub_id", "label_id"),
)
TAGS = Table(
    "tags",
    "One row per model and tag.",
    (HUB_ID, REPO_ID, Column("tag", "VARCHAR", "Tag, verbatim.")),
    ("hub_id", "tag"),
)
OBSERVATIONS = Table(
    "observations",
    "Counts and flags of each model at each run that saw it (a run with --updates saw only what it listed). Stored as "
    "changes, expanded here.",
    (
        RUN_ID,
        Column("observed_at", "TIMESTAMP", "End of that run's listing, UTC."),
        HUB_ID, REPO_ID, SHA,
        Column("downloads", "BIGINT", "Downloads in the previous 30 days. NULL: not reported; never 0."),
        Column("downloads_all_time", "BIGINT", "Downloads of all time."),
        Column("likes", "BIGINT", "Likes."),
        Column("trending_score", "DOUBLE", "The Hub's trending score."),
        Column("gated", "VARCHAR", "false, auto or manual."),
        Column("private", "BOOLEAN", "Private repository."),
        Column("disabled", "BOOLEAN", "Disabled by the Hub."),
    ),
    ("run_id", "hub_id"),
)  # fmt: skip
SELECTIONS = Table(
    "selections",
    "Selections of models that runs crawled.",
    (
        Column("selection_id", "VARCHAR", "Digest of the normalised selection flags."),
        Column("flags", "VARCHAR", "Those flags, JSON."),
        Column("name", "VARCHAR", "Name that `harvest --name` gave it last. NULL: none."),
    ),
    ("selection_id",),
)
SELECTION_MEMBERS = Table(
    "selection_members",
    "Members of a selection at each run that saw them (a run with --updates saw only what it listed).",
    (
        Column("selection_id", "VARCHAR", "Selection."), RUN_ID, HUB_ID,
        Column("rank", "BIGINT", "Position in an ordered selection (top-N, id file), from 1; NULL in other selections."),
        Column("weight", "DOUBLE", "Number of models of the population that it represents; 1 if the whole selection is read."),
    ),
    ("selection_id", "run_id", "hub_id"),
)  # fmt: skip
MODEL_WEIGHTS = Table(
    "model_weights",
    "What each model of a sample stands for (harvest --sample): live models of the newest listing. Other selections have "
    "no rows.",
    (
        Column("selection_id", "VARCHAR", "Selection with a sample."), HUB_ID,
        Column("weight", "DOUBLE", "Size of its stratum divided by the number of models drawn from it."),
    ),
    ("selection_id", "hub_id"),
)  # fmt: skip
NAMES = Table(
    "names",
    "Every name that a model had in a listing.",
    (
        HUB_ID, REPO_ID,
        Column("first_seen", "TIMESTAMP", "First listing under this name, UTC."),
        Column("last_seen", "TIMESTAMP", "Last listing under this name, UTC."),
    ),
    ("hub_id", "repo_id"),
)  # fmt: skip
RUNS = Table(
    "runs",
    "One row per run: what it requested, how many requests it sent, what it covered. Counts are of this run only.",
    tuple(c for c in next(t for t in LAKE_TABLES if t.name == "runs").columns if c.name != "revision"),
    ("run_id",),
)
FETCHES = Table(
    "fetches",
    "The fetch log: outcome of each requested item. At most one row per run, requested_id, item and path.",
    (
        RUN_ID,
        Column("hub_id", "VARCHAR", "Model. NULL for listing rows."),
        Column("requested_id", "VARCHAR", "The requested name or id (listing rows: the selection_id)."),
        Column("repo_id", "VARCHAR", "Name in the answer. NULL: there was no answer."),
        Column("sha", "VARCHAR", "Requested commit."),
        Column("item", "VARCHAR", "listing, manifest, document, weights, history or confirmation."),
        Column("path", "VARCHAR", "Path of a document or weight file."),
        Column("outcome", "VARCHAR", "ok, absent, gated, private_or_deleted, renamed, replaced, disabled, invalid, oversized, mismatch or failed."),
        Column("http_status", "INTEGER", "Last HTTP status. NULL: no request was sent, or none was answered."),
        Column("attempts", "INTEGER", "Number of requests sent; 0 for a document whose content was already known."),
        Column("error", "VARCHAR", "Error message."),
        Column("fetched_at", "TIMESTAMP", "Time of the outcome, UTC."),
    ),
    ("run_id", "requested_id", "item", "path"),
)  # fmt: skip
PENDING = Table(
    "pending",
    "Items that the newest run of each selection requested and that the next run requests again. What is gated or disabled is "
    "no longer pending: see fetches, or the query items_not_read.",
    (
        Column("selection_id", "VARCHAR", "Selection."), HUB_ID, REPO_ID, SHA,
        Column("scope", "VARCHAR", "files, configs or documents:<glob>."),
        Column("state", "VARCHAR", "pending (not requested yet) or failed."),
    ),
    ("selection_id", "hub_id", "scope"),
)  # fmt: skip

EXTRACTOR_ERRORS = Table(
    "extractor_errors",
    "One row per item that made an extractor fail: a bug in harvester, not an error of the item. A newer version retries it.",
    (
        Column("item", "VARCHAR", "document, card, license or weights; an item of fetches; else a table that the build computes."),
        Column("id", "VARCHAR", "Content id of a document, card, licence file or header (hex), else a hub_id."),
        Column("reason", "VARCHAR", "The error, beginning with `extractor error`."),
    ),
    ("item", "id", "reason"),
)  # fmt: skip

CATALOGUE_TABLES = (
    MODELS, FILES, DOCUMENTS, CONFIGS, CONFIG_FIELDS, LABELS, TAGS, OBSERVATIONS, SELECTIONS, SELECTION_MEMBERS,
    MODEL_WEIGHTS, NAMES,
    RUNS, FETCHES, PENDING, EXTRACTOR_ERRORS, *TIME_TABLES, *REUSE_TABLES,
)  # fmt: skip
