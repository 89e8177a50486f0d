"""A limit on git's requests: models that would wait for it are read through the API, and git is used again later."""

import io
import shutil
from collections import Counter
from pathlib import Path

import pytest

from harvester.crawl.progress import Reporter
from harvester.lake.duck import connection
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
from samplehub import Quota, SampleHub, Settings
from samplehub.faults import Edge429, OtherLimiter429, RetryAfterSeconds
from samplehub.misbehaviour import Fault
from tests.support import Shelf, config, harvest, serving

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
DEPTHS = ("files", "configs", "history")
MODELS = 16
GIT = "git-upload-pack"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    made = Shelf(tmp_path_factory.mktemp("hub"))
    for number in range(MODELS):
        made.put(f"org/m{number}", {"config.json": config(32 + number)})
    return made


def sources(data: Path) -> Counter[str]:
    """How many histories came by git, and through the API."""
    with connection(Lake(Layout(data))) as con:
        return Counter(row[0] for row in con.execute("SELECT source FROM lake_histories").fetchall())


def of_git(hub: SampleHub) -> int:
    return sum(GIT in f"{served.path}{served.query}" for served in hub.log)


@pytest.mark.parametrize(
    "limit",
    [
        Edge429(path=GIT),
        OtherLimiter429(path=GIT),
        RetryAfterSeconds(path=GIT, status=429, seconds=600),
    ],
    ids=["no header", "requests remain", "retry after"],
)
@pytest.mark.parametrize("workers", [1, 8])
def test_a_429_of_git_is_no_failure_and_the_api_reads_on(
    limit: Fault, workers: int, shelf: Shelf, tmp_path: Path
) -> None:
    output = io.StringIO()
    with serving(shelf.world(), faults=[limit]) as hub:
        done = harvest(hub, tmp_path, depths=DEPTHS, workers=workers, reporter=Reporter(stream=output))
        requested = of_git(hub)
    assert (done.status, done.record["failed"], done.record["pending"]) == ("done", 0, 0)
    assert sum(sources(tmp_path).values()) == MODELS
    assert sources(tmp_path) == {"api": MODELS}
    assert "does not answer" not in output.getvalue()
    # One request was answered 429 for each time that git was tried; a model is tried once.
    assert done.record["requests_git"] == done.record["rate_limited"]
    assert 1 <= done.record["requests_git"] <= requested <= MODELS


def test_after_a_429_git_is_used_again(shelf: Shelf, tmp_path: Path) -> None:
    few = RetryAfterSeconds(path=GIT, status=429, seconds=0, times=4)
    with serving(shelf.world(), faults=[few]) as hub:
        done = harvest(hub, tmp_path, depths=DEPTHS, workers=2)
    assert (done.record["failed"], done.record["rate_limited"]) == (0, 4)
    assert sources(tmp_path) == {"api": 4, "git": MODELS - 4}


@pytest.mark.parametrize("protocol", [2, 0])
def test_models_that_would_wait_for_gits_window_are_read_through_the_api(
    protocol: int, shelf: Shelf, tmp_path: Path
) -> None:
    bucket, quota = "pages", Quota(100_000, 5_000, 5)
    # The window is longer than any test: whoever waited for it would never end.
    reported = Settings(git_bucket=bucket, git_protocol=protocol)
    with serving(shelf.world(), quota=quota, window=3_000, settings=reported) as hub:
        done = harvest(hub, tmp_path, depths=("files", "history"), workers=8)
        requested, spent, api = of_git(hub), hub.count(bucket=bucket), hub.count(bucket="api")
        assert hub.count(status=429) == 0
    assert (done.status, done.record["failed"], done.record["rate_limited"]) == ("done", 0, 0)
    found = sources(tmp_path)
    assert found["git"] + found["api"] == MODELS
    assert found["git"] >= 1
    assert found["api"] >= 1
    assert spent <= 5
    record = done.record
    assert (record["requests_git"], record["git_bucket"], record["requests_api"]) == (requested, bucket, api)
    assert record["requests_resolvers"] + record["requests_other"] == hub.count() - api


@pytest.mark.parametrize("bucket", ["api", None])
def test_what_git_spends_is_learned_and_reported(bucket: str | None, shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world(), settings=Settings(git_bucket=bucket)) as hub:  # type: ignore[arg-type]
        record = harvest(hub, tmp_path, depths=DEPTHS, workers=4).record
        requested, api = of_git(hub), hub.count(bucket="api")
    assert (record["requests_git"], record["git_bucket"]) == (requested, bucket)
    assert requested == sources(tmp_path)["git"] == MODELS
    assert record["requests_api"] == api
    assert record["requests_other"] == (0 if bucket else requested)
    with connection(Lake(Layout(tmp_path))) as con:
        row = con.execute("SELECT requests_git, git_bucket FROM lake_runs ORDER BY revision DESC LIMIT 1").fetchone()
    assert row == (requested, bucket)
