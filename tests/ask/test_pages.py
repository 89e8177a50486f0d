"""The pages for people: one model, and the state of a harvest. Golden files hold them whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from small_catalogue import in_memory

from harvester.ask.names import Found, find_model
from harvester.ask.show import show
from harvester.ask.status import status
from harvester.errors import UsageError

GOLDEN = Path(__file__).parent / "golden"
OLD, NEW = "0" * 40, "1" * 40

MODELS: list[dict[str, Any]] = [
    {
        "hub_id": "a" * 24, "repo_id": "x/chat", "author": "x", "sha": NEW, "manifest_sha": OLD, "config_sha": NEW,
        "created_at": "2024-01-31 12:00:00.5", "downloads": 1234567, "likes": 7, "gated": "false", "license": "mit",
        "languages": [], "tags": ["a", "\x1b[2J"], "base_models": ["x/base", "z/gone"], "base_relation": "finetune",
        "file_count": 16, "total_size": 5_000_000_000, "config_status": "lenient", "config_path": "config.json",
        "model_type": "llama", "hidden_size": 4096, "vocab_size": 128256, "rope_theta": 500000.0, "remote_code": False,
        "last_seen": "2024-02-02",
    },
    {"hub_id": "b" * 24, "repo_id": "x/base", "license": "apache-2.0", "last_seen": "2024-02-02"},
    {
        "hub_id": "c" * 24, "repo_id": "y/listed", "downloads": 5, "file_count": 1, "base_models": ["x/old-chat"],
        "config_stub": '{"model_type": "bert"}', "config_status": "pending", "last_seen": "2024-02-02",
    },
    {"hub_id": "d" * 24, "repo_id": "y/empty", "file_count": 0, "base_models": ["x/chat"], "base_relation": "merge"},
    {"hub_id": "e" * 24, "repo_id": "w/taken", "last_seen": "2024-02-02"},
]  # fmt: skip
FILES: list[dict[str, Any]] = [
    {"path": path, "role": "weights", "format": "safetensors", "size": 10**8}
    for path in (
        *(f"model-{n:05d}-of-00002.safetensors" for n in (1, 2)),
        *(f"step-{n:02d}.safetensors" for n in range(1, 12)),
    )
] + [
    {"path": "pytorch_model.bin", "role": "weights", "format": "pickle", "size": 3_699_999_500, "unsafe": True},
    {"path": "config.json", "role": "config", "format": "json", "size": 500},
    {"path": "odd\nname", "role": "other", "format": None},
]
NAMES = [
    {"hub_id": "a" * 24, "repo_id": "x/old-chat", "first_seen": "2024-01-01", "last_seen": "2024-01-31"},
    {"hub_id": "a" * 24, "repo_id": "x/chat", "first_seen": "2024-02-01", "last_seen": "2024-02-02"},
    {"hub_id": "f" * 24, "repo_id": "w/gone", "first_seen": "2024-01-01", "last_seen": "2024-01-31"},
    {"hub_id": "f" * 24, "repo_id": "w/taken", "first_seen": "2023-01-01", "last_seen": "2023-12-31"},
    {"hub_id": "e" * 24, "repo_id": "w/taken", "first_seen": "2024-02-01", "last_seen": "2024-02-02"},
]
RUN = {"hub": "https://huggingface.co", "with": ["files", "configs"], "started_at": "2024-02-01", "selection_id": "s1"}
RUNS: list[dict[str, Any]] = [
    RUN | {
        "run_id": "20240201T000000Z", "status": "done", "finished_at": "2024-02-01 01:00:01", "listed": 5, "fetched": 5,
        "unchanged": 0, "pending": 0, "failed": 1, "requests_api": 6, "requests_resolvers": 3, "requests_other": 0,
        "requests_git": 2, "git_bucket": "api",
        "rate_limited": 0, "retries": 1, "run_ahead_documents": 0, "known_documents": 2, "seconds_waited": 12.34,
        "bytes_read": 1_234_567, "suspicious": False,
    },
    RUN | {"run_id": "20240202T000000Z", "status": "interrupted", "listed": 2, "suspicious": True},
]  # fmt: skip
FETCHES = [
    {"run_id": "r1", "hub_id": "a", "requested_id": "x/chat", "item": "manifest", "outcome": "failed"},
    {"run_id": "r2", "hub_id": "a", "requested_id": "x/chat", "item": "manifest", "outcome": "ok"},
    {"run_id": "r1", "hub_id": "b", "requested_id": "x/base", "item": "document", "path": "config.json",
     "outcome": "gated", "http_status": 401, "error": "Access to model x/base is restricted"},
    {"run_id": "r2", "hub_id": "c", "requested_id": "y/c", "item": "document", "path": "b.json", "outcome": "absent"},
]  # fmt: skip
CHANGES: list[dict[str, Any]] = [
    {"kind": "config", "path": "config.json", "field": "torch_dtype", "change": "removed", "old": '"float16"'},
    {"kind": "config", "path": "config.json", "field": "hidden_size", "change": "changed", "old": "64", "new": "128"},
    {"kind": "label", "path": "config.json", "field": "0", "change": "permuted", "old": "A", "new": "B"},
    {"kind": "label", "path": "config.json", "field": "1", "change": "permuted", "old": "B", "new": "A"},
    {"kind": "license", "field": "license", "change": "changed", "old": "mit\x1b", "new": "apache-2.0"},
    {"kind": "file", "field": "weight_format", "change": "changed", "old": "pickle", "new": "safetensors"},
    {"kind": "file", "path": "model.safetensors", "change": "added", "new": "0" * 40},
]
GATED = {"kind": "gating", "field": "gated", "change": "changed", "old": "false", "new": "auto"}
COMMITS = [
    {"hub_id": "a" * 24, "commit": OLD, "position": 1, "title": "initial commit", "committed_at": "2024-01-30 08:00"},
    {"hub_id": "a" * 24, "commit": NEW, "position": 0, "title": "Longer " * 20, "committed_at": "2024-01-31 08:00"},
]
TOMBSTONES: list[dict[str, Any]] = [
    {
        "hub_id": "a" * 24,
        "repo_id": "x/old-chat",
        "noticed_at": "2024-02-01",
        "cause": "renamed",
        "renamed_to": "x/chat",
    },
    {"hub_id": "f" * 24, "repo_id": "w/taken", "noticed_at": "2023-12-31", "cause": "replaced"},
    {"hub_id": "f" * 24, "repo_id": "w/gone", "noticed_at": "2024-01-31", "cause": "deleted_or_private"},
]
PENDING = [{"selection_id": "s1", "hub_id": "b" * 24, "scope": "configs", "state": "gated"}]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    files = [{"hub_id": "a" * 24, "sha": OLD, "source": "manifest", **file} for file in FILES]
    files.append({"hub_id": "c" * 24, "path": "config.json", "role": "config", "format": "json", "source": "listing"})
    configs = [
        {"hub_id": "a" * 24, "path": "config.json", "status": "lenient", "reason": "duplicate keys"},
        {"hub_id": "a" * 24, "path": "generation_config.json", "status": "ok"},
    ]
    seen = [
        {"run_id": f"2024020{n}T000000Z", "observed_at": f"2024-02-0{n} 00:00:09", "hub_id": "a" * 24, "sha": NEW,
         "downloads": n, "likes": 7, "gated": "false"} for n in (1, 2, 5)
    ]  # fmt: skip
    noticed = {"hub_id": "a" * 24, "noise": False, "announced_by": []}
    changes = [
        {**noticed, "changed_at": "2024-01-31 08:00", "to_sha": NEW, "source": "git", **row} for row in CHANGES
    ] + [{**noticed, "changed_at": "2024-02-05 00:00:09", "to_sha": NEW, "source": "harvest", **GATED}]
    with in_memory(
        models=MODELS, files=files, names=NAMES, configs=configs, observations=seen, runs=RUNS, fetches=FETCHES,
        changes=changes, commits=COMMITS, tombstones=TOMBSTONES, pending=PENDING,
        selections=[{"selection_id": "s1", "flags": '{"author": "x"}'}],
    ) as con:  # fmt: skip
        yield con


@pytest.mark.parametrize(
    ("page", "model"),
    [("show_full", "x/chat"), ("show_listed", "y/listed"), ("show_empty", "y/empty"), ("show_gone", "w/gone")],
)
def test_a_models_page_is_as_it_was(page: str, model: str, con: duckdb.DuckDBPyConnection) -> None:
    assert show(con, model).text(100) == (GOLDEN / f"{page}.txt").read_text()


def test_the_status_is_as_it_was(con: duckdb.DuckDBPyConnection) -> None:
    assert status(con).text(120) == (GOLDEN / "status.txt").read_text()


def test_a_harvest_without_a_run_says_how_to_start() -> None:
    with in_memory() as empty:
        assert status(empty).text() == "No runs yet. Start one with `harvester harvest`.\n"


def test_nothing_of_a_page_reaches_the_terminal_as_a_command(con: duckdb.DuckDBPyConnection) -> None:
    page = repr(show(con, "x/chat"))
    assert "\\x1b[2J" in page
    assert "odd\\nname" in page
    assert "\x1b" not in page


@pytest.mark.parametrize(
    ("asked", "hub_id", "repo_id", "live"),
    [
        ("x/chat", "a", "x/chat", True),
        ("X/Chat", "a", "x/chat", True),
        ("x/old-chat", "a", "x/chat", True),
        (" https://huggingface.co/x/chat/ ", "a", "x/chat", True),
        ("a" * 24, "a", "x/chat", True),
        ("w/taken", "e", "w/taken", True),
        ("w/gone", "f", "w/gone", False),
        ("F" * 24, "f", "w/gone", False),
    ],
)
def test_a_model_is_found_by_any_of_its_names(
    asked: str, hub_id: str, repo_id: str, live: bool, con: duckdb.DuckDBPyConnection
) -> None:
    assert find_model(con, asked) == Found(hub_id * 24, repo_id, live)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("x/chatt", r"no model 'x/chatt' in this catalogue: did you mean x/chat"),
        ("chat", r"did you mean x/chat"),
        ("q", r"give a repo_id \(owner/name\) or a hub_id"),
        ("", r"give a repo_id"),
        ("a' OR '1' = '1\x1b", r"no model .*\\x1b"),
    ],
)
def test_an_unknown_model_is_reported_with_near_ones(asked: str, told: str, con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match=told):
        find_model(con, asked)
