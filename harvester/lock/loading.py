"""Which libraries load a model: the catalogue's own rules (`sql/77_reuse.sql`), for all models that are locked."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache

import duckdb

from harvester.catalogue.scripts import scripts
from harvester.extract.files import FileKind
from harvester.lock.snapshot import Snapshot

_TABLES = """
CREATE SCHEMA base;
CREATE TABLE base.model_key (model INTEGER, hub_id VARCHAR);
CREATE TABLE base.file (
    model INTEGER, path VARCHAR, role VARCHAR, format VARCHAR, framework VARCHAR, size BIGINT, sha256 VARCHAR
);
CREATE TABLE models (
    hub_id VARCHAR, repo_id VARCHAR, gated VARCHAR, pipeline_tag VARCHAR, library_name VARCHAR, tags VARCHAR[],
    config_status VARCHAR, model_type VARCHAR, architecture VARCHAR, config_stub VARCHAR, base_models VARCHAR[],
    base_model_name_or_path VARCHAR, names_code BOOLEAN, remote_code BOOLEAN, file_count BIGINT
);
"""
_KEY = "INSERT INTO base.model_key VALUES ($model, $hub_id)"
_FILES = """
INSERT INTO base.file SELECT $model, unnest($paths), unnest($roles), unnest($formats), unnest($frameworks), NULL, NULL
"""
_MODEL = """
INSERT INTO models VALUES (
    $hub_id, $name, 'false', $task, $library, $tags, $status, $model_type, $architecture, $stub, $bases, $base, NULL,
    NULL, $files
)
"""
_ANSWERS = "SELECT key.model, reuse.loads_with FROM reuse JOIN base.model_key AS key USING (hub_id)"


@dataclass(frozen=True, slots=True)
class Loadable:
    """A model with what its files are, and the typed columns of each document that was read."""

    snapshot: Snapshot
    kinds: Mapping[str, FileKind]
    typed: Mapping[str, Mapping[str, object]]


def loads_with(models: Sequence[Loadable]) -> list[list[str]]:
    """Return the libraries that load each model."""
    with closing(duckdb.connect(config={"threads": 1})) as con:
        con.execute(_TABLES)
        for number, model in enumerate(models):
            _insert(con, number, model)
        con.execute(_script())
        found = dict(con.execute(_ANSWERS).fetchall())
    return [[str(name) for name in found.get(number) or ()] for number in range(len(models))]


def _insert(con: duckdb.DuckDBPyConnection, number: int, model: Loadable) -> None:
    snapshot, kinds = model.snapshot, model.kinds.values()
    config, adapter = model.typed.get("config.json", {}), model.typed.get("adapter_config.json", {})
    # A repository may be locked under two names, so its id alone does not name it here.
    hub_id = f"{number} {snapshot.hub_id}"
    con.execute(_KEY, {"model": number, "hub_id": hub_id})
    if model.kinds:
        con.execute(
            _FILES,
            {
                "model": number, "paths": list(model.kinds), "roles": [kind.role for kind in kinds],
                "formats": [kind.format for kind in kinds], "frameworks": [kind.framework for kind in kinds],
            },
        )  # fmt: skip
    con.execute(
        _MODEL,
        {
            "hub_id": hub_id, "name": snapshot.name, "task": snapshot.task, "library": snapshot.library,
            "tags": list(snapshot.tags), "status": "ok" if "config.json" in model.typed else None,
            "model_type": config.get("model_type"), "architecture": config.get("architecture"),
            "stub": snapshot.config_stub, "bases": list(snapshot.card.base_models) if snapshot.card else [],
            "base": adapter.get("base_model_name_or_path"), "files": len(model.kinds),
        },
    )  # fmt: skip


@cache
def _script() -> str:
    return next(text for name, text in scripts() if name == "77_reuse.sql")
