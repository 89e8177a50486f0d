"""A world in two lines, a harvest of it in one, and what a user then sees: rows, requests, exit codes."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from copy import deepcopy
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import pytest

import harvester
from harvester.catalogue.build import build
from harvester.clock import SystemClock
from harvester.crawl.progress import Reporter
from harvester.crawl.run import HarvestResult, HarvestSettings, harvest_into
from harvester.crawl.select import RequestedModel, Selection
from harvester.hub.connect import HubSettings
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
from samplehub import QUOTAS, FolderWorld, SampleHub
from samplehub.world import Moved, Repo, World

#: What each extra installs that its code imports first.
EXTRAS = {
    "browse": "jinja2 markupsafe starlette uvicorn",
    "report": "altair vl_convert",
    "s3": "obstore",
    "notebook": "pandas pyarrow ipywidgets",
}
SHARED = Path(__file__).parents[1] / "../shared"
EVERYTHING = Selection(all=True)
#: A quota no test uses up.
AMPLE = QUOTAS["enterprise-plus-higher"]
#: The first creation second of a shelf's models; the first 8 digits of an `_id` are its creation second.
BORN = 0x64000000


class ShelfWorld(FolderWorld):
    """A folder of repos, some of whose names lead elsewhere."""

    def __init__(self, root: Path, moved: Mapping[str, str]):
        super().__init__(root)
        self._moved = dict(moved)

    def find(self, repo_id: str) -> Repo | Moved | None:
        target = self._moved.get(repo_id)
        return Moved(target) if target else super().find(repo_id)


class Shelf:
    """Models on disk, to be served by a sample Hub and changed between two harvests."""

    def __init__(self, root: Path):
        self.root = root
        self.moved: dict[str, str] = {}
        self._said: dict[str, dict[str, Any]] = {}
        root.mkdir(parents=True, exist_ok=True)

    def put(self, repo_id: str, files: Mapping[str, object], *, revision: str = "", **said: Any) -> str:
        """Write a model anew and return its `_id`; a dict or list becomes JSON. ``said`` is what the listing says."""
        if repo_id not in self._said:
            born = BORN + len(self._said)
            self._said[repo_id] = {"hub_id": f"{born:08x}{len(self._said):016x}", "created_at": born}
        self._said[repo_id].update(said)
        folder = self.root / (f"{repo_id}@{revision}" if revision else repo_id)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                content = content.encode()
            target.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        (folder / "hub.json").write_text(json.dumps(self._said[repo_id]))
        return str(self._said[repo_id]["hub_id"])

    def say(self, repo_id: str, **said: Any) -> None:
        """Change what the listing says of a model, and none of its files."""
        self._said[repo_id].update(said)
        (self.root / repo_id / "hub.json").write_text(json.dumps(self._said[repo_id]))

    def remove(self, repo_id: str) -> None:
        """Delete a model."""
        shutil.rmtree(self.root / repo_id)

    def rename(self, old: str, new: str) -> None:
        """Rename a model: its `_id` stays, its old name leads to the new one."""
        (self.root / new).parent.mkdir(exist_ok=True)
        (self.root / old).rename(self.root / new)
        self._said[new] = self._said.pop(old)
        self.moved[old] = new

    def copy(self, root: Path) -> "Shelf":
        """The same models in another folder, to be changed on their own."""
        shutil.copytree(self.root, root)
        copied = Shelf(root)
        copied.moved, copied._said = dict(self.moved), deepcopy(self._said)
        return copied

    def world(self) -> World:
        """What a Hub serves of it now."""
        return ShelfWorld(self.root, self.moved)

    def sha(self, repo_id: str) -> str:
        """The newest commit of a model."""
        found = self.world().find(repo_id)
        assert isinstance(found, Repo)
        return found.head.oid


def config(hidden_size: int = 64, **more: object) -> dict[str, object]:
    """A config.json of its own for every ``hidden_size``."""
    return {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": hidden_size, **more}


def small_shelf(root: Path, models: int = 6) -> Shelf:
    """``org/m0``... each with a config of its own, a shared generation config, weights and a card."""
    shelf = Shelf(root)
    for n in range(models):
        shelf.put(
            f"org/m{n}",
            {
                "config.json": config(64 + n),
                "generation_config.json": {"max_length": 20},
                "model.safetensors": b"weights %d" % n,
                "README.md": "# A model\n",
            },
            downloads=100 - n,
        )
    return shelf


@contextmanager
def serving(world: World, **options: Any) -> Iterator[SampleHub]:
    """Serve a world with an ample quota: one after the other under the same URL, so that it is the same Hub."""
    options.setdefault("quota", AMPLE)
    try:
        sample = SampleHub(world, port=_port(), **options)
    except OSError:
        # Another is being served: this is another Hub.
        sample = SampleHub(world, **options)
    with sample as hub:
        yield hub


@cache
def _port() -> int:
    """A free port of this process's own: below those that systems give to connections, which come and go."""
    candidates = Random(os.getpid())
    while True:
        try:
            with socket.create_server(("127.0.0.1", candidates.randrange(10_000, 32_000))) as free:
                return int(free.getsockname()[1])
        except OSError:
            continue


