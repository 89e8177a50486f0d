"""The catalogue's SQL files with their placeholders filled."""

import re
from importlib import resources

from harvester.catalogue.reuse_sql import reuse_placeholders
from harvester.extract.failure import EXTRACTOR_ERROR
from harvester.extract.flatten import LABEL_MAPS
from harvester.extract.kinds import KINDS, PROSE
from harvester.extract.lineage import DECLARED, NO_ADAPTER, RELATIONS, SAME_RELATION, SOURCES
from harvester.extract.resaved import STAMPS
from harvester.lake.duck import identifier, quoted
from harvester.schema.catalogue import MODELS
from harvester.schema.config_columns import CONFIG_COLUMNS
from harvester.schema.former_names import FORMER_NAMES
from harvester.schema.gguf_architectures import GGUF_ARCHITECTURES
from harvester.schema.lake import OBSERVED, RUNS
from harvester.schema.languages import ISO_639_1
from harvester.schema.part_columns import QUANTIZATION

_QUANTIZATION = tuple(column.name for column in QUANTIZATION)
#: Typed columns of ``models`` that another document of the repository fills where the one at config_path does not say.
COMPANIONS: dict[str, tuple[str, ...]] = {
    "model_index.json": ("pipeline_class", "pipeline_components", "diffusers_version"),
    "scheduler/scheduler_config.json": ("scheduler_class",),
    "adapter_config.json": (
        "peft_type", "base_model_name_or_path", "lora_rank", "lora_alpha", "lora_dropout", "target_modules",
        "adapter_task_type",
    ),
    "quantize_config.json": _QUANTIZATION,
    "hf_quant_config.json": _QUANTIZATION,
    "config_setfit.json": ("num_labels",),
    "tokenizer_config.json": ("tokenizer_class", "model_max_length", "has_chat_template"),
    "preprocessor_config.json": ("image_processor_type",),
    "modules.json": ("sentence_modules",),
    "mergekit_config.yml": ("merge_method", "merged_models"),
    "mergekit_config.yaml": ("merge_method", "merged_models"),
    "1_Pooling/config.json": ("pooling_mode", "embedding_dimension"),
    "config_sentence_transformers.json": ("similarity_function",),
    "sentence_bert_config.json": ("max_seq_length",),
}  # fmt: skip

#: Columns of ``models`` that every listing moves; they are kept apart (``base.current``).
_CURRENT = frozenset({*(column.name for column in OBSERVED), "first_seen", "last_seen"})

#: Blob id (hex) of the LFS pointer of a row ``file``: 125 bytes and the digits of its size. An expression, not a
#: subquery, so that it is computed only for the rows that need it.
_POINTER_OID = (
    "sha1('blob ' || (125 + length(file.size::VARCHAR)) || chr(0) "
    "|| 'version https://git-lfs.github.com/spec/v1' || chr(10) || 'oid sha256:' || lower(hex(file.sha256)) || chr(10) "
    "|| 'size ' || file.size || chr(10))"
)

#: Digest of a card's text in a column ``bytes``, its front matter left out.
_CARD_TEXT = r"md5(regexp_replace(try(decode(bytes)), '^\s*---\s*\n(.*?\n)?---[ \t]*(\n|$)\s*', '', 's'))"


#: A pipeline's class is its index's, where a component's document has one of its own; the same of SetFit's classes.
_FIRST = ("model_index.json", "config_setfit.json")
#: Sizes in a GGUF header, after the architecture's name (ggml ``docs/gguf.md``); a list by layer is none.
_GGUF_SIZES = {
    "hidden_size": "embedding_length", "intermediate_size": "feed_forward_length", "num_hidden_layers": "block_count",
    "num_attention_heads": "attention.head_count", "num_key_value_heads": "attention.head_count_kv",
    "head_dim": "attention.key_length", "vocab_size": "vocab_size", "num_experts": "expert_count",
    "num_experts_per_token": "expert_used_count", "moe_intermediate_size": "expert_feed_forward_length",
    "rope_theta": "rope.freq_base",
}  # fmt: skip
#: Typed columns of ``models`` that GGUF facts fill where no document was read; see ``50_models.sql``.
_GGUF = (*_GGUF_SIZES, "context_length", "context_length_effective")


#: Columns of ``models`` that several documents of a repository, or its files, fill together.
_TOGETHER = {
    "names_code": "CASE WHEN code.model IS NOT NULL THEN true END",
    "has_chat_template": "CASE WHEN templated.model IS NOT NULL THEN true ELSE {own} END",
}


