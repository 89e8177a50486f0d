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
