"""Every error that a user can meet on the command line: what is wrong, what to do next, the exit code, no traceback.

To add a message, add a row: what is typed, the exit code, a part of what is wrong, a part of the next step.
``{data}`` is a harvest, ``{empty}`` an empty folder, ``{hub}`` a Hub, ``{nobody}`` where nothing listens.
"""

import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from harvester.cli import cli
from harvester.ending import guarded
from tests.support import catalogue, harvest, serving, small_shelf

ROWS = [
    # Which models
    ("harvest", 2, "no models selected", "--author"),
    ("harvest --author x --sort downloads", 2, "--sort needs --limit", "stable order"),
    ("harvest --sort size --limit 1", 2, "not 'size'", "downloads"),
    ("harvest --limit 0", 2, "not 0", "at least 1"),
    ("harvest --limit many", 2, "'many' is not a valid integer", "--limit"),
    ("harvest --author a/b", 2, "a user or organisation, not 'a/b'", "--ids"),
    ("harvest --author ''", 2, "not ''", "non-empty text"),
    ("harvest --all --author x", 2, "cannot be combined", "--all"),
    ("harvest --all --name all", 2, "not 'all'", "letters, digits"),
    ("harvest --ids {empty}/none.txt", 2, "cannot read the id file", "No such file"),
    ("harvest --ids {file}", 2, "is not a model id", "owner/name"),
    ("harvest --ids {blank}", 2, "the id file is empty", "owner/name"),
    ("harvest --limit 3 --updates", 2, "--updates needs a complete listing", "--limit"),
    (
        "harvest --all --updates --hub {hub} --data {scratch}/new",
        2,
        "has none",
        "run the same command without --updates first",
    ),
    # How
    ("harvest --all --with everything", 2, "--with does not accept everything", "files, configs"),
    ("harvest --all --max-time soon", 2, "invalid duration 'soon'", "takes 90s, 30m, 6h or 2d"),
    ("harvest --all --max-requests 0", 2, "not 0", "at least 1"),
    ("harvest --all --quota-share 2", 2, "not 2.0", "to 1"),
    ("harvest --all --workers 0", 2, "not 0", "from 1 to"),
    ("harvest --all --history-by mail", 2, "not 'mail'", "git, api"),
    ("harvest --all --memory 1", 2, "not 1", "at least"),
    ("harvest --nonsense", 2, "No such option", "--help"),
    ("harves", 2, "No such command", "harvest"),
    ("harvest --config {empty}/none.toml", 2, "none.toml", "cannot be read"),
    ("harvest --config {file}", 2, "is not valid TOML", "line 1"),
    ("init {file}", 2, "exists already", "choose another name"),
    # Where
    ("harvest --all --hub example.org", 2, "without https:// or http://", "http(s) URL"),
    ("harvest --all --hub {nobody} --data {scratch}/new", 3, "cannot reach the Hub at {nobody}", "harvester doctor"),
    ("harvest --all --hub {hub} --day 3", 2, "--day is for the sample Hub", "--hub sample"),
    ("harvest --all --hub {hub} --quota free", 2, "--quota is for the sample Hub", "--hub sample"),
    ("harvest --limit 1 --hub sample --quota gold --data {scratch}/new", 2, "gold", "free"),
    ("harvest --all --hub {hub} --data {file}", 2, "is a file", "--data takes a directory"),
    ("harvest --all --hub {other} --data {data}", 2, "holds a harvest of", "another directory with --data"),
    ("harvest --all --hub sample --data ftp://bucket/x", 2, "not 'ftp://bucket/x'", "s3://"),
    ("harvest --all --hub sample --data ~nobody-here/x", 2, "no such home directory", "write ./"),
    # Ask
    ("status --data {empty}", 2, "is not a harvest", "run `harvester harvest` first"),
    ("status --data {empty}/none", 2, "the directory does not exist", "run `harvester harvest` first"),
    ("status", 2, "there is no harvest in data/", "--data DIR"),
    ("status --data {data} --fail-if nonsense", 2, "does not accept 'nonsense'", "it takes"),
    ("sql --data {data} ''", 2, "no SQL statement given", "-f FILE"),
    ("sql --data {data} 'SELECT 1; SELECT 2'", 2, "expected one SQL statement, got 2", "one by one"),
    ("sql --data {data} 'SELEC 1'", 2, "syntax error", "SELEC"),
    ("sql --data {data} 'SELECT * FROM model'", 2, "no table is called model", "models"),
    ("sql --data {data} 'SELECT licence FROM models'", 2, "licence", "license"),
    ("sql --data {data} 'DROP TABLE models'", 2, "not run here", "SELECT"),
    ("sql --data {data} -f {empty}/none.sql", 2, "cannot read SQL", "No such file"),
    ("sql --data {data} -f {file} 'SELECT 1'", 2, "SQL was given twice", "leave one out"),
    ("sql --data {data} 'SELECT 1' --format xml", 2, "xml", "jsonl"),
    ("sql --data {data} 'SELECT 1' --output {empty}", 2, "it is a directory", "name a file in it"),
    ("sql --data {data} 'SELECT 1' --output {empty}/no/x.csv", 2, "cannot write", "No such file"),
    ("sql --data {data} --selection none 'SELECT 1'", 2, "no selection is called 'none'", "selections:"),
    ("query --data {data} licence_mix", 2, "unknown query 'licence_mix'", "license_mix"),
    ("query --data {data} license_mix -p min_downloads", 2, "got 'min_downloads'", "takes key=value"),
    ("query --data {data} license_mix -p min_downloads=x", 2, "got 'x'", "whole number"),
    ("query --data {data} license_mix -p nope=1", 2, "no parameter 'nope'", "its parameters"),
    ("query --data {data} license_mix -p min_downloads=1 -p min_downloads=2", 2, "is given twice", "leave one out"),
    ("queries nope", 2, "unknown query 'nope'", "harvester queries"),
    ("show --data {data} org/m", 2, "no model 'org/m'", "org/m"),
    ("diff --data {data} org/m0 beef", 2, "neither a time nor a known commit", "known:"),
    ("find --data {data} --max-params big", 2, "got 'big'", "such as 7B"),
    ("find --data {data} --fits big", 2, "got 'big'", "such as 24GB"),
    ("find --data {data} --weights-format zip", 2, "'zip'", "formats:"),
    ("find --data {data} --limit 0", 2, "0", "x>=1"),
    # Share
    ("export --data {data} --output {data}", 2, "not an empty directory", "choose another --output"),
    ("export --data {data} --output {empty}/x --include all", 2, "--include does not know all", "it takes"),
    ("report --data {data} --format pdf", 2, "pdf", "markdown"),
    # Pin
    ("lock", 2, "no models", "--ids FILE or --scan DIR"),
    ("lock --scan {file}", 2, "--scan takes a folder", "is none"),
    (
        "lock org/m0 --hub {nobody} --output {scratch}/models.lock",
        3,
        "org/m0 was not locked",
        "harvester doctor",
    ),
    ("check {empty}/models.lock", 2, "there is no lock file", "harvester lock MODEL"),
    ("check {file}", 2, "is not valid TOML", "line 1"),
    ("check {file} --fail-on weather", 2, "'weather' is none of them", "--fail-on takes"),
    # Maintain
    ("build --data {empty}", 2, "is not a harvest", "run `harvester harvest` first"),
    ("compact --data {empty}", 2, "is not a harvest", "run `harvester harvest` first"),
    ("repair --data {empty}", 2, "is not a harvest", "run `harvester harvest` first"),
    ("purge nobody/none --data {data} --yes", 2, "nothing was harvested for 'nobody/none'", "give a repo_id"),
    ("show --data {uncatalogued} org/m0", 2, "has no catalogue yet", "harvester build"),
    ("show --data {broken} org/m0", 2, "is not a DuckDB database", "harvester build"),
    ("build --data {damaged}", 1, "is damaged", "estore"),
    ("completion powershell", 2, "'powershell'", "bash"),
    ("sample-hub --quota gold", 2, "gold", "free"),
]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """What the rows name: a harvest, what is wrong with some copies of it, files, and addresses."""
    root = tmp_path_factory.mktemp("messages")
    for name in ("empty", "here", "scratch"):
        (root / name).mkdir()
    (root / "file").write_text("not a model = \n", encoding="utf-8")
    (root / "blank").write_text("# no model\n", encoding="utf-8")
    with (
        serving(small_shelf(root / "hub", models=2).world()) as hub,
        serving(small_shelf(root / "other", models=1).world()) as other,
    ):
        harvest(hub, root / "data")
        catalogue(root / "data")
        for name in ("uncatalogued", "broken", "damaged"):
            shutil.copytree(root / "data", root / name)
        (root / "uncatalogued/catalogue.duckdb").unlink()
        (root / "broken/catalogue.duckdb").write_bytes(b"no database" * 1000)
        (root / "damaged/lake/parts.json").write_bytes(b"{")
        (root / "damaged/catalogue.duckdb").unlink()
        names = ("empty", "scratch", "file", "blank", "data", "uncatalogued", "broken", "damaged", "here")
        yield {name: str(root / name) for name in names} | {
            "hub": hub.url, "other": other.url, "nobody": "http://127.0.0.1:9",
        }  # fmt: skip


@pytest.mark.parametrize(("typed", "code", "wrong", "step"), ROWS, ids=[row[0] or "nothing" for row in ROWS])
def test_an_error_says_what_is_wrong_and_what_to_do(
    typed: str, code: int, wrong: str, step: str, places: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(places["here"])
    monkeypatch.delenv("HARVESTER_DEBUG", raising=False)
    arguments = [one.format_map(places) for one in shlex.split(typed)]
    codes: list[int] = []
    with CliRunner().isolation() as (out, err, _):
        codes.append(guarded(lambda: cli(arguments, standalone_mode=False, prog_name="harvester")))
        said = err.getvalue().decode()
    assert codes == [code], said
    assert wrong.format_map(places) in said
    assert step in said
    assert "Traceback" not in said
    assert "a bug in harvester" not in said
    last = said.strip().splitlines()[-1]
    assert not last.endswith((" None", ": "))
    assert code != 2 or not out.getvalue(), "an error is not a result"


def test_nothing_is_left_behind(places: Mapping[str, str]) -> None:
    assert list(Path(places["here"]).iterdir()) == []
    assert sorted(path.name for path in Path(places["empty"]).iterdir()) == []
