from pathlib import Path

import pytest

import harvester
from harvester.ask.connect import connect
from harvester.report.page import page
from harvester.report.study import Study, study
from tests.support import needs


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The most downloaded models of the sample Hub, on two days."""
    data = tmp_path_factory.mktemp("sample")
    for day in (0, 1):
        harvester.harvest(
            hub="sample", day=day, sort="downloads", limit=80, data=data, quiet=True,
            depths=("files", "configs", "cards", "weights"),
        )  # fmt: skip
    return data


@pytest.fixture(scope="session")
def found(sample: Path) -> Study:
    """What is reported of the sample."""
    with connect(sample) as con:
        return study(con)


@pytest.fixture(scope="session")
def report(found: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the sample."""
    needs("report")
    target = tmp_path_factory.mktemp("page") / "report.html"
    target.write_text(page(found), encoding="utf-8")
    return target
