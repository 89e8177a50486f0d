"""Builds `catalogue.duckdb` from the lake: the SQL files in order, then COMMENTs; replaced in one rename.

In goes the lake, out comes one file. Readers of the old file keep it until they open the new one.
"""

import os
import re
from importlib import resources
from pathlib import Path

from harvester.catalogue.derive import run_steps
from harvester.catalogue.reuse_sql import reuse_placeholders
from harvester.errors import LocalError
from harvester.extract.kinds import KINDS, PROSE
from harvester.lake.duck import connection, identifier, quoted, with_enough_memory
from harvester.lake.memory import give_back
from harvester.lake.parts import Lake
from harvester.schema.catalogue import CATALOGUE_TABLES
from harvester.schema.config_columns import CONFIG_COLUMNS
from harvester.schema.lake import RUNS
from harvester.schema.languages import ISO_639_1

#: Oldest DuckDB that can open the catalogue.
STORAGE_VERSION = "v1.5.0"
#: Memory of a build, MB: the least, and what each million models adds .
MEMORY_LEAST_MB, MEMORY_PER_MILLION_MB = 170, 150

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

_POINTER_OID = (
    "(SELECT sha1('blob ' || strlen(pointer) || chr(0) || pointer) FROM (SELECT "
    "'version https://git-lfs.github.com/spec/v1' || chr(10) || 'oid sha256:' || lower(hex(file.sha256)) || chr(10) "
    "|| 'size ' || file.size || chr(10) AS pointer))"
)


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
        "model_columns": ",\n    ".join(_model_column(n) for n in names),
        "companion_joins": "\n".join(joins),
        "run_columns": ", ".join(identifier(n) for n in RUNS.names if n != "revision"),
        "iso_639_1": "[" + ", ".join(quoted(code) for code in ISO_639_1) + "]",
        "pointer_oid": _POINTER_OID,
        **reuse_placeholders(),
        "prose_kinds": ", ".join(quoted(kind) for kind in PROSE),
        "document_kinds": ", ".join(f"({quoted(k.file_name)}, {quoted(k.name)})" for k in KINDS),
    }


def scripts() -> list[tuple[str, str]]:
    """Return the SQL files in order, each with its placeholders filled."""
    values = placeholders()
    folder = resources.files("harvester.catalogue") / "sql"
    files = sorted((f.name, f.read_text(encoding="utf-8")) for f in folder.iterdir() if f.name.endswith(".sql"))
    return [(name, re.sub(r"\{\{(\w+)\}\}", lambda m: values[m[1]], text)) for name, text in files]


def memory_for(lake: Lake) -> int:
    """Return the MB a build of this lake is given, by the models it knows."""
    rows = sum(part.rows for part in lake.parts("facts"))
    return MEMORY_LEAST_MB + int(rows / 1e6 * MEMORY_PER_MILLION_MB)


def build(lake: Lake, *, memory_mb: int | None = None) -> Path:
    """Build the catalogue of a lake and return its path.

    Raises LocalError (disk, memory) and UsageError (damaged lake).
    """
    target = lake.layout.catalogue
    draft = lake.layout.scratch / "catalogue.draft.duckdb"
    give_back()
    try:
        if memory_mb is None:
            with_enough_memory(lambda memory: _fill(lake, draft, memory), memory_for(lake))
        else:
            _fill(lake, draft, memory_mb)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(draft, target)
    except OSError as error:
        raise LocalError(f"cannot write {target}: {error.strerror or error}") from None
    finally:
        _remove(draft)
    return target


def _fill(lake: Lake, draft: Path, memory_mb: int) -> None:
    _remove(draft)
    with connection(lake, memory_mb=memory_mb) as con:
        con.execute(f"ATTACH {quoted(str(draft))} AS catalogue (STORAGE_VERSION {quoted(STORAGE_VERSION)})")
        con.execute("USE catalogue")
        for name, text in scripts():
            con.execute(text)
            run_steps(con, name, lake.layout.scratch)
        # One by one each would be a checkpoint of its own: seconds for a small catalogue.
        con.execute("BEGIN")
        for statement in comments():
            con.execute(statement)
        con.execute("COMMIT")
        con.execute("USE memory")
        con.execute("DETACH catalogue")


def _remove(draft: Path) -> None:
    for path in (draft, draft.with_name(draft.name + ".wal")):
        path.unlink(missing_ok=True)


def comments() -> list[str]:
    """Return the COMMENT statements of the catalogue, from its schema."""
    found = []
    for table in CATALOGUE_TABLES:
        kind = "TABLE" if table.name in _TABLES else "VIEW"
        found.append(f"COMMENT ON {kind} {identifier(table.name)} IS {quoted(table.comment)}")
        found += [
            f"COMMENT ON COLUMN {identifier(table.name)}.{identifier(c.name)} IS {quoted(c.comment)}"
            for c in table.columns
        ]
    return found


#: Stored as tables; all others are views over ``base``.
_TABLES = frozenset({"models", "fetches", "pending", "lineage", "lineage_roots"})