def _model_column(name: str) -> str:
    column = identifier(name)
    own = f"doc.{column}"
    places = {path: f"companion_{place}" for place, (path, held) in enumerate(COMPANIONS.items()) if name in held}
    if name in _QUANTIZATION:
        # One document says it all: what it leaves open, no other may fill.
        whens = [f"WHEN {quantized(side)} THEN {side}.{column}" for side in ("doc", *places.values())]
        return f"CASE {' '.join(whens)} END AS {column}"
    if name == "context_length_effective":
        # The tokenizer cuts to what the config declares: the declared positions are the scaled ones.
        limit = f"companion_{list(COMPANIONS).index('tokenizer_config.json')}.model_max_length"
        own = (
            f"CASE WHEN doc.rope_original_context_length IS NULL AND {limit} = doc.context_length "
            f"THEN doc.context_length ELSE {own} END"
        )
    order = [f"{side}.{column}" for path, side in places.items() if path in _FIRST]
    order += [own, *(f"{side}.{column}" for path, side in places.items() if path not in _FIRST)]
    if name in _GGUF:
        order.append(f"CASE WHEN doc.status IS NULL THEN gguf.{column} END")
    stated = f"coalesce({', '.join(order)})" if len(order) > 1 else own
    return f"{_TOGETHER.get(name, '{own}').format(own=stated)} AS {column}"


def _gguf_size(column: str, key: str) -> str:
    """Return the SQL for a size that a GGUF header states, once or alike for every layer."""
    kind = "DOUBLE" if column == "rope_theta" else "BIGINT"
    path = f"""('$."' || architecture || '.{key}"')"""
    layers = f"list_distinct(try_cast(metadata -> {path} AS {kind}[]))"
    one = f"try_cast(metadata ->> {path} AS {kind})"
    return f"coalesce({one}, CASE WHEN len({layers}) = 1 THEN {layers}[1] END) AS {column}"


def quantized(side: str) -> str:
    """Return the SQL for whether a document ``side`` says how the weights are quantized."""
    return f"coalesce({side}.quant_method_effective, {side}.quant_type, {side}.quant_bits::VARCHAR) IS NOT NULL"


def placeholders() -> dict[str, str]:
    """Return the lists that follow from the schema, by the name the SQL files use."""
    names = [column.name for column in CONFIG_COLUMNS]
    joins = []
    for place, held in enumerate(COMPANIONS.values()):
        columns = ", ".join(identifier(name) for name in held)
        joins.append(
            f"LEFT JOIN (SELECT doc, {columns} FROM base.doc SEMI JOIN (SELECT doc_{place} AS doc FROM base.beside) "
            f"USING (doc)) AS companion_{place} ON companion_{place}.doc = beside.doc_{place}"
        )
    return {
        "doc_columns": ", ".join(f"doc.{identifier(n)}" for n in names),
        "null_columns": ", ".join(f"NULL::{c.type}" for c in CONFIG_COLUMNS),
        "models_columns": ", ".join(
            f"{'current' if column.name in _CURRENT else 'model'}.{identifier(column.name)}"
            for column in MODELS.columns
        ),
        "model_columns": ",\n    ".join(_model_column(n) for n in names),
        "companion_joins": "\n".join(joins),
        "companion_docs": ",\n    ".join(
            f"max(doc) FILTER (WHERE path = {quoted(path)}) AS doc_{place}" for place, path in enumerate(COMPANIONS)
        ),
        "companion_paths": ", ".join(quoted(path) for path in COMPANIONS),
        "run_columns": ", ".join(identifier(n) for n in RUNS.names if n != "revision"),
        "iso_639_1": "[" + ", ".join(quoted(code) for code in ISO_639_1) + "]",
        "gguf_architectures": ", ".join(
            f"({quoted(model_type)}, {quoted(name)})" for model_type, names in GGUF_ARCHITECTURES for name in names
        ),
        "gguf_sizes": ", ".join(_gguf_size(column, key) for column, key in _GGUF_SIZES.items()),
        "pointer_oid": _POINTER_OID,
        "card_text": _CARD_TEXT,
        **reuse_placeholders(),
        "prose_kinds": ", ".join(quoted(kind) for kind in PROSE),
        "label_maps": LABEL_MAPS,
        "stamps": STAMPS,
        "extractor_error": EXTRACTOR_ERROR,
        "former_names": ", ".join(f"({quoted(old)}, {quoted(name)})" for old, name in FORMER_NAMES.items()),
        "declared": ", ".join(quoted(source) for source in DECLARED),
        "no_adapter": ", ".join(quoted(source) for source in NO_ADAPTER),
        "relation_words": ", ".join(
            f"({quoted(word)}, {quoted(relation)})"
            for word, relation in (*SAME_RELATION.items(), *((name, name) for name in RELATIONS))
        ),
        "lineage_sources": ", ".join(f"({quoted(source)}, {place})" for place, source in enumerate(SOURCES, 1)),
        "document_kinds": ", ".join(f"({quoted(k.file_name)}, {quoted(k.name)})" for k in KINDS),
    }


def scripts() -> list[tuple[str, str]]:
    """Return the SQL files in order, each with its placeholders filled."""
    values = placeholders()
    folder = resources.files("harvester.catalogue") / "sql"
    files = sorted((f.name, f.read_text(encoding="utf-8")) for f in folder.iterdir() if f.name.endswith(".sql"))
    return [(name, re.sub(r"\{\{(\w+)\}\}", lambda m: values[m[1]], text)) for name, text in files]
