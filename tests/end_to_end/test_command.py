"""The command line as a person meets it: exit codes, one line for an error, results on stdout."""

import json
import shutil
import socket
import sys
from pathlib import Path

import duckdb
import pytest

import harvester
from harvester.cli import main
from harvester.commands.harvest import choose_hub
from harvester.crawl.progress import Reporter
from harvester.errors import UsageError
from harvester.lake.layout import Layout
from samplehub import FAULTS, Token
from tests.support import Shelf, harvest, rows, run, serving, small_shelf

UNREACHABLE = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return small_shelf(tmp_path_factory.mktemp("hub"), 2)


@pytest.fixture(scope="module")
def data(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("command") / "data"
    with serving(shelf.world()) as hub:
        done = run("harvest", "--hub", hub.url, "--data", data, "--all")
    assert done.returncode == 0, done.stderr
    assert "2 models listed, 0 unchanged, 2 read, 0 pending, 0 failed" in done.stdout
    assert "requests: 3 api, 3 resolvers" in done.stdout
    assert str(data / "catalogue.duckdb") in done.stdout
    return data


def test_the_version_is_the_packages() -> None:
    assert harvester.__version__ in run("--version").stdout


def test_a_harvest_can_be_asked_and_looked_at(data: Path) -> None:
    told = run("sql", "SELECT repo_id, hidden_size FROM models ORDER BY 1", "--data", data, "--format", "csv")
    assert (told.returncode, told.stdout) == (0, "repo_id,hidden_size\norg/m0,64\norg/m1,65\n")
    status = run("status", "--data", data)
    assert status.returncode == 0, status.stderr
    assert "done" in status.stdout


def test_a_build_makes_the_catalogue_again_from_the_lake(data: Path) -> None:
    (data / "catalogue.duckdb").unlink()
    assert run("build", "--data", data, "--reextract").returncode == 0
    assert (data / "catalogue.duckdb").is_file()


def test_every_run_has_its_record_beside_the_lake(data: Path) -> None:
    (record,) = [json.loads(path.read_bytes()) for path in Layout(data).runs.glob("*.json")]
    assert (record["status"], record["listed"], record["requests_api"]) == ("done", 2, 3)


def test_the_result_as_json_lines_is_read_by_a_program(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world()) as hub:
        done = run("harvest", "--hub", hub.url, "--data", tmp_path / "d", "--limit", 1, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["event"], result["listed"], result["status"]) == ("result", 1, "done")
    assert all(json.loads(line)["event"] for line in done.stderr.splitlines())


def test_a_dry_run_asks_only_the_listing_and_writes_nothing(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world()) as hub:
        done = run("harvest", "--hub", hub.url, "--data", tmp_path / "d", "--all", "--dry-run", "--json")
        assert len(hub.log) == 1
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["models"], told["planned"], told["requests_manifests"]) == (2, 2, 2)
    assert told["requests_documents_at_most"] == 4
    assert not (tmp_path / "d").exists()


def test_something_that_failed_is_reported_in_one_line_and_by_the_exit_code(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world(), faults=[FAULTS["wrong-bytes"](path=shelf.sha("org/m0"))]) as hub:
        done = run("harvest", "--hub", hub.url, "--data", tmp_path / "d", "--all", "--quiet")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "ended as failed or mismatch" in done.stderr


def test_a_gated_model_is_no_failure(tmp_path: Path) -> None:
    shelf = small_shelf(tmp_path / "hub", 1)
    shelf.say("org/m0", gated="manual")
    with serving(shelf.world()) as hub:
        assert run("harvest", "--hub", hub.url, "--data", tmp_path / "d", "--all", "--quiet").returncode == 0


def test_a_limit_ends_a_run_cleanly_and_shows_what_is_pending(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world()) as hub:
        done = run("harvest", "--hub", hub.url, "--data", tmp_path / "d", "--all", "--max-requests", 2, "--json")
        assert len(hub.log) == 2
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["status"], result["pending"]) == ("cut", 2)