def ids(*lines: str) -> Selection:
    """The selection of an id file."""
    pairs = (line.partition("@") for line in lines)
    return Selection(ids=tuple(RequestedModel(name, revision or None) for name, _, revision in pairs))


def settings(
    hub: SampleHub | str, data: Path, selection: Selection = EVERYTHING, *, token: str | None = None,
    max_requests: int | None = None, workers: int = 4, attempts: int = 6, read_timeout: float = 10.0,
    quota_share: float = 1.0, **more: Any,
) -> HarvestSettings:  # fmt: skip
    """What `harvest` is asked to do."""
    endpoint = hub if isinstance(hub, str) else hub.url
    asked = HubSettings(
        endpoint, token=token, max_requests=max_requests, workers=workers, attempts=attempts,
        read_timeout=read_timeout, quota_share=quota_share,
    )  # fmt: skip
    return HarvestSettings(data, selection, asked, **more)


def harvest(
    hub: SampleHub | str, data: Path, selection: Selection = EVERYTHING, *, reporter: Reporter | None = None,
    **options: Any,
) -> HarvestResult:  # fmt: skip
    """Harvest; the catalogue is built when it is asked."""
    wanted = settings(hub, data, selection, **options)
    return harvest_into(wanted, SystemClock(), reporter or Reporter(quiet=True))


def catalogue(data: Path) -> Path:
    """Build the catalogue where the lake has changed since, and return the directory."""
    layout = Layout(data)
    built = layout.catalogue.stat().st_mtime_ns if layout.catalogue.exists() else 0
    if built < layout.parts_list.stat().st_mtime_ns:
        build(Lake(layout))
    return data


def rows(data: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask the catalogue."""
    with closing(harvester.connect(catalogue(data))) as con:
        return con.execute(query, list(values)).fetchall()


def one(data: Path, query: str, *values: object) -> tuple[Any, ...]:
    """Ask the catalogue for exactly one row."""
    found = rows(data, query, *values)
    assert len(found) == 1, found
    return found[0]


def mapping(data: Path, query: str, *values: object) -> dict[Any, Any]:
    """Ask the catalogue for two columns."""
    return dict(rows(data, query, *values))


#: What of a catalogue depends on when and in how many runs it was made.
PASSING = {
    "first_seen", "last_seen", "run_id", "observed_at", "fetched_at", "attempts", "http_status", "error",
}  # fmt: skip
#: The tables that tell of models, not of runs.
ABOUT_MODELS = ("models", "files", "documents", "configs", "config_fields", "labels", "tags", "selections")


def content(data: Path, tables: Sequence[str] = ABOUT_MODELS) -> dict[str, Counter[str]]:
    """What a catalogue says of models, whatever the order of its rows and the runs it took."""
    found = {}
    with closing(harvester.connect(catalogue(data))) as con:
        for table in tables:
            cursor = con.execute(f'SELECT * FROM "{table}"')
            keep = [n for n, column in enumerate(cursor.description or []) if column[0] not in PASSING]
            found[table] = Counter(repr([row[n] for n in keep]) for row in cursor.fetchall())
    return found


def asked(hub: SampleHub) -> Counter[str]:
    """How often each path was asked for with status 200, redirects and errors left out."""
    return Counter(served.path for served in hub.log if served.status == 200)


def command(*arguments: object) -> list[str]:
    """The command line in a process of its own."""
    return [sys.executable, "-m", "harvester", *map(str, arguments)]


def missing(extra: str) -> list[str]:
    """What an extra installs and is not here."""
    return [name for name in EXTRAS[extra].split() if find_spec(name) is None]


def needs(extra: str) -> None:
    """Skip a test of an extra that is not installed, and say so."""
    if missing(extra):
        pytest.skip(f"the extra [{extra}] is not installed (make setup)")


def environment(**more: str) -> dict[str, str]:
    """Where no token and no other Hub is known."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING", "HARVESTER_"))}
    return {**kept, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1", "NO_COLOR": "1", **more}


def run(*arguments: object, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, cwd=cwd, env=environment(**variables), timeout=60
    )
