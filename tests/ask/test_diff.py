import json
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

import harvester
from harvester.ask.diff import Diff, as_text, diff
from harvester.ask.show import show
from harvester.errors import UsageError
from harvester.lake.layout import Layout
from tests.support import Shelf, catalogue, config, harvest, rows, run, serving

VERSIONS: tuple[dict[str, object], ...] = (
    {"hidden_size": 64, "max": 512},
    {"hidden_size": 128, "max": 512, "new": True},
    {"hidden_size": 64, "max": 2048},
)
TEMPLATE = "{% for message in messages %}" * 20


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("diff") / "shelf")


@pytest.fixture(scope="module")
def commits(shelf: Shelf) -> list[str]:
    """A model harvested in three versions; its commits."""
    found = []
    for number, version in enumerate(VERSIONS):
        shelf.put("org/m", {"config.json": config(**version), "notes.txt": str(number % 2), f"only{number}.txt": "x"})  # type: ignore[arg-type]
        shelf.put("org/still", {"config.json": config(1)})
        if number == 2:
            shelf.rename("org/old", "org/new")
        name = "org/new" if number == 2 else "org/old"
        shelf.put(name, {"tokenizer_config.json": {"chat_template": f"{TEMPLATE}{number}"}})
        with serving(shelf.world()) as hub:
            harvest(hub, data_of(shelf))
        found.append(shelf.sha("org/m"))
    return found


def data_of(shelf: Shelf) -> Path:
    return shelf.root.parent / "data"


def asked(shelf: Shelf, *revisions: str, model: str = "org/m") -> Diff:
    with closing(harvester.connect(catalogue(data_of(shelf)))) as con:
        return diff(con, model, revisions)


def brief(found: Diff) -> list[tuple[object, ...]]:
    return found.rows.select("kind", "field", "path", "change", "old", "new").rows()


CONFIG_LAST = [
    ("config", "hidden_size", "config.json", "changed", "128", "64"),
    ("config", "max", "config.json", "changed", "512", "2048"),
    ("config", "new", "config.json", "removed", "true", None),
]


def test_without_revisions_the_last_change_is_reported(shelf: Shelf, commits: list[str]) -> None:
    found = asked(shelf)
    assert [row for row in brief(found) if row[0] == "config"] == CONFIG_LAST
    assert found.until is not None
    assert found.until.sha == commits[2]


@pytest.mark.parametrize("digits", [8, 40])
def test_two_commits_are_compared_and_what_came_back_is_left_out(shelf: Shelf, commits: list[str], digits: int) -> None:
    found = brief(asked(shelf, commits[0][:digits], commits[2][:digits]))
    assert [row for row in found if row[0] == "config"] == [("config", "max", "config.json", "changed", "512", "2048")]
    files = [(row[2], row[3]) for row in found if row[0] == "file"]
    assert files == [("config.json", "changed"), ("only0.txt", "removed"), ("only2.txt", "added")]


def test_the_order_of_revisions_does_not_matter(shelf: Shelf, commits: list[str]) -> None:
    assert brief(asked(shelf, commits[2], commits[0])) == brief(asked(shelf, commits[0], commits[2]))


def test_one_revision_is_compared_with_the_newest(shelf: Shelf, commits: list[str]) -> None:
    assert [row for row in brief(asked(shelf, commits[1])) if row[0] == "config"] == CONFIG_LAST


def test_times_are_revisions_too(shelf: Shelf, commits: list[str]) -> None:
    times = [row[0].isoformat() for row in rows(data_of(shelf), "SELECT listed_at FROM runs ORDER BY run_id")]
    assert brief(asked(shelf, times[1], times[2])) == brief(asked(shelf, commits[1], commits[2]))
    assert brief(asked(shelf, "2020-01-01", "2020-02-01")) == []
    assert brief(asked(shelf, times[1] + "+00:00")) == brief(asked(shelf, times[1]))


def test_a_model_that_never_changed_says_so(shelf: Shelf, commits: list[str]) -> None:
    assert "nothing changed" in as_text(asked(shelf, model="org/still"))


@pytest.mark.parametrize(("revision", "message"), [("ffff", "neither a time"), ("yesterday", "neither a time")])
def test_an_unknown_revision_names_those_that_are_known(
    shelf: Shelf, commits: list[str], revision: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        asked(shelf, revision)
    assert commits[2][:10] in str(raised.value)


def test_the_command_is_readable_and_speaks_json(shelf: Shelf, commits: list[str]) -> None:
    data = catalogue(data_of(shelf))
    text = run("diff", "org/m", commits[0], commits[2], "--data", data).stdout
    assert "  ~ config.json max: 512 -> 2048\n" in text
    assert "  + only2.txt\n" in text
    assert "Not announced (silent)" in text
    told = [json.loads(line) for line in run("diff", "org/m", "--json", "--data", data).stdout.splitlines()]
    assert {"max", "hidden_size", "new"} <= {row["field"] for row in told}
    assert run("diff", "org/m", "a", "b", "c", "--data", data).returncode == 2


def test_long_values_are_shown_from_their_first_difference_and_a_new_name_is_reported(
    shelf: Shelf, commits: list[str]
) -> None:
    text = as_text(asked(shelf, "2020-01-01", "2100-01-01", model="org/new"), 80)
    assert "Name\n  ~ org/old -> org/new\n" in text
    assert 'sages %}0" -> ...' in text
    assert max(map(len, text.splitlines())) <= 80


def test_commits_of_a_history_are_compared_in_its_order(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    for number, version in enumerate(VERSIONS):
        shelf.put("org/m", {"config.json": config(**version)}, revision=f"v{number}" if number < 2 else "")  # type: ignore[arg-type]
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "data", depths=("configs", "history"))
    commits = [sha for (sha,) in rows(tmp_path / "data", 'SELECT "commit" FROM commits ORDER BY position DESC')]
    with closing(harvester.connect(tmp_path / "data")) as con:
        whole, last = diff(con, "org/m", (commits[0], commits[2])), diff(con, "org/m")
        first = diff(con, "org/m", (commits[1][:8], commits[0][:8]))
    assert [row[1] for row in brief(whole) if row[0] == "config"] == ["max"]
    assert [row for row in brief(last) if row[0] == "config"] == CONFIG_LAST
    assert [(row[1], row[3]) for row in brief(first) if row[0] == "config"] == [
        ("hidden_size", "changed"),
        ("new", "added"),
    ]
    assert first.until is not None
    assert f"{commits[1][:10]} ({first.until.commit[0]})" in as_text(first)
    # A commit may tell a time that no calendar has.
    with duckdb.connect(Layout(tmp_path / "data").catalogue) as con:
        con.execute("UPDATE base.commit SET committed_at = NULL")
        untimed = diff(con, "org/m", (commits[1], commits[0]))
        assert brief(untimed) == brief(first)
        assert as_text(untimed).startswith(f"org/m  {commits[0][:10]} -> {commits[1][:10]}\n")
        told = [line.split() for line in show(con, "org/m").text().splitlines() if "no time reported" in line]
    assert [words[3] for words in told] == [commit[:8] for commit in reversed(commits)]
