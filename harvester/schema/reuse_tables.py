"""The tables about reusing a model: cards and what they declare, licences, lineage, weights.

To add a column, add one line here and the field of the same name to the row that ``harvester.extract`` makes.
"""

from harvester.schema.keys import HUB_ID, REPO_ID, SHA
from harvester.schema.lineage_tables import LINEAGE_TABLES
from harvester.schema.table import Column, Table

_SOURCE = "hub (card data from the Hub's API), card (README.md), tag"

CARDS = Table(
    "cards",
    "One row per model card that was read. Source: the card data that comes with a manifest, and README.md (--with "
    "cards). Trap: body_length and sections are NULL if only the Hub's card data was read.",
    (
        HUB_ID,
        REPO_ID,
        SHA,
        Column("oid", "VARCHAR", "Git blob id of README.md, 40 hex digits. NULL if only card data was read."),
        Column(
            "front_matter",
            "JSON",
            "Front matter as JSON; numbers keep the digits that were written, dates and yes/no are text. NULL: there is "
            "none, or it cannot be read.",
        ),
        Column("body_length", "BIGINT", "Characters below the front matter, without white space at both ends."),
        Column("sections", "VARCHAR[]", "Headings in order, as plain text, at most 500, without those in code blocks."),
        Column(
            "status",
            "VARCHAR",
            "ok, lenient (readable, but see reason), absent (no front matter), invalid, not_object or oversized.",
        ),
        Column("reason", "VARCHAR", "Line and problem if status is not ok."),
        Column("license", "VARCHAR", "First licence id of the front matter, verbatim; all of them are in licenses."),
        Column("license_name", "VARCHAR", "license_name, verbatim: explains the licence 'other'."),
        Column("license_link", "VARCHAR", "license_link, verbatim: a file in the repository or a URL. Never followed."),
        Column(
            "pipeline_tag",
            "VARCHAR",
            "Task as declared in the card. Trap: models.pipeline_tag is what the Hub derived from it.",
        ),
        Column("library_name", "VARCHAR", "Library as declared in the card."),
        Column("base_model_relation", "VARCHAR", "Relation to the base models as declared in the card, verbatim."),
        Column(
            "body_base_models",
            "VARCHAR[]",
            "Model it was fine-tuned from, according to the sentence that training libraries write into the card, verbatim.",
        ),
        Column("metrics", "VARCHAR[]", "Metrics, verbatim."),
        Column("new_version", "VARCHAR", "Model that replaces this one, as declared in the card."),
        Column(
            "co2_grams",
            "DOUBLE",
            "Grams of CO2 equivalent emitted, self-declared. Trap: units given in the text are ignored.",
        ),
        Column("co2_source", "VARCHAR", "Source of that figure, as declared in the card."),
        Column(
            "gate",
            "VARCHAR",
            "Text that users of a gated model must agree to (heading, description, prompt), up to 64 kB.",
        ),
    ),
    ("hub_id", "sha", "oid"),
)
LANGUAGES = Table(
    "languages",
    "Languages that a model declares. One row per language and source.",
    (
        HUB_ID,
        REPO_ID,
        Column(
            "language", "VARCHAR", "Language as written, in lower case. Trap: YAML 1.1 reads no (Norwegian) as false."
        ),
        Column(
            "code",
            "VARCHAR",
            "ISO 639 code: two letters if the language has them, else three (639-3, groups 639-5). NULL: not a "
            "language (code, multilingual), or unknown. Withdrawn codes are replaced by their successor (iw by he).",
        ),
        Column(
            "source",
            "VARCHAR",
            f"{_SOURCE}. Trap: the Hub does not mark which tags are languages. Of tags that are codes, those that the "
            "card names count if the card was read, else those that are likely to be meant as languages.",
        ),
    ),
    ("hub_id", "source", "language"),
)
DATASETS = Table(
    "datasets",
    "Datasets that a model declares it was trained on. One row per dataset and source.",
    (
        HUB_ID,
        REPO_ID,
        Column(
            "dataset",
            "VARCHAR",
            "Dataset as written, Hub URLs reduced to the name. Trap: includes names of loaders (imagefolder, "
            "generator).",
        ),
        Column("source", "VARCHAR", f"{_SOURCE} (dataset:)."),
    ),
    ("hub_id", "source", "dataset"),
)
PAPERS = Table(
    "papers",
    "Papers that a model refers to. One row per paper and source.",
    (
        HUB_ID,
        REPO_ID,
        Column("kind", "VARCHAR", "arxiv or doi."),
        Column(
            "paper",
            "VARCHAR",
            "arXiv id without version and subject class, or DOI in lower case; arXiv's own DOIs are given as arXiv ids. "
            "Trap: the default card template cites arXiv 1910.09700 (carbon) in every card made from it.",
        ),
        Column(
            "source", "VARCHAR", f"{_SOURCE} (arxiv:, doi:), card_body (links, arXiv ids, DOIs and BibTeX in the text)."
        ),
    ),
    ("hub_id", "source", "kind", "paper"),
)
EVALUATIONS = Table(
    "evaluations",
    "Evaluation results, one row per metric value, from the card's model-index, from files .eval_results/*.yaml, and from "
    "the Hub's evalResults, which also include open pull requests. Self-declared unless verified.",
    (
        HUB_ID,
        REPO_ID,
        Column("model_name", "VARCHAR", "Name of the evaluated model in the card."),
        Column("task", "VARCHAR", "Task type, else its name; for sources hub and file the task_id of the benchmark."),
        Column("dataset", "VARCHAR", "Dataset type (its id), else its name."),
        Column("dataset_name", "VARCHAR", "Dataset name as shown."),
        Column("dataset_config", "VARCHAR", "Configuration, else arguments."),
        Column("dataset_split", "VARCHAR", "Split."),
        Column("metric", "VARCHAR", "Metric type, else its name."),
        Column("metric_name", "VARCHAR", "Metric name as shown."),
        Column("value", "VARCHAR", "Value as written; lists and mappings as JSON. NULL: none."),
        Column(
            "number",
            "DOUBLE",
            "Value if it is a plain finite number. Trap: it has no unit; 0.9 and 90 may be the same accuracy.",
        ),
        Column(
            "verified",
            "BOOLEAN",
            "hub: verified by the Hub. card, file: a verification token is attached. NULL: not stated.",
        ),
        Column(
            "source",
            "VARCHAR",
            "card (model-index of README.md, else of the manifest's card data), hub (evalResults) or file "
            "(.eval_results/*.yaml, if not the same as the Hub's).",
        ),
        Column("source_name", "VARCHAR", "Who measured it, as stated."),
        Column("source_url", "VARCHAR", "Link to the source. Never followed."),
        Column("source_user", "VARCHAR", "Hub account of the source."),
        Column("date", "DATE", "Day of the evaluation, as stated. NULL: not stated, or not an ISO date."),
        Column("dataset_revision", "VARCHAR", "Revision of the benchmark's dataset, as stated."),
        Column("notes", "VARCHAR", "Notes on how it was measured, up to 1,000 characters."),
        Column("pull_request", "INTEGER", "Number of the open pull request that contains it. NULL: it is on main."),
        Column("path", "VARCHAR", "File that contains it, for sources hub and file."),
        Column("error", "VARCHAR", "The Hub's error message for the file; such a row has no value."),
    ),
    (
        "hub_id",
        "source",
        "path",
        "model_name",
        "task",
        "dataset",
        "dataset_config",
        "dataset_split",
        "metric",
        "metric_name",
    ),
)
LICENSES = Table(
    "licenses",
    "Licences of a model, one row per licence and source, so that conflicts are visible. No row: none declared.",
    (
        HUB_ID,
        REPO_ID,
        Column(
            "source",
            "VARCHAR",
            "tag, card (front matter), file (text of a licence file: its title, its id or its opening grant; a licence "
            "that is only mentioned gives no row) or weights (their metadata).",
        ),
        Column(
            "license",
            "VARCHAR",
            "Licence id in lower case, as the Hub writes it; 'other' if there is only a name or a title.",
        ),
        Column("name", "VARCHAR", "Name or text as given, if it says more than the id."),
        Column("link", "VARCHAR", "Link or file given for it."),
    ),
    ("hub_id", "source", "license"),
)
WEIGHTS = Table(
    "weights",
    "Headers of weight files, one row per file (--with weights). Source: the first bytes of the file.",
    (
        HUB_ID,
        REPO_ID,
        SHA,
        Column("path", "VARCHAR", "Path in the repository."),
        Column("format", "VARCHAR", "safetensors or gguf."),
        Column("tensor_count", "BIGINT", "Tensors in this file."),
        Column(
            "parameters",
            "BIGINT",
            "Parameters in this file, before quantization: integer and boolean buffers count; scales, zero points and "
            "g_idx do not; packed low-bit tensors count their contents (GPTQ and AWQ I32: 32/bits; MXFP4 U8: two; FP4 in "
            "I8 with F8_E8M0 scales: two). If nothing is quantized, the sum over all tensors.",
        ),
        Column("parameters_by_dtype", "JSON", "The same by stored dtype; sums to parameters."),
        Column(
            "elements_by_dtype",
            "JSON",
            "Elements as stored, by dtype, including scales: the sum over all tensors' shapes.",
        ),
        Column(
            "metadata",
            "JSON",
            "__metadata__ of safetensors (up to 4 kB per value, 64 kB in total), or key-value pairs of GGUF (without the "
            "vocabulary and without the chat template, whose presence is gguf.chat_template; texts up to 1,024 "
            "characters, arrays up to 1,024 items; reason says what was left out).",
        ),
        Column("architecture", "VARCHAR", "general.architecture of GGUF, modelspec.architecture of safetensors."),
        Column("context_length", "BIGINT", "Context length in tokens, from GGUF."),
        Column("file_type", "VARCHAR", "Quantization, from GGUF (general.file_type), such as Q4_K_M."),
        Column("variant", "VARCHAR", "Quantization or precision, from the file name."),
        Column("companion", "BOOLEAN", "A GGUF file that is loaded in addition to the model; as in weight_sets."),
        Column("header_bytes", "BIGINT", "Offset of the data, bytes."),
        Column("bytes_read", "BIGINT", "Bytes fetched to read it the first time. For requests see fetches.attempts."),
        Column(
            "status", "VARCHAR", "ok, invalid (no header, or an inconsistent one) or oversized (above a size limit)."
        ),
        Column("reason", "VARCHAR", "Why it is not ok, what was assumed in counting, or what was cut."),
    ),
    ("hub_id", "sha", "path"),
)

