"""One sample Hub on a socket for all tests that only read it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from samplehub import SampleHub, SimulatedWorld, Token
from samplehub.world import Repo

from .helpers import GOOD, PLAIN, WAITING, Find, Get, Recorded, ask, is_open, repos_of

RECORDED = Path(__file__).parents[2] / "../shared/recorded"


@pytest.fixture(scope="session")
def world() -> SimulatedWorld:
    return SimulatedWorld(300, seed=0)


@pytest.fixture(scope="session")
def repos(world: SimulatedWorld) -> list[Repo]:
    return repos_of(world)


@pytest.fixture(scope="session")
def hub(world: SimulatedWorld, repos: list[Repo]) -> Iterator[SampleHub]:
    everything = tuple(repo.facts.repo_id for repo in repos)
    tokens = [Token(GOOD, granted=("*",)), Token(PLAIN), Token(WAITING, pending=everything)]
    with SampleHub(world, quota=None, tokens=tokens) as served:
        yield served


@pytest.fixture(scope="session")
def get(hub: SampleHub) -> Get:
    return lambda target, **options: ask(hub.url, target, **options)


@pytest.fixture(scope="session")
def find(repos: list[Repo]) -> Find:
    """The first public, open repo of which something is true."""

    def first(test: Any) -> Repo:
        return next(repo for repo in repos if is_open(repo) and test(repo))

    return first


def _open(repo: Repo) -> bool:
    return not (repo.facts.private or repo.facts.gated or repo.facts.disabled)


@pytest.fixture(scope="session")
def model(find: Find) -> Repo:
    """An ordinary model: a config, a card, a tokenizer and safetensors."""
    wanted = {"config.json", "README.md", "tokenizer.json", "model.safetensors"}
    return find(lambda repo: wanted <= repo.head.tree.files.keys() and bool(repo.reading(repo.head).card_data))


@pytest.fixture(scope="session")
def recorded() -> Recorded:
    """A recorded answer by file name; the test is skipped where the recordings are not at hand."""

    def read(name: str) -> Any:
        path = RECORDED / name
        if not path.is_file():
            pytest.skip("the recorded answers (../shared/recorded beside the repository) are not here")
        text = path.read_text()
        return json.loads(text) if name.endswith(".json") else text

    return read