def test_a_hub_that_cannot_be_reached_is_reported_in_one_line(tmp_path: Path) -> None:
    done = run("harvest", "--hub", UNREACHABLE, "--data", tmp_path / "d", "--all")
    assert done.returncode == 3
    assert done.stderr.strip().splitlines()[-1].startswith("harvester: cannot reach the Hub at http://127.0.0.1:1")


def test_a_refused_token_is_reported_in_one_line(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world(), tokens=[Token("hf_good")]) as hub:
        done = run(
            "harvest", "--hub", hub.url, "--data", tmp_path / "d", "--all", "--quiet",
            HF_TOKEN="hf_bad", HF_HUB_DISABLE_IMPLICIT_TOKEN="0",
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("harvester: the Hub refuses the token (HF_TOKEN)")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("harvest", "--hub", UNREACHABLE), "no models selected"),
        (("harvest", "--hub", UNREACHABLE, "--everything"), "No such option"),
        (("harvest", "--hub", UNREACHABLE, "--all", "--with", "weightz"), "--with does not accept weightz"),
        (("harvest", "--hub", UNREACHABLE, "--author", "a", "--sort", "downloads"), "--sort needs --limit"),
        (("harvest", "--hub", UNREACHABLE, "--all", "--limit", "5"), "--all selects the whole Hub"),
        (("harvest", "--hub", UNREACHABLE, "--all", "--task", "x"), "--all selects the whole Hub"),
        (("harvest", "--hub", UNREACHABLE, "--author", ""), "--author needs a non-empty text"),
        (("harvest", "--hub", UNREACHABLE, "--all", "--documents", ""), "--documents needs a non-empty text"),
        (("harvest", "--hub", UNREACHABLE, "--all", "--with", ""), "--with does not accept"),
        (("harvest", "--hub", UNREACHABLE, "--all", "--quota-share", "nan"), "--quota-share needs a number"),
        (("harvest", "--hub", UNREACHABLE, "--all", "--workers", "0"), "--workers needs a whole number"),
        (("harvest", "--hub", UNREACHABLE, "--limit", "5", "--sort", "popular"), "--sort takes downloads"),
        (("harvest", "--hub", "", "--all"), "--hub needs a non-empty text"),
        (("harvest", "--all", "--data", "s4://bucket/data"), "s3://, gs://, az://, file://"),
        (("harvest", "--all", "--data", "s3://bucket/a?key=secret"), "without credentials"),
        (("harvest", "--all", "--data", "az://account"), "names no bucket"),
        (("harvest", "--all", "--data", "data/x", "--work", "work"), "--work is for a lake in an object store"),
        (("harvest", "--hub", "sample", "--all", "--publish-catalogue"), "for a lake in an object store"),
        (("status", "--work", "work"), "--work needs --data URL"),
        (("harvest", "--all", "--data", ""), "--data takes a directory"),
        (("sql", "SELECT 1", "--data", "a*b"), "DuckDB does not support"),
        (("harvest", "--all", "--data", "a?b"), "DuckDB does not support"),
        (("harvest", "--hub", UNREACHABLE, "--ids", "no-such-file.txt"), "no-such-file.txt"),
        (("harvest", "--hub", "ftp://example.org", "--all"), "--hub takes"),
        (("harvest", "--hub", "http://user:secret@127.0.0.1", "--all"), "--hub takes"),
        (("harvest", "--hub", UNREACHABLE, "--all", "--max-time", "soon"), "invalid duration"),
        (("build", "--data", "nowhere"), "no harvest at nowhere"),
        (("build", "--data", "."), "is not a harvest"),
        (("status", "--data", "."), "is not a harvest"),
        (("sql", "SELECT 1"), "no harvest in data"),
        (("nonsense",), "No such command"),
    ],
)
def test_wrong_usage_is_reported_and_nothing_is_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["harvester", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert message in told.err
    assert told.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "no models selected"),
        ({"limit": 3, "depths": ("config",)}, "--with does not accept config"),
        ({"limit": 2, "sort": "popular"}, "--sort takes"),
        ({"limit": 3, "workers": 0}, "--workers needs"),
        ({"limit": 3, "quota_share": 0.0}, "--quota-share needs"),
        ({"limit": 3, "max_time": "soon"}, "invalid duration"),
        ({"limit": 3, "max_requests": 2.5}, "--max-requests needs"),
        ({"limit": "3"}, "--limit needs a whole number"),
        ({"ids": "org/m0"}, "ids takes a list"),
        ({"ids": ["not a model"]}, "not a model id"),
        ({"limit": 3, "documents": [""]}, "--documents needs a non-empty text"),
        ({"all": True, "author": "org"}, "--all selects the whole Hub"),
        ({"limit": 3, "history_by": "mail"}, "--history-by takes"),
        ({"limit": 3, "data": "s4://bucket"}, "a URL that begins with"),
        ({"limit": 3, "day": 2}, "--day is for the sample Hub"),
    ],
)
def test_python_checks_what_the_command_line_checks(tmp_path: Path, given: dict[str, object], message: str) -> None:
    values = {"hub": UNREACHABLE, "data": tmp_path / "d", **given}
    with pytest.raises(UsageError, match=message):
        harvester.harvest(**values)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_python_takes_what_the_command_line_takes(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world()) as hub:
        result = harvester.harvest(
            hub=hub.url, data=tmp_path / "d", all=True, depths="configs", documents="*.txt", max_time="6h", memory=256
        )
    assert (result.status, result.record["with"], result.record["documents"]) == ("done", ["configs"], ["*.txt"])