WEIGHT_SETS = Table(
    "weight_sets",
    "Weights and exports of each model as sets: one row per file, or per set of shards. Source: file names.",
    (
        HUB_ID,
        REPO_ID,
        SHA,
        Column(
            "path",
            "VARCHAR",
            "Path of the file; for shards with * in place of their number, such as model-*-of-00005.safetensors.",
        ),
        Column("role", "VARCHAR", "weights or framework_export."),
        Column("format", "VARCHAR", "Format, as in files."),
        Column("framework", "VARCHAR", "Framework, as in files."),
        Column("unsafe", "BOOLEAN", "The format can contain a pickle, which can run code when loaded."),
        Column(
            "variant",
            "VARCHAR",
            "Quantization or precision in the name of the file, else of its folder: Q4_K_M, fp16, 4bit-128g. Trap: taken "
            "from the name, not measured. NULL: the names contain none.",
        ),
        Column("files", "BIGINT", "Number of files of the set that exist."),
        Column("shards", "BIGINT", "Number of files according to their names (-of-). NULL: not sharded."),
        Column("missing_shards", "BIGINT", "How many of these are missing. NULL: not sharded."),
        Column("size", "BIGINT", "Bytes of the files that exist. NULL: only names are known."),
        Column(
            "companion",
            "BOOLEAN",
            "GGUF files that are loaded in addition to the model: projectors (mmproj), by name; draft models (mtp, eagle3, "
            "dflash, draft, assistant), by name if another GGUF file of the repository is more than twice as large.",
        ),
    ),
    ("hub_id", "path", "role", "format"),
)
REUSE = Table(
    "reuse",
    "Whether a model can be reused: which components of the simplest reusable model of its modality it has, which are "
    "missing, and what loads it. Source: the known files (names are enough). No row: no file is known.",
    (
        HUB_ID,
        REPO_ID,
        Column(
            "modality",
            "VARCHAR",
            "Modality whose requirements apply: pipeline, adapter, sentence (from its files), text, vision, audio, speech "
            "(generated from text), multimodal (from its task), other.",
        ),
        Column(
            "has_config",
            "BOOLEAN",
            "config.json or its equivalent: model_index.json, adapter_config.json, modules.json, open_clip_config.json, "
            "params.json, a library's own (config.cfg, hyperparams.yaml), GGUF.",
        ),
        Column(
            "has_weights",
            "BOOLEAN",
            "Weights in any format, including exports such as ONNX. Trap: shards may be missing (see weight_shards in missing).",
        ),
        Column("has_tokenizer_config", "BOOLEAN", "tokenizer_config.json at the root, in tokenizer/ or 0_.../."),
        Column("has_vocabulary", "BOOLEAN", "A vocabulary; tokenizer.json and GGUF contain one."),
        Column("has_processor", "BOOLEAN", "A config of image, video or audio preprocessing."),
        Column("loads_with", "VARCHAR[]", "Libraries that find all files they need. Trap: not tested by loading."),
        Column(
            "missing",
            "VARCHAR[]",
            "Missing components that its modality needs, unless the library that loads it provides them: config, weights, "
            "weight_shards (part of a set), tokenizer_config, vocabulary, processor, base_model (of an adapter).",
        ),
        Column("reusable", "BOOLEAN", "Nothing is missing."),
        Column(
            "needs_remote_code",
            "BOOLEAN",
            "Loading runs code from a repository: models.names_code or remote_code (if no config was read, the same in "
            "the Hub's excerpt), or the tag custom_code.",
        ),
        Column("gated", "VARCHAR", "false, auto or manual: whether access must be requested."),
        Column("unsafe_only", "BOOLEAN", "All weights are in formats that can contain a pickle, which can run code."),
        Column("missing_shards", "BIGINT", "Number of shards that are missing according to the file names (-of-)."),
    ),
    ("hub_id",),
)
CONFLICTS = Table(
    "conflicts",
    "Where two sources disagree about a model: one row per disagreement, the more trusted source on the left. No row if "
    "one source only knows more than the other: licence other, a family of licences, one of several parents, packed "
    "values that the Hub counts as stored, a GGUF architecture that is llama.cpp's name for the model type.",
    (
        HUB_ID,
        REPO_ID,
        Column(
            "kind",
            "VARCHAR",
            "license, base_model, relation, parameters, architecture (config and GGUF), model_type (config and tags), "
            "total_size or file_count (listed names and manifest).",
        ),
        Column("left_value", "VARCHAR", "Value of the first source; several values are separated by commas."),
        Column("left_source", "VARCHAR", "First source."),
        Column(
            "right_value",
            "VARCHAR",
            "Value of the second source. Trap: parameters from a config are an estimate, reported if they differ by 10%; "
            "total_size is compared with the Hub's usedStorage, which includes older revisions.",
        ),
        Column("right_source", "VARCHAR", "Second source."),
    ),
    ("hub_id", "kind", "left_source", "right_source", "left_value", "right_value"),
)

REUSE_TABLES = (
    CARDS, LANGUAGES, DATASETS, PAPERS, EVALUATIONS, LICENSES, *LINEAGE_TABLES, WEIGHTS, WEIGHT_SETS, REUSE,
    CONFLICTS,
)  # fmt: skip
