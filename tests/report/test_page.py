import http.client
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harvester.ask.connect import connect
from harvester.ask.registry import queries
from harvester.catalogue.build import build
from harvester.clock import SystemClock
from harvester.crawl.progress import Reporter
from harvester.crawl.run import HarvestSettings, harvest_into
from harvester.crawl.select import Selection
from harvester.hub.connect import HubSettings
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
from harvester.report.page import page
from harvester.report.serve import server
from samplehub import QUOTAS, FolderWorld, SampleHub


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("report")
    repo = root / "hub" / "org__model"
    repo.mkdir(parents=True)
    (repo / "config.json").write_text('{"architectures": ["<script>alert(1)</script>"], "model_type": "bert"}')
    with SampleHub(FolderWorld(root / "hub"), quota=QUOTAS["boundless"]) as hub:
        settings = HarvestSettings(root / "data", Selection(all=True), HubSettings(hub.url))
        harvest_into(settings, SystemClock(), Reporter(quiet=True))
    build(Lake(Layout(root / "data")))
    return root / "data"


def test_the_page_answers_every_question_and_escapes_what_was_harvested(data: Path) -> None:
    with connect(data) as con:
        text = page(con)
    assert all(f'<section id="{query.name}">' in text for query in queries())
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


@pytest.fixture
def browsing(data: Path) -> Iterator[int]:
    with server(data, 0) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        try:
            yield serving.server_port
        finally:
            serving.shutdown()
            thread.join()


def get(port: int, path: str, host: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with closing(connection):
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_browse_serves_one_page_made_once_for_each_build(
    data: Path, browsing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    monkeypatch.setattr("harvester.report.serve.page", lambda con: made.append(1) or "the page")
    for path in ("/", "/?a=1", "/index.html", "/"):
        assert get(browsing, path, f"127.0.0.1:{browsing}") == (200, b"the page")
    assert get(browsing, "/favicon.ico", f"localhost:{browsing}")[0] == 404
    assert made == [1]
    build(Lake(Layout(data)))
    assert get(browsing, "/", f"localhost:{browsing}")[0] == 200
    assert made == [1, 1]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "[::1", "localhost@evil.example"])
def test_browse_answers_only_this_machine(browsing: int, host: str) -> None:
    assert get(browsing, "/", host)[0] == 403
