"""The tables of the catalogue as people query them. COMMENTs and the data dictionary follow from these rows.

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
    "One row per live model. Listing facts come from its newest observation, typed columns from the document at "
    "config_path, in the newest commit whose documents were asked for and answered.",
    (
        HUB_ID,
        REPO_ID,
        Column("author", "VARCHAR", "Namespace that owns it. Source: listing."),
        Column("sha", "VARCHAR", "Commit that was listed last."),
        Column(
            "manifest_sha",
            "VARCHAR",
            "Commit that files shows; differs from sha when stale. NULL: only names are known.",
        ),
        Column("config_sha", "VARCHAR", "Commit that configs shows. NULL: documents were never asked for."),
        Column("created_at", "TIMESTAMP", "Creation, UTC. Trap: floor 2022-03-02T23:29:04Z for everything older."),
        Column("last_modified", "TIMESTAMP", "Last push, UTC. Source: listing."),
        Column("downloads", "BIGINT", "Downloads in the last 30 days. NULL: not told, never 0."),
        Column("downloads_all_time", "BIGINT", "Downloads since the beginning."),
        Column("likes", "BIGINT", "Likes."),
        Column("trending_score", "DOUBLE", "The Hub's trending score."),
        Column("gated", "VARCHAR", "false, auto or manual."),
        Column("private", "BOOLEAN", "Private repository (seen only with a token that may)."),
        Column("disabled", "BOOLEAN", "Disabled by the Hub."),
        Column("pipeline_tag", "VARCHAR", "Task, as the Hub shows it."),
        Column("library_name", "VARCHAR", "Library, as the Hub shows it."),
        Column(
            "license",
            "VARCHAR",
            "The Hub's license: tag, verbatim. NULL: none declared. See licenses for other sources.",
        ),
        Column(
            "languages",
            "VARCHAR[]",
            "Language codes among the tags (ISO 639 two letters or language:). Trap: also see table languages.",
        ),
        Column("tags", "VARCHAR[]", "All tags in the Hub's order."),
        Column("base_models", "VARCHAR[]", "Names of base models the Hub links, else those of base_model: tags."),
        Column("base_relation", "VARCHAR", "The Hub's word for that link: finetune, adapter, quantized, merge."),
        Column("file_count", "BIGINT", "Files in the newest manifest, else names listed."),
        Column("total_size", "BIGINT", "Bytes of all files in the newest manifest. NULL: no manifest was read."),
        Column("used_storage", "BIGINT", "Bytes the Hub accounts for the repository, history included."),
        Column(
            "parameters",
            "BIGINT",
            "Parameters: measured from headers, else the Hub's, else estimated. See parameters_source.",
        ),
        Column("parameters_source", "VARCHAR", "header, hub or config: where parameters comes from."),
        Column(
            "parameters_header",
            "BIGINT",
            "Parameters counted in the weight headers (--with weights), of one weight set. Trap: of the commit that "
            "weights shows, which may be older than sha.",
        ),
        Column(
            "parameters_hub",
            "BIGINT",
            "safetensors.total of the Hub, else gguf.total; the sum of safetensors.parameters where it is more than twice "
            "the total. Trap: wrong for packed low-bit formats.",
        ),
        Column(
            "parameters_by_dtype_hub",
            "VARCHAR",
            "safetensors.parameters of the Hub: parameters by dtype, JSON. Shows FP8 and packed U8 storage.",
        ),
        Column(
            "bytes_of_weights",
            "BIGINT",
            "Bytes of one set of weights, the one whose parameters count: safetensors before GGUF before pickles, of "
            "several variants the plain one, else the largest; a pipeline's is the sum of its components, an adapter's its "
            "own. NULL: no sizes are known (no manifest), no weights, or shards are missing.",
        ),
        Column(
            "min_memory_bytes",
            "BIGINT",
            "Memory to hold the model: bytes_of_weights and a fifth more, for buffers and activations of a short input. "
            "Trap: the KV cache (kv_cache_bytes_per_token) comes on top, an adapter's base too.",
        ),
        Column(
            "gguf_architecture",
            "VARCHAR",
            "Architecture that the GGUF files state, a word of llama.cpp's. See gguf_source.",
        ),
        Column(
            "gguf_source",
            "VARCHAR",
            "header (--with weights) or hub (the Hub's excerpt of one file): what the GGUF facts come from. Where no config "
            "was read they fill context_length, context_length_effective and, from a header, the sizes. NULL: no GGUF facts.",
        ),
        Column("auto_class", "VARCHAR", "Class of transformers that loads it, as the Hub says (transformersInfo)."),
        Column("auto_processor", "VARCHAR", "Its tokenizer or processor class, as the Hub says (transformersInfo)."),
        Column(
            "inference_providers",
            "VARCHAR[]",
            "Inference providers that the Hub names for it, live or not. NULL: not reported.",
        ),
        Column(
            "spaces",
            "VARCHAR[]",
            "Spaces that used it when its manifest was read, 100 at most. NULL: no manifest was read.",
        ),
        Column(
            "children_by_relation",
            "VARCHAR",
            "Models derived from it when its manifest was read, by relation, JSON (childrenModelCount).",
        ),
        Column(
            "extra",
            "VARCHAR",
            "Fields of the Hub's answer that are not known here, and values of an unexpected type, JSON.",
        ),
        Column("config_stub", "VARCHAR", "The Hub's own excerpt of the config (JSON), known from the listing alone."),
        Column(
            "config_status",
            "VARCHAR",
            "Status of the document at config_path, else why there is none: absent, gated, pending, failed...",
        ),
        Column(
            "config_path",
            "VARCHAR",
            "Document that fills the typed columns: config.json, else a pipeline's denoiser, else adapter_config.json.",
        ),
        Column("first_seen", "TIMESTAMP", "First listing that held it, UTC."),
        Column("last_seen", "TIMESTAMP", "Last listing that held it, UTC."),
        *CONFIG_COLUMNS,
    ),
    ("hub_id",),
)
FILES = Table(
    "files",
    "Files of each model at its newest complete manifest; where none was read, the listed names (source = listing).",
    (
        HUB_ID, REPO_ID, SHA,
        Column("path", "VARCHAR", "Path in the repository."),
        Column("size", "BIGINT", "Bytes of the content (of an LFS file: not of its pointer). NULL: only the name is known."),
        Column("oid", "VARCHAR", "Git blob id, 40 hex digits; of an LFS file that of its pointer. NULL: only the name is known."),
        Column("sha256", "VARCHAR", "SHA-256 of the content, LFS files only. NULL for plain git files: the Hub tells none."),
        Column("xet_hash", "VARCHAR", "Xet hash. NULL unless the tree was read."),
        Column("role", "VARCHAR", "config, weights, framework_export, tokenizer, vocabulary, card, license, code, training, media or other."),
        Column("format", "VARCHAR", "Format, a word of a closed list; pickled checkpoints are pickle."),
        Column("framework", "VARCHAR", "Framework the format belongs to. NULL where none is meant, as for safetensors."),
        Column("unsafe", "BOOLEAN", "The format can carry a pickle, which runs code when loaded."),
        Column("last_commit", "VARCHAR", "Last commit that touched the file (--with dates)."),
        Column("last_commit_at", "TIMESTAMP", "Its time, UTC (--with dates)."),
        Column("scan_status", "VARCHAR", "The Hub's security scan (--with dates)."),
        Column("source", "VARCHAR", "listing (name only), manifest or tree."),
    ),
    ("hub_id", "path"),
)  # fmt: skip
DOCUMENTS = Table(
    "documents",
    "Documents that were read, once by content however many repositories hold them.",
    (
        Column("oid", "VARCHAR", "Git blob id, 40 hex digits: sha1('blob ' || size || NUL || bytes), checked."),
        Column("size", "BIGINT", "Bytes."),
        Column("bytes", "BLOB", "The content. NULL above 1 MiB unless a leaf needs it; the lake holds it all."),
    ),
    ("oid",),
)
CONFIGS = Table(
    "configs",
    "One row per model and config document, at the newest commit whose documents were asked for and answered.",
    (
        HUB_ID, REPO_ID, SHA,
        Column("path", "VARCHAR", "Path of the document."),
        Column("oid", "VARCHAR", "Document, git blob id. NULL where it was not read (oversized)."),
        Column("status", "VARCHAR", "ok (strict JSON), lenient (read whole, see reason), invalid, not_object or oversized."),
        Column("reason", "VARCHAR", "Why the status is not ok."),
        *CONFIG_COLUMNS,
    ),
    ("hub_id", "path"),
)  # fmt: skip
CONFIG_FIELDS = Table(
    "config_fields",
    "Every leaf of every readable document, long. A leaf is a scalar or null, an empty object or array, an array with "
    "no object inside, or a label map.",
    (
        HUB_ID, REPO_ID, SHA,
        Column("path", "VARCHAR", "Path of the document."),
        Column("field", "VARCHAR", "Keys joined with '.', items of arrays that hold objects as [i]; odd keys as JSON strings."),
        Column("type", "VARCHAR", "string, integer, number, boolean, null, array or object. 1.0 and 1e3 are number."),
        Column("value", "VARCHAR", "JSON text that reads back to the same value. NULL above 64 kB (the document keeps it)."),
        Column("number", "DOUBLE", "Value of integer and number leaves. Trap: integers above 2^53 are exact in value only."),
    ),
    ("hub_id", "path", "field"),
)  # fmt: skip
LABELS = Table(
    "labels",
    "Class labels of each model (id2label of the document at config_path), placeholders left out.",
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
    "What each run saw of each model: one row per model and run that saw it (one with --updates: what it "
    "listed). Stored as changes, expanded here.",
    (
        RUN_ID,
        Column("observed_at", "TIMESTAMP", "End of that run's listing, UTC."),
        HUB_ID, REPO_ID, SHA,
        Column("downloads", "BIGINT", "Downloads in the 30 days before. NULL: not told, never 0."),
        Column("downloads_all_time", "BIGINT", "Downloads since the beginning."),
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
    "Which models runs asked for.",
    (
        Column("selection_id", "VARCHAR", "Digest of the which-models flags, normalised."),
        Column("flags", "VARCHAR", "Those flags, JSON."),
    ),
    ("selection_id",),
)
SELECTION_MEMBERS = Table(
    "selection_members",
    "What a selection contained at each run, as far as the run saw it (one with --updates: what it listed).",
    (
        Column("selection_id", "VARCHAR", "Selection."), RUN_ID, HUB_ID,
        Column("rank", "BIGINT", "Place from 1 in an ordered selection (top-N, id file); NULL in the stable order."),
        Column("weight", "DOUBLE", "Models of the population it stands for; 1 where the whole selection is read."),
    ),
    ("selection_id", "run_id", "hub_id"),
)  # fmt: skip
NAMES = Table(
    "names",
    "Every name a model was seen under.",
    (
        HUB_ID, REPO_ID,
        Column("first_seen", "TIMESTAMP", "First listing under this name, UTC."),
        Column("last_seen", "TIMESTAMP", "Last listing under this name, UTC."),
    ),
    ("hub_id", "repo_id"),
)  # fmt: skip
RUNS = Table(
    "runs",
    "Each run: what it asked for, what it spent, what it covered. Counts are of this run alone.",
    tuple(c for c in next(t for t in LAKE_TABLES if t.name == "runs").columns if c.name != "revision"),
    ("run_id",),
)
FETCHES = Table(
    "fetches",
    "How each thing asked for ended: at most one row per run, requested_id, item and path.",
    (
        RUN_ID,
        Column("hub_id", "VARCHAR", "Model; NULL in listing rows."),
        Column("requested_id", "VARCHAR", "The name or id asked for (listing rows: the selection_id)."),
        Column("repo_id", "VARCHAR", "Name it answered to. NULL: none did."),
        Column("sha", "VARCHAR", "Commit asked at."),
        Column("item", "VARCHAR", "listing, manifest, document, weights, history or confirmation."),
        Column("path", "VARCHAR", "Path of a document or weight file."),
        Column("outcome", "VARCHAR", "ok, absent, gated, private_or_deleted, renamed, replaced, disabled, invalid, oversized, mismatch or failed."),
        Column("http_status", "INTEGER", "Last HTTP status; NULL where no request was sent or none was answered."),
        Column("attempts", "INTEGER", "Requests sent; 0 for a document known by its oid."),
        Column("error", "VARCHAR", "What was wrong."),
        Column("fetched_at", "TIMESTAMP", "When it ended, UTC."),
    ),
    ("run_id", "requested_id", "item", "path"),
)  # fmt: skip
PENDING = Table(
    "pending",
    "What is asked for by the newest run of each selection and not settled yet.",
    (
        Column("selection_id", "VARCHAR", "Selection."), HUB_ID, REPO_ID, SHA,
        Column("scope", "VARCHAR", "files, configs or documents:<glob>."),
        Column("state", "VARCHAR", "pending, failed (asked again), gated (asked again with other credentials) or disabled."),
    ),
    ("selection_id", "hub_id", "scope"),
)  # fmt: skip

EXTRACTOR_ERRORS = Table(
    "extractor_errors",
    "One row per item that made an extractor fail: a fault of harvester, not of the item. Another version reads it again.",
    (
        Column("item", "VARCHAR", "document, card, license or weights; an item of fetches; else a table that is made while building."),
        Column("id", "VARCHAR", "Content id of a document, card, licence file or header (hex), else a hub_id."),
        Column("reason", "VARCHAR", "The error, from `extractor error` on."),
    ),
    ("item", "id", "reason"),
)  # fmt: skip

CATALOGUE_TABLES = (
    MODELS, FILES, DOCUMENTS, CONFIGS, CONFIG_FIELDS, LABELS, TAGS, OBSERVATIONS, SELECTIONS, SELECTION_MEMBERS, NAMES,
    RUNS, FETCHES, PENDING, EXTRACTOR_ERRORS, *TIME_TABLES, *REUSE_TABLES,
)  # fmt: skip