def test_a_hub_that_never_answered_does_not_keep_the_directory(shelf: Shelf, tmp_path: Path) -> None:
    assert run("harvest", "--hub", UNREACHABLE, "--data", tmp_path / "d", "--all").returncode == 3
    with serving(shelf.world()) as hub:
        assert run("harvest", "--hub", hub.url, "--data", tmp_path / "d", "--all").returncode == 0
    assert rows(tmp_path / "d", "SELECT hub, status FROM runs") == [(hub.url, "done")]


def test_another_hub_into_the_same_directory_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world()) as first, serving(shelf.world()) as second:
        harvest(first, tmp_path / "d")
        parts = (tmp_path / "d/lake/parts.json").read_bytes()
        for more in ((), ("--dry-run",)):
            refused = run("harvest", "--hub", second.url, "--data", tmp_path / "d", "--all", *more)
            assert refused.returncode == 2
            assert f"{tmp_path / 'd'} holds a harvest of {first.url}" in refused.stderr
        assert second.log == []
        assert (tmp_path / "d/lake/parts.json").read_bytes() == parts
        refused = run("harvest", "--hub", "sample", "--data", tmp_path / "d", "--all")
        assert refused.returncode == 2
        assert run("harvest", "--hub", first.url + "/", "--data", tmp_path / "d", "--all").returncode == 0
        # A list of an older version does not name its Hub; its runs do.
        stored = json.loads(parts)
        del stored["hub"]
        (tmp_path / "d/lake/parts.json").write_text(json.dumps(stored))
        assert run("harvest", "--hub", second.url, "--data", tmp_path / "d", "--all").returncode == 2


def test_only_auto_falls_back_and_only_where_nothing_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reporter = Reporter(quiet=True)
    monkeypatch.setattr("harvester.commands.harvest.default_endpoint", lambda: UNREACHABLE)
    assert choose_hub(None, reporter) == UNREACHABLE
    assert choose_hub("auto", reporter) is None
    assert "SAMPLE HUB" in capsys.readouterr().err
    # Any HTTP answer is a Hub that was reached.
    with serving(small_shelf(tmp_path, 1).world(), faults=[FAULTS["server-error"]()]) as hub:
        monkeypatch.setattr("harvester.commands.harvest.default_endpoint", lambda: hub.url)
        assert choose_hub("auto", reporter) == hub.url


