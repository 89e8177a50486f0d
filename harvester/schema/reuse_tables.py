"""The tables that say whether a model can be reused: cards and what they name, licences, lineage, weights.

To add a column, add one line here and the field of the same name to the row that ``harvester.extract`` makes.
"""

from harvester.schema.keys import HUB_ID, REPO_ID, SHA
from harvester.schema.lineage_tables import LINEAGE_TABLES
from harvester.schema.table import Column, Table

_SOURCE = "hub (the card data the Hub hands out), card (README.md itself), tag"

CARDS = Table(
    "cards",
    "One row per model card that was read. Source: the card data on the manifest request, and README.md --with cards. "
    "Trap: body_length and sections are NULL where only the Hub's card data was read.",
    (
        HUB_ID,
        REPO_ID,
        SHA,
        Column("oid", "VARCHAR", "Git blob id of README.md, 40 hex digits. NULL where only card data was read."),
        Column(
            "front_matter",
            "JSON",
            "The front matter as JSON, numbers with the digits that were written, dates and yes/no as text. NULL: "
            "none, or it cannot be read.",
        ),
        Column("body_length", "BIGINT", "Characters below the front matter, white space at both ends left out."),
        Column(
            "sections", "VARCHAR[]", "Headings in order, as plain text, at most 500; those in code blocks left out."
        ),
        Column(
            "status",
            "VARCHAR",
            "ok, lenient (read, the oddity in reason), absent (no front matter), invalid, not_object or oversized.",
        ),
        Column("reason", "VARCHAR", "Line and problem where status is not ok."),
        Column("license", "VARCHAR", "First licence id of the front matter, verbatim; all of them are in licenses."),
        Column("license_name", "VARCHAR", "license_name, verbatim: what licence 'other' means."),
        Column("license_link", "VARCHAR", "license_link, verbatim: a file of the repository or a URL. Never followed."),
        Column(
            "pipeline_tag", "VARCHAR", "Task as the card says. Trap: models.pipeline_tag is what the Hub made of it."
        ),
        Column("library_name", "VARCHAR", "Library as the card says."),
        Column("base_model_relation", "VARCHAR", "The card's own word for the relation to its base models, verbatim."),
        Column(
            "body_base_models",
            "VARCHAR[]",
            "Model that the sentence of a trainer in the text says it was fine-tuned from, verbatim.",
        ),
        Column("metrics", "VARCHAR[]", "Metrics named, verbatim."),
        Column("new_version", "VARCHAR", "Model that replaces this one, as the card says."),
        Column(
            "co2_grams", "DOUBLE", "Grams of CO2 equivalent emitted, self-declared. Trap: units in text are not read."
        ),
        Column("co2_source", "VARCHAR", "Where the card says that figure comes from."),
        Column(
            "gate", "VARCHAR", "Text a gated model asks to be agreed to (heading, description, prompt), up to 64 kB."
        ),
    ),
    ("hub_id", "sha", "oid"),
)
LANGUAGES = Table(
    "languages",
    "Languages a model says it is for, one a row and source.",
    (
        HUB_ID,
        REPO_ID,
        Column(
            "language", "VARCHAR", "The word as written, in small letters. Trap: false is what YAML 1.1 makes of no."
        ),
        Column(
            "code",
            "VARCHAR",
            "ISO 639 code: two letters where the language has them, else three (639-3, groups 639-5). NULL: no "
            "language (code, multilingual) or not known. Withdrawn codes give their successor (iw is he).",
        ),
        Column(
            "source",
            "VARCHAR",
            f"{_SOURCE}. Trap: tags do not mark languages; codes are taken from them, those that the card names where "
            "it was read, else those likely to be meant.",
        ),
    ),
    ("hub_id", "source", "language"),
)
DATASETS = Table(
    "datasets",
    "Datasets a model says it was made with, one a row and source.",
    (
        HUB_ID,
        REPO_ID,
        Column(
            "dataset",
            "VARCHAR",
            "Dataset as written, a Hub URL cut to its name. Trap: names of loaders (imagefolder, generator) are among "
            "them.",
        ),
        Column("source", "VARCHAR", f"{_SOURCE} (dataset:)."),
    ),
    ("hub_id", "source", "dataset"),
)
PAPERS = Table(
    "papers",
    "Papers a model points to, one a row and source.",
    (
        HUB_ID,
        REPO_ID,
        Column("kind", "VARCHAR", "arxiv or doi."),
        Column(
            "paper",
            "VARCHAR",
            "arXiv id without version and subject class, or DOI in small letters; arXiv's own DOIs are arXiv ids. "
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
    "Results of evaluations, one row a metric value: of the card's model-index, of the files .eval_results/*.yaml, and "
    "of what the Hub makes of these (evalResults), which holds open pull requests too. Self-declared unless verified.",
    (
        HUB_ID,
        REPO_ID,
        Column("model_name", "VARCHAR", "Name the card gives the evaluated model."),
        Column("task", "VARCHAR", "Task type, else its name; of hub and file the benchmark's task_id."),
        Column("dataset", "VARCHAR", "Dataset type (its id), else its name."),
        Column("dataset_name", "VARCHAR", "Dataset name as shown."),
        Column("dataset_config", "VARCHAR", "Configuration, else arguments."),
        Column("dataset_split", "VARCHAR", "Split."),
        Column("metric", "VARCHAR", "Metric type, else its name."),
        Column("metric_name", "VARCHAR", "Metric name as shown."),
        Column("value", "VARCHAR", "Value as written; lists and mappings as JSON. NULL: none given."),
        Column(
            "number",
            "DOUBLE",
            "Value where it is a finite number and nothing else. Trap: no unit, 0.9 and 90 may be the same accuracy.",
        ),
        Column(
            "verified",
            "BOOLEAN",
            "hub: the Hub has verified it. card, file: a verification token is attached. NULL: not said.",
        ),
        Column(
            "source",
            "VARCHAR",
            "card (model-index of README.md, else of the card data of the manifest), hub (evalResults) or file "
            "(.eval_results/*.yaml, where the Hub does not say the same).",
        ),
        Column("source_name", "VARCHAR", "Who is said to have measured it."),
        Column("source_url", "VARCHAR", "Where. Never followed."),
        Column("source_user", "VARCHAR", "Account on the Hub that the source belongs to."),
        Column("date", "DATE", "Day of the evaluation, as stated. NULL: not stated, or no ISO date."),
        Column("dataset_revision", "VARCHAR", "Revision of the benchmark's dataset, as stated."),
        Column("notes", "VARCHAR", "Notes on how it was measured, up to 1,000 characters."),
        Column("pull_request", "INTEGER", "Number of the open pull request that has it. NULL: it is on main."),
        Column("path", "VARCHAR", "File it is in, of sources hub and file."),
        Column("error", "VARCHAR", "What the Hub says is wrong with the file; such a row has no value."),
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
    "Licences a model carries, one row a licence and source, so that conflicts can be seen. No row: none declared.",
    (
        HUB_ID,
        REPO_ID,
        Column(
            "source",
            "VARCHAR",
            "tag, card (front matter), file (a licence file's text: its title, its id or the grant that it begins with; "
            "a licence only named in passing gives no row) or weights (their metadata).",
        ),
        Column(
            "license",
            "VARCHAR",
            "Licence id in small letters as the Hub writes them; 'other' where only a name or a title is.",
        ),
        Column("name", "VARCHAR", "Name or text as given, where it says more than the id."),
        Column("link", "VARCHAR", "Link or file named for it."),
    ),
    ("hub_id", "source", "license"),
)
WEIGHTS = Table(
    "weights",
    "Headers of weight files, one row a file (--with weights). Source: the first bytes of the file.",
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
            "Parameters in this file as the model has them: integer and boolean buffers count; scales, zero points and "
            "g_idx do not; packed low-bit tensors count what they hold (GPTQ and AWQ I32 32/bits, MXFP4 U8 two, FP4 in I8 "
            "with scales of F8_E8M0 two). Where nothing is quantized, the sum over all tensors.",
        ),
        Column("parameters_by_dtype", "JSON", "The same by stored dtype; adds up to parameters."),
        Column(
            "elements_by_dtype",
            "JSON",
            "Elements as stored, by dtype, scales and all: the sums of all tensors' shapes.",
        ),
        Column(
            "metadata",
            "JSON",
            "__metadata__ of safetensors (4 kB a value, 64 kB in all), key-values of GGUF (no vocabulary; of the "
            "chat template only that there is one, gguf.chat_template; texts cut at 1,024 characters, arrays of "
            "up to 1,024 items; reason names what was left out).",
        ),
        Column("architecture", "VARCHAR", "general.architecture of GGUF, modelspec.architecture of safetensors."),
        Column("context_length", "BIGINT", "Context in tokens as GGUF says."),
        Column("file_type", "VARCHAR", "Quantization as GGUF says (general.file_type), e.g. Q4_K_M."),
        Column("variant", "VARCHAR", "Quantization or precision as the file's name says."),
        Column("companion", "BOOLEAN", "A GGUF file that is loaded beside the model; as in weight_sets."),
        Column("header_bytes", "BIGINT", "Byte where the data begins."),
        Column(
            "bytes_read", "BIGINT", "Bytes fetched for it, when it was first met. fetches.attempts has the requests."
        ),
        Column("status", "VARCHAR", "ok, invalid (no header, or one that lies) or oversized (above a cap)."),
        Column("reason", "VARCHAR", "Why it is not ok, or what was assumed in counting or cut."),
    ),
    ("hub_id", "sha", "path"),
)

WEIGHT_SETS = Table(
    "weight_sets",
    "Weights and exports of each model as sets: one row a file, and one for all the shards of a set. Source: file names.",
    (
        HUB_ID,
        REPO_ID,
        SHA,
        Column(
            "path",
            "VARCHAR",
            "Path of the file; of shards with * for their number, as in model-*-of-00005.safetensors.",
        ),
        Column("role", "VARCHAR", "weights or framework_export."),
        Column("format", "VARCHAR", "Format, as in files."),
        Column("framework", "VARCHAR", "Framework, as in files."),
        Column("unsafe", "BOOLEAN", "The format can carry a pickle, which runs code when loaded."),
        Column(
            "variant",
            "VARCHAR",
            "Quantization or precision that the name of the file, else of its folder, tells: Q4_K_M, fp16, 4bit-128g. "
            "Trap: what the name claims, nothing was measured. NULL: it tells none.",
        ),
        Column("files", "BIGINT", "Files of the set that are there."),
        Column("shards", "BIGINT", "Files that the names promise (-of-). NULL: not in shards."),
        Column("missing_shards", "BIGINT", "Of these, how many are not there. NULL: not in shards."),
        Column("size", "BIGINT", "Bytes of those that are there. NULL: only names are known."),
        Column(
            "companion",
            "BOOLEAN",
            "GGUF files loaded beside the model, not the model: projectors (mmproj) by name, draft models (mtp, eagle3, "
            "dflash, draft, assistant) by name where another GGUF of the repository is more than twice as large.",
        ),
    ),
    ("hub_id", "path", "role", "format"),
)
REUSE = Table(
    "reuse",
    "Whether a model can be used again: which components the simplest reusable model of its modality has, which are "
    "missing, what loads it. Read from the files known (names alone will do). No row: no file is known.",
    (
        HUB_ID,
        REPO_ID,
        Column(
            "modality",
            "VARCHAR",
            "What it is held to: pipeline, adapter, sentence (its files say so), text, vision, audio, speech (made from "
            "text), multimodal (its task says so), other.",
        ),
        Column(
            "has_config",
            "BOOLEAN",
            "config.json, or what stands for it: model_index.json, adapter_config.json, modules.json, "
            "open_clip_config.json, params.json, a library's own (config.cfg, hyperparams.yaml), GGUF.",
        ),
        Column(
            "has_weights",
            "BOOLEAN",
            "Weights in any format, exports such as ONNX included. Trap: shards may be missing (weight_shards in missing).",
        ),
        Column("has_tokenizer_config", "BOOLEAN", "tokenizer_config.json at the root, in tokenizer/ or 0_.../."),
        Column("has_vocabulary", "BOOLEAN", "A vocabulary; tokenizer.json and GGUF hold one."),
        Column("has_processor", "BOOLEAN", "A config of image, video or audio preprocessing."),
        Column("loads_with", "VARCHAR[]", "Libraries that find all they need. Trap: nothing was loaded to try."),
        Column(
            "missing",
            "VARCHAR[]",
            "Components its modality needs that are not there, unless what loads it brings them along: config, weights, "
            "weight_shards (only part of a set), tokenizer_config, vocabulary, processor, base_model (of an adapter).",
        ),
        Column("reusable", "BOOLEAN", "Nothing is missing."),
        Column(
            "needs_remote_code",
            "BOOLEAN",
            "Loading runs code of a repository: models.names_code or remote_code (where no config was read, the Hub's "
            "excerpt of it), or the tag custom_code.",
        ),
        Column("gated", "VARCHAR", "false, auto or manual: whether access must be asked for."),
        Column("unsafe_only", "BOOLEAN", "Weights only in formats that can carry a pickle, which runs code."),
        Column("missing_shards", "BIGINT", "Shards that file names promise (-of-) and that are not there."),
    ),
    ("hub_id",),
)
CONFLICTS = Table(
    "conflicts",
    "Where two sources disagree about a model: one row a disagreement, the more trusted source on the left. No row "
    "where one source only knows more than the other: licence other, a family of licences, one of several parents, "
    "packed values that the Hub counts as stored, a GGUF architecture that is llama.cpp's name of the model type.",
    (
        HUB_ID,
        REPO_ID,
        Column(
            "kind",
            "VARCHAR",
            "license, base_model, relation, parameters, architecture (config against GGUF), model_type (against tags), "
            "total_size or file_count (names listed against the manifest).",
        ),
        Column("left_value", "VARCHAR", "What the one source says; several values with commas."),
        Column("left_source", "VARCHAR", "Which source."),
        Column(
            "right_value",
            "VARCHAR",
            "What the other says. Trap: parameters of a config are an estimate, told where it is a tenth off; of "
            "total_size the Hub's usedStorage, which counts older revisions too.",
        ),
        Column("right_source", "VARCHAR", "Which source."),
    ),
    ("hub_id", "kind", "left_source", "right_source", "left_value", "right_value"),
)

REUSE_TABLES = (
    CARDS, LANGUAGES, DATASETS, PAPERS, EVALUATIONS, LICENSES, *LINEAGE_TABLES, WEIGHTS, WEIGHT_SETS, REUSE,
    CONFLICTS,
)  # fmt: skip
