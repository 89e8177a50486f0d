"""The commands that read a catalogue, as they are typed: every format, every source of SQL, help that is true."""

import io
import json
import os
import pty
import re
import select
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import polars as pl
import pytest
from click.shell_completion import get_completion_class
from small_catalogue import harvest_directory

from harvester.ask.formats import FORMATS
from harvester.ask.registry import queries
from harvester.cli import cli
from harvester.ending import guarded
from tests.support import command, environment

STEERS = "\x1b[2J"
MODELS = [
    {"hub_id": "a" * 24, "repo_id": f"x/a{STEERS}", "downloads": 30, "license": "mit"},
    {"hub_id": "b" * 24, "repo_id": "x/b", "downloads": 20},
]
RUN = {"run_id": "20240201T000000Z", "hub": "https://huggingface.co", "with": ["files"], "listed": 2}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return harvest_directory(tmp_path_factory.mktemp("d") / "h", models=MODELS, runs=[RUN])


@pytest.fixture
def run(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def typed(*arguments: str, stdin: str = "", reads: bool = True) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        given = [arguments[0], *(("--data", str(data)) if reads else ()), *arguments[1:]]
        code = guarded(lambda: cli(given, standalone_mode=False, prog_name="harvester"))
        return code, *capsys.readouterr()

    return typed


READING = {
    "sql": ("SELECT repo_id FROM models",), "query": ("license_mix",), "find": (), "show": ("x/b",), "status": (),
    "queries": (), "queries_one": ("license_mix",),
}  # fmt: skip


@pytest.mark.parametrize("name", READING)
def test_every_command_writes_every_format(name: str, run: Run, tmp_path: Path) -> None:
    words = (name.removesuffix("_one"), *READING[name])
    for format in FORMATS:
        target = tmp_path / f"out-{format}"
        code, out, _ = run(*words, "--format", format, "--output", str(target), reads=not name.startswith("queries"))
        assert (code, out) == (0, ""), format
        if format == "parquet":
            assert pl.read_parquet(target).height > 0
        text = target.read_bytes().decode(errors="replace")
        assert text.strip(), format
        if format == "json":
            assert json.loads(text)
        if format == "jsonl":
            assert all(isinstance(json.loads(line), dict) for line in text.splitlines())


def test_a_page_is_its_tables_in_the_formats_for_programs(run: Run) -> None:
    found = json.loads(run("show", "x/b", "--format", "json")[1])
    assert found["models"][0]["downloads"] == 20
    assert json.loads(run("status", "--json")[1])["runs"][0]["listed"] == 2
    lines = [json.loads(line) for line in run("show", "x/b", "--format", "jsonl")[1].splitlines()]
    assert lines[0]["table"] == "models"
    csv = run("show", "x/b", "--format", "csv")[1]
    assert "models,1,downloads,20\n" in csv
    described = json.loads(run("queries", "license_mix", "--format", "json", reads=False)[1])
    assert [row["name"] for row in described["parameters"]] == ["min_downloads", "limit"]
    assert "## columns" in run("queries", "license_mix", "--format", "markdown", reads=False)[1]


COUNT = "-- how many?\nSELECT count(*) AS n FROM models"


def test_sql_comes_from_an_argument_a_file_or_standard_input(run: Run, tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text(COUNT)
    json_ = ("--format", "json")
    answer = (0, '[\n{"n": 2}\n]\n', "")
    assert run("sql", COUNT, *json_) == answer
    assert run("sql", *json_, "--", COUNT) == answer
    assert run("sql", "-f", str(tmp_path / "q.sql"), *json_) == answer
    assert run("sql", *json_, stdin=COUNT) == answer
    assert run("sql", "-f", "-", *json_, stdin=COUNT) == answer


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("sql", "FROM modles"), "no table is called modles: did you mean models?"),
        (("sql", "FROM base.modle"), "did you mean models?"),
        (("sql", "-- nothing else"), "no SQL statement given"),
        (("sql",), "no SQL statement given"),
        (("sql", "SELECT 1", "-f", "q.sql"), "SQL was given twice"),
        (("sql", "-f", "no.sql"), "cannot read SQL from no.sql: No such file"),
        (("sql", "SELECT 1", "--fromat", "csv"), "No such option '--fromat'"),
        (("query", "licence_mix"), "did you mean license_mix"),
        (("find", "--weights-format", "guff"), "unknown format of weights 'guff'"),
        (("status", "--verify", "--format", "csv"), "--verify prints a text"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_2(words: tuple[str, ...], message: str, run: Run) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert re.search(re.escape(message), err)


def test_an_unknown_query_is_suggested_where_it_is_described(run: Run) -> None:
    assert "did you mean license_mix" in run("queries", "licence_mix", reads=False)[2]


def test_the_prompt_answers_completes_and_shows_nothing_raw(data: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    state = environment(XDG_STATE_HOME=str(tmp_path), TERM="dumb", COLUMNS="100")
    process = subprocess.Popen(
        command("sql", "--data", data), env=state, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)

    def until(text: str) -> str:
        seen, end = "", time.monotonic() + 30
        while text not in seen:
            assert select.select([ours], [], [], max(end - time.monotonic(), 0))[0], seen
            seen += os.read(ours, 65536).decode()
        return seen

    try:
        until("sql> ")
        os.write(ours, b"SELECT repo_id, pipeline_t\t\n")
        until("...> ")
        os.write(ours, b"FROM models;\n")
        answer = until("sql> ")
        assert "x/a\\x1b[2J" in answer
        assert STEERS not in answer
        os.write(ours, b"FROM modles;\n")
        assert "did you mean models?" in until("sql> ")
        os.write(ours, b"exit\n")
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert "SELECT repo_id, pipeline_tag" in (tmp_path / "harvester" / "sql_history").read_text()


def commands() -> dict[str, click.Command]:
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    return {name: one for name, one in found.items() if one is not None}


def test_every_example_of_the_help_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("harvest.toml").touch()  # read when the command line is
    names = {query.name for query in queries()}
    found = commands()
    shown = [example for one in (cli, *found.values()) for example in getattr(one, "examples", ())]
    for example in shown:
        typed = shlex.split(example.removesuffix(")"))
        _, called, *words = typed[next(n for n, word in enumerate(typed) if word.endswith("harvester")) :]
        words = words[: words.index(">")] if ">" in words else words
        context = found[called].make_context(called, words)
        if called in ("query", "queries"):
            assert context.params["name"] in {None, *names}, example
    assert len(shown) >= 20


def test_options_that_are_everywhere_are_the_same_everywhere() -> None:
    for option in ("--format", "--output", "--safe-csv", "--data"):
        helps = {
            (param.help, str(param.type))
            for name, one in commands().items() if name in {words.removesuffix("_one") for words in READING} | {"diff"}
            for param in one.params if isinstance(param, click.Option) and option in param.opts
        }  # fmt: skip
        assert len(helps) == 1, option


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_options_and_queries(shell: str, run: Run) -> None:
    code, script, _ = run("completion", shell, reads=False)
    assert code == 0
    assert "_HARVESTER_COMPLETE" in script
    kind = get_completion_class(shell)
    assert kind is not None
    complete = kind(cli, {}, "harvester", "_HARVESTER_COMPLETE")
    assert [item.value for item in complete.get_completions(["query"], "license_m")] == ["license_mix"]
    assert "--weights-format" in [item.value for item in complete.get_completions(["find"], "--w")]