def test_a_hub_that_takes_connections_and_never_answers_ends_the_run(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        done = run("harvest", "--hub", url, "--data", tmp_path / "d", "--all", "--quiet")
    assert done.returncode == 3
    assert f"cannot reach the Hub at {url}: timeout: ReadTimeout (no answer within" in done.stderr


@pytest.mark.parametrize("token", ["hf_\u00e9", "hf two words"])
def test_a_token_that_cannot_be_one_is_one_line_and_not_repeated(tmp_path: Path, token: str) -> None:
    done = run("harvest", "--hub", UNREACHABLE, "--data", tmp_path / "d", "--all", HF_TOKEN=token)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert token not in done.stderr


def test_the_default_hub_is_strict(tmp_path: Path) -> None:
    done = run("harvest", "--all", "--data", tmp_path / "d", HF_ENDPOINT=UNREACHABLE)
    assert done.returncode == 3
    assert UNREACHABLE in done.stderr


@pytest.mark.parametrize(
    ("flags", "near"),
    [
        (("--author", "orgg"), "author org"),
        (("--task", "text-generaton"), "task text-generation"),
        (("--library", "Transformer"), "library transformers"),
        (("--search", "nothing-like-it"), "no model matches --search nothing-like-it"),
    ],
)
def test_a_selection_that_lists_nothing_names_what_is_near(
    shelf: Shelf, data: Path, tmp_path: Path, flags: tuple[str, ...], near: str
) -> None:
    shutil.copytree(data, tmp_path / "d")
    with serving(shelf.world()) as hub:
        for more in ((), ("--dry-run",)):
            done = run("harvest", "--hub", hub.url, "--data", tmp_path / "d", *flags, "--quiet", *more)
            assert done.returncode == 0, done.stderr
            assert near in done.stderr


def test_a_directory_with_odd_characters_works(shelf: Shelf, tmp_path: Path) -> None:
    data = tmp_path / 'it\'s "odd" ~ {1} #2 é; x'
    with serving(shelf.world()) as hub:
        assert run("harvest", "--hub", hub.url, "--data", data, "--all").returncode == 0
        again = run("harvest", "--hub", hub.url, "--data", "~/odd", "--all", HOME=str(tmp_path))
        assert again.returncode == 0, again.stderr
    assert (tmp_path / "odd/catalogue.duckdb").is_file()
    for command in (
        ("build",),
        ("compact",),
        ("purge", "org/m0", "--yes"),
        ("export", "--output", tmp_path / "out [1]"),
    ):
        done = run(*command, "--data", data)
        assert done.returncode == 0, (command, done.stderr)
    assert run("sql", "SELECT count(*) AS n FROM models", "--data", data, "--format", "csv").stdout == "n\n1\n"


def test_a_damaged_list_of_parts_is_named_and_left_alone(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=())
        parts = tmp_path / "d/lake/parts.json"
        parts.write_bytes(parts.read_bytes()[:50])
        done = run("harvest", "--hub", hub.url, "--data", tmp_path / "d", "--all", "--quiet")
    assert done.returncode == 1
    assert "parts.json is damaged" in done.stderr
    assert parts.stat().st_size == 50


def test_a_catalogue_open_for_writing_elsewhere_is_reported(data: Path) -> None:
    copy = data.parent / "held"
    copy.mkdir()
    target = copy / "catalogue.duckdb"
    target.write_bytes((data / "catalogue.duckdb").read_bytes())
    with duckdb.connect(str(target)):
        done = run("sql", "SELECT 1", "--data", copy)
    assert done.returncode == 2
    assert "is open for writing" in done.stderr


def test_a_catalogue_read_elsewhere_can_be_replaced(shelf: Shelf, data: Path) -> None:
    with duckdb.connect(str(data / "catalogue.duckdb"), read_only=True) as con:
        assert run("build", "--data", data).returncode == 0
        assert con.sql("SELECT count(*) FROM models").fetchall() == [(2,)]
