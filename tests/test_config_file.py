"""harvest.toml: the options of a harvest in a file, each error with its line and key."""

import json
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harvester import connect
from harvester.cli import cli
from harvester.errors import UsageError


def harvest(file: Path, *more: str) -> Result:
    return CliRunner().invoke(cli, ["harvest", "--config", str(file), *more], standalone_mode=False)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "harvest.toml"


def test_a_file_harvests_what_it_says_and_the_command_line_replaces_it(file: Path) -> None:
    file.write_text('hub = "sample"\nsort = "likes"\nlimit = 5\nwith = ["configs"]\n', encoding="utf-8")
    done = harvest(file, "--limit", "3", "--dry-run")
    assert done.exit_code == 0, done.exception
    assert "3 models" in done.output


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("limit = true", "line 2: limit takes a whole number, not True"),
        ("limit = 5.7", "line 2: limit takes a whole number, not 5.7"),
        ("limit = 0", "line 2: --limit"),
        ("limt = 5", "line 2: unknown key 'limt'; did you mean limit?"),
        ("dry-run = true", "line 2: unknown key 'dry-run'"),
        ('tag = "a"', "line 2: tag takes a list of texts"),
        ('all = "yes"', "line 2: all takes true or false, not 'yes'"),
        ('with = "config"', "line 2: --with does not accept config"),
        ('max-time = "6 weeks"', "line 2: invalid duration '6 weeks': --max-time"),
        ("[harvest]\nlimit = 5", "line 2: unknown key 'harvest'"),
        ("limit == 5", "is not valid TOML: Invalid value (at line 2, column 8)"),
        ('author = "\\u0000"\nauthor = 1', "is not valid TOML"),
    ],
)
def test_an_error_names_the_line_and_the_key(line: str, message: str, file: Path) -> None:
    file.write_text(f'# what to harvest\n{line}\nsearch = "a"\n', encoding="utf-8")
    error = harvest(file).exception
    assert isinstance(error, UsageError)
    assert f"{file}" in str(error)
    assert message in str(error)


def test_a_value_of_the_command_line_is_not_blamed_on_the_file(file: Path) -> None:
    file.write_text('limit = 5\nsort = "likes"\n', encoding="utf-8")
    error = harvest(file, "--limit", "0").exception
    assert isinstance(error, UsageError)
    assert "harvest.toml" not in str(error)


def test_a_run_records_what_the_file_says(file: Path) -> None:
    file.write_text(
        'hub = "sample"\nsort = "likes"\nlimit = 5\nname = "liked"\nwith = "configs"\n'
        'documents = ["LICENSE"]\nquota-share = 0.5\ndata = "kept"\n',
        encoding="utf-8",
    )
    assert harvest(file, "--quiet").exit_code == 0
    with closing(connect(file.parent / "kept")) as con:
        found = con.execute(
            'SELECT hub, "with", documents, quota_share, flags::JSON, name '
            "FROM runs JOIN selections USING (selection_id)"
        ).fetchall()
    flags = {"limit": 5, "sort": "likes"}
    assert [(*row[:4], json.loads(row[4]), row[5]) for row in found] == [
        ("sample", ["configs"], ["LICENSE"], 0.5, flags, "liked")
    ]


def test_init_writes_a_file_in_which_every_option_can_be_set(file: Path) -> None:
    done = CliRunner().invoke(cli, ["init"], standalone_mode=False)
    assert done.exit_code == 0
    written = file.read_text(encoding="utf-8")
    assert tomllib.loads(written) == {}
    lines = [line.removeprefix("# ") for line in written.splitlines() if " = " in line]
    options = tomllib.loads("\n".join(lines))
    assert {"hub", "author", "limit", "with", "quota-share"} <= set(options)
    file.write_text("\n".join(lines), encoding="utf-8")
    # All options at once contradict each other: the error is about the selection, not about a type.
    error = harvest(file, "--dry-run").exception
    assert isinstance(error, UsageError)
    assert "takes" not in str(error)
    with pytest.raises(UsageError, match="exists already"):
        CliRunner().invoke(cli, ["init"], standalone_mode=False, catch_exceptions=False)
