"""The catalogue's SQL files with their placeholders filled."""

import re
from importlib import resources

from harvester.catalogue.reuse_sql import reuse_placeholders
from harvester.extract.failure import EXTRACTOR_ERROR
from harvester.extract.flatten import LABEL_MAPS
from harvester.extract.kinds import KINDS, PROSE
from harvester.lake.duck import identifier, quoted
from harvester.schema.catalogue import MODELS
from harvester.schema.config_columns import CONFIG_COLUMNS
from harvester.schema.gguf_architectures import GGUF_ARCHITECTURES
from harvester.schema.lake import OBSERVED, RUNS
from harvester.schema.languages import ISO_639_1

#: Typed columns of ``models`` that another document of the repository fills where the one at config_path does not say.
COMPANIONS: dict[str, tuple[str, ...]] = {
    "model_index.json": ("pipeline_class", "pipeline_components", "diffusers_version"),
    "scheduler/scheduler_config.json": ("scheduler_class",),
    "adapter_config.json": (
        "peft_type", "base_model_name_or_path", "lora_rank", "lora_alpha", "lora_dropout", "target_modules",
        "adapter_task_type",
    ),
    "quantize_config.json": ("quant_method", "quant_bits", "quant_group_size"),
    "tokenizer_config.json": ("tokenizer_class", "model_max_length", "has_chat_template"),
    "preprocessor_config.json": ("image_processor_type",),
    "modules.json": ("sentence_modules",),
    "1_Pooling/config.json": ("pooling_mode", "embedding_dimension"),
    "config_sentence_transformers.json": ("similarity_function",),
    "sentence_bert_config.json": ("max_seq_length",),
}  # fmt: skip

#: Columns of ``models`` that every listing moves; they are kept apart (``base.current``).
_CURRENT = frozenset({*(column.name for column in OBSERVED), "first_seen", "last_seen"})

#: Blob id (hex) of the LFS pointer of a row ``file``.
_POINTER_OID = (
    "(SELECT sha1('blob ' || strlen(pointer) || chr(0) || pointer) FROM (SELECT "
    "'version https://git-lfs.github.com/spec/v1' || chr(10) || 'oid sha256:' || lower(hex(file.sha256)) || chr(10) "
    "|| 'size ' || file.size || chr(10) AS pointer))"
)

#: Digest of a card's text in a column ``bytes``, its front matter left out.
_CARD_TEXT = r"md5(regexp_replace(try(decode(bytes)), '^\s*---\s*\n(.*?\n)?---[ \t]*(\n|$)\s*', '', 's'))"


def _model_column(name: str) -> str:
    for place, (path, columns) in enumerate(COMPANIONS.items()):
        if name in columns:
            own, companion = f"doc.{identifier(name)}", f"companion_{place}.{identifier(name)}"
            # A pipeline's class is its index's; a component's document has a class of its own.
            first, then = (companion, own) if path == "model_index.json" else (own, companion)
            return f"coalesce({first}, {then}) AS {identifier(name)}"
    return f"doc.{identifier(name)}"


def placeholders() -> dict[str, str]:
    """Return the lists that follow from the schema, by the name the SQL files use."""
    names = [column.name for column in CONFIG_COLUMNS]
    joins = [
        f"LEFT JOIN (SELECT ref.model, doc.* FROM base.ref AS ref JOIN base.doc AS doc USING (doc) "
        f"WHERE ref.path = {quoted(path)}) AS companion_{place} ON companion_{place}.model = fact.model"
        for place, path in enumerate(COMPANIONS)
    ]
    return {
        "doc_columns": ", ".join(f"doc.{identifier(n)}" for n in names),
        "null_columns": ", ".join(f"NULL::{c.type}" for c in CONFIG_COLUMNS),
        "models_columns": ", ".join(
            f"{'current' if column.name in _CURRENT else 'model'}.{identifier(column.name)}"
            for column in MODELS.columns
        ),
        "model_columns": ",\n    ".join(_model_column(n) for n in names),
        "companion_joins": "\n".join(joins),
        "run_columns": ", ".join(identifier(n) for n in RUNS.names if n != "revision"),
        "iso_639_1": "[" + ", ".join(quoted(code) for code in ISO_639_1) + "]",
        "gguf_architectures": ", ".join(
            f"({quoted(model_type)}, {quoted(name)})" for model_type, names in GGUF_ARCHITECTURES for name in names
        ),
        "pointer_oid": _POINTER_OID,
        "card_text": _CARD_TEXT,
        **reuse_placeholders(),
        "prose_kinds": ", ".join(quoted(kind) for kind in PROSE),
        "label_maps": LABEL_MAPS,
        "extractor_error": EXTRACTOR_ERROR,
        "document_kinds": ", ".join(f"({quoted(k.file_name)}, {quoted(k.name)})" for k in KINDS),
    }


def scripts() -> list[tuple[str, str]]:
    """Return the SQL files in order, each with its placeholders filled."""
    values = placeholders()
    folder = resources.files("harvester.catalogue") / "sql"
    files = sorted((f.name, f.read_text(encoding="utf-8")) for f in folder.iterdir() if f.name.endswith(".sql"))
    return [(name, re.sub(r"\{\{(\w+)\}\}", lambda m: values[m[1]], text)) for name, text in files]
