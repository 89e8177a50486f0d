"""The public face, pinned: mypy --strict reads this file; changing a signature has to change it."""

from pathlib import Path
from typing import assert_type

import duckdb
import polars as pl

import harvester
from harvester import Catalogue, HarvestResult
from harvester.ask.find import FoundRows
from harvester.ask.page import Page
from harvester.ask.rows import Rows
from harvester.lock import Finding


def face(folder: Path) -> None:
    assert_type(harvester.__version__, str)
    assert_type(harvester.connect(folder), duckdb.DuckDBPyConnection)
    assert_type(harvester.connect("data/hub"), duckdb.DuckDBPyConnection)
    assert_type(harvester.harvest(data="data/hub", limit=100, sort="downloads"), HarvestResult)
    assert_type(
        harvester.harvest(
            hub="http://127.0.0.1:8642", data=folder, author="a", task="t", library="l", tags=["x"], search="s",
            ids=["org/name@main"], all=True, depths=("files",), documents=("*.txt",), history_by="api",
            quota_share=0.5, workers=4, max_time=60.0, max_requests=10, fresh=True, send_token=False, quiet=False,
        ),
        HarvestResult,
    )  # fmt: skip
    assert_type(harvester.query("license_mix", min_downloads=10), Rows)
    frame: pl.DataFrame = harvester.query("license_mix", data=folder)
    assert_type(frame.height, int)


def result(done: HarvestResult) -> None:
    assert_type(done.status, str)
    assert_type(done.run_id, str)
    assert_type(done.data, Path)
    assert_type(done.failed, int)
    assert_type(done.requests_api, int)


def catalogue(folder: Path) -> None:
    with Catalogue(folder) as opened:
        assert_type(opened, Catalogue)
        assert_type(opened.sql("SELECT 1"), Rows)
        assert_type(opened.sql("SELECT 1").pl(), pl.DataFrame)
        assert_type(opened.query("license_mix", min_downloads=10), Rows)
        assert_type(opened.queries(), Rows)
        assert_type(opened.find(task="text-generation", max_params="8B", weights_format="gguf"), FoundRows)
        assert_type(opened.find(language=["en", "de"], explain=True).near_misses, Rows)
        assert_type(opened.show("org/name"), Page)
        assert_type(opened.show("org/name").tables["files"], pl.DataFrame)
        assert_type(opened.diff("org/name", "2026-01-01"), Rows)
        assert_type(opened.describe(), Rows)
        assert_type(opened.describe("models"), Rows)
        assert_type(opened.scan("files"), pl.LazyFrame)
    Catalogue("data/hub", confined=False).close()


def errors() -> tuple[type[harvester.HarvesterError], ...]:
    return (harvester.UsageError, harvester.LocalError, harvester.HubUnavailable, harvester.DamagedLake)


def lock_file(folder: Path) -> None:
    assert_type(harvester.lock.check(), list[Finding])
    findings = harvester.lock.check(
        folder / "models.lock", hub="http://127.0.0.1:8642", data=None, day=None, send_token=False,
        fail_on=["labels", "licence"],
    )  # fmt: skip
    assert_type(findings[0].kind, str)
    assert_type(findings[0].matters, bool)
    assert_type(findings[0].differences[0].old, str | None)
    assert_type(findings[0].announced_by, tuple[str, ...])
    assert_type(findings[0].commits[0].title, str)


def what_mypy_must_refuse(folder: Path) -> None:
    harvester.harvest(data=folder, limit="100")  # type: ignore[arg-type]
    harvester.harvest(data=folder, with_="files")  # type: ignore[call-arg]
    harvester.Catalogue(folder).find(format="gguf")  # type: ignore[call-arg]
    harvester.connect()  # type: ignore[call-arg]
    harvester.query()  # type: ignore[call-arg]
