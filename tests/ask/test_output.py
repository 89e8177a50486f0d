"""Results on stdout and in files: every value exact, every form readable again, nothing half written."""

import csv
import io
import json
import os
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.ask.encode import csv_chunks, json_chunks, json_value
from harvester.ask.formats import FORMATS, choose_format
from harvester.ask.output import write, write_text
from harvester.ask.text import fold, size, table
from harvester.errors import LocalError, UsageError
from harvester.terminal import printable

FRAME = pl.DataFrame(
    {
        "name": ["", None, 'q", \n'],
        "downloads": [2**63 - 1, None, 0],
        "share": [0.1, None, float("nan")],
        "seen": [datetime(2026, 1, 31, 12, 0, 0, 5000), None, datetime(2026, 1, 31)],
        "day": [date(2026, 1, 31), None, None],
        "oid": [b"\x00\xff", None, b""],
        "tags": [["a", None], None, []],
        "exact": [Decimal("0.10"), None, Decimal("12345678901234567890.12")],
        "ok": [True, None, False],
    },
    schema_overrides={"exact": pl.Decimal(38, 2), "seen": pl.Datetime("us")},
)


def written(frame: pl.DataFrame, format: str, capsysbinary: pytest.CaptureFixture[bytes]) -> bytes:
    write(frame, format)
    return capsysbinary.readouterr().out


def test_json_is_one_array_with_every_value_exact(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    text = written(FRAME, "json", capsysbinary).decode()
    assert json.loads(text, parse_float=Decimal) == [
        {
            "name": "", "downloads": 2**63 - 1, "share": Decimal("0.1"), "seen": "2026-01-31T12:00:00.005Z",
            "day": "2026-01-31", "oid": "00ff", "tags": ["a", None], "exact": Decimal("0.10"), "ok": True,
        },
        dict.fromkeys(FRAME.columns),
        {
            "name": 'q", \n', "downloads": 0, "share": None, "seen": "2026-01-31T00:00:00Z", "day": None, "oid": "",
            "tags": [], "exact": Decimal("12345678901234567890.12"), "ok": False,
        },
    ]  # fmt: skip
    assert text.count("\n") == 5, "one object a line"


def test_csv_distinguishes_null_from_an_empty_string(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    text = written(FRAME, "csv", capsysbinary).decode()
    assert text == (
        "name,downloads,share,seen,day,oid,tags,exact,ok\n"
        '"",9223372036854775807,0.1,2026-01-31T12:00:00.005Z,2026-01-31,00ff,"[""a"", null]",0.10,true\n'
        ",,,,,,,,\n"
        '"q"", \n",0,NaN,2026-01-31T00:00:00Z,,"",[],12345678901234567890.12,false\n'
    )
    assert [row["name"] for row in csv.DictReader(io.StringIO(text, newline=""))] == ["", "", 'q", \n']


def test_parquet_reads_back_as_it_was(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    write(FRAME, "parquet", tmp_path / "f.parquet")
    assert pl.read_parquet(tmp_path / "f.parquet").equals(FRAME)
    assert pl.read_parquet(written(FRAME, "parquet", capsysbinary)).equals(FRAME)


def test_markdown_escapes_what_would_break_the_table(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    frame = pl.DataFrame({"a|b": ["x|y", "<script>", "a\nb", None, "[l](u)"], "n": [1, 1000, None, 2, 3]})
    assert written(frame, "markdown", capsysbinary).decode().splitlines() == [
        r"| a\|b | n |",
        "| --- | ---: |",
        r"| x\|y | 1 |",
        r"| \<script\> | 1000 |",
        r"| a\\nb | NULL |",
        "| NULL | 2 |",
        r"| \[l\](u) | 3 |",
    ]


@pytest.mark.parametrize("format", ["csv", "json", "markdown", "table"])
def test_no_rows_still_have_their_columns(format: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    text = written(pl.DataFrame(schema={"repo_id": pl.String, "n": pl.Int64}), format, capsysbinary).decode()
    assert json.loads(text) == [] if format == "json" else "repo_id" in text


def test_results_longer_than_a_chunk_are_whole(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    frame = pl.DataFrame({"n": range(45_000)})
    assert [row["n"] for row in json.loads(written(frame, "json", capsysbinary))] == list(range(45_000))
    assert written(frame, "csv", capsysbinary).decode().split() == ["n", *map(str, range(45_000))]


SCALARS = (st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.text())


@given(st.one_of(*SCALARS, st.floats(allow_nan=False, allow_infinity=False)))
def test_any_json_value_reads_back(value: object) -> None:
    text = json_value(value)
    assert json.loads(text) == value
    assert "\n" not in text


def test_json_keeps_from_the_terminal_what_it_would_obey() -> None:
    hostile = "\x1b[2J\x9b31m\u202e\u2028"
    text = "".join(json_chunks(pl.DataFrame({"a": [hostile]})))
    assert text.isascii()
    assert json.loads(text) == [{"a": hostile}]


def test_control_and_reordering_characters_are_shown_as_escapes() -> None:
    assert printable("a\x1b[31m\n\u202eb\x9b\u200bé 日本") == "a\\x1b[31m\\n\\u202eb\\x9b\\u200bé 日本"
    assert "\x1b" not in table(pl.DataFrame({"\x1b[2J": ["\x1b]0;title\x07"]}))


def test_a_table_aligns_and_separates_numbers() -> None:
    frame = pl.DataFrame(
        {"model": ["a/b", "", None, "NULL"], "n": [1234567, None, -5, 0], "share": [0.5, 1 / 3, 1e-9, None]}
    )
    assert table(frame).splitlines() == [
        "model           n     share",
        "------  ---------  --------",
        "a/b     1,234,567       0.5",
        "             NULL  0.333333",
        "NULL           -5     1e-09",
        "'NULL'          0      NULL",
    ]


def test_wide_characters_take_two_cells() -> None:
    assert table(pl.DataFrame({"a": ["日本", "x"], "b": ["1", "2"]})).splitlines()[2:] == ["日本  1", "x     2"]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_table_fits_the_terminal_and_loses_nothing(width: int) -> None:
    frame = pl.DataFrame({"repo_id": ["organisation/model-with-a-long-name-" * 3], "n": [1], "text": ["word " * 30]})
    shown = table(frame, width)
    assert max(map(len, shown.splitlines())) <= width
    whole = "".join((*frame.columns, frame["repo_id"][0], frame["text"][0]))
    assert [shown.count(letter) for letter in "ogwd"] == [whole.count(letter) for letter in "ogwd"]


def test_many_columns_become_blocks() -> None:
    frame = pl.DataFrame({f"column_{n}": [n] for n in range(40)})
    lines = table(frame, 80).splitlines()
    assert lines[0].startswith("-- row 1 -")
    assert lines[1:] == [f"{f'column_{n}':9}  {n}" for n in range(40)]


def test_a_long_table_says_what_it_leaves_out() -> None:
    lines = table(pl.DataFrame({"n": range(1500)})).splitlines()
    assert len(lines) == 2 + 1000 + 1
    assert lines[-1] == "(1,000 of 1,500 rows; other formats write all rows)"


@given(st.text(), st.integers(2, 40))
def test_folding_keeps_every_character_but_spaces_at_the_seam(text: str, width: int) -> None:
    pieces = fold(printable(text), width)
    assert "".join("".join(pieces).split()) == "".join(printable(text).split())


def test_sizes_are_reported_in_decimal_units() -> None:
    assert [size(n) for n in (None, 0, 1, 999, 1000, 1_500_000, 3 * 10**12, 2 * 10**18)] == [
        "-", "0 bytes", "1 byte", "999 bytes", "1.0 kB", "1.5 MB", "3.0 TB", "2.0 EB",
    ]  # fmt: skip


def test_the_format_follows_the_file_name_unless_given() -> None:
    assert choose_format(None, None) == "table"
    assert choose_format(None, Path("a.CSV")) == "csv"
    assert choose_format(None, Path("a.parquet")) == "parquet"
    assert choose_format("json", Path("a.csv")) == "json"
    with pytest.raises(UsageError, match=f"unknown format 'xml' .formats: {', '.join(FORMATS)}"):
        choose_format("xml", None)


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    write(FRAME.select("ok"), "csv", target)
    assert target.read_text() == "ok\ntrue\n\nfalse\n"
    write_text("page\n", target)
    assert target.read_text() == "page\n"
    assert os.listdir(tmp_path) == ["out.csv"]


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write(FRAME.select("ok"), "csv", tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("ok\n")


def test_an_unwritable_path_is_wrong_usage_and_leaves_what_was_there(tmp_path: Path) -> None:
    for place, why in ((tmp_path, "it is a directory"), (tmp_path / "no" / "f.csv", "No such file")):
        with pytest.raises(UsageError, match=f"cannot write {place}: {why}"):
            write(FRAME, "csv", place)
    assert os.listdir(tmp_path) == []


def test_a_device_is_written_to_and_not_replaced() -> None:
    write(FRAME, "csv", Path("/dev/null"))
    assert not Path("/dev/null").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_reported() -> None:
    with pytest.raises(LocalError, match="no space left to write /dev/full"):
        write(FRAME, "csv", Path("/dev/full"))


def test_a_reader_that_has_enough_is_no_error() -> None:
    script = (
        "import polars as pl; from harvester.ask.output import write; write(pl.DataFrame({'n': range(300000)}), 'csv')"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None
        assert writer.stdout.readline() == b"n\n"
        writer.stdout.close()
        assert writer.stderr.read() == b""
    assert writer.returncode == 0


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "\uff1d1", "=cmd|' /C calc'!A0"]


def test_safe_csv_holds_no_text_that_a_spreadsheet_runs() -> None:
    frame = pl.DataFrame({"=name": [*FORMULAS, "a=b", "", None], "n": range(len(FORMULAS) + 3), "x": -1.5})
    rows = list(csv.reader(io.StringIO("".join(csv_chunks(frame, safe=True)), newline="")))
    assert rows[0] == ["'=name", "n", "x"]
    assert [row[0] for row in rows[1:]] == [*(f"'{text}" for text in FORMULAS), "a=b", "", ""]
    assert rows[1][1:] == ["0", "-1.5"]
    exact = list(csv.reader(io.StringIO("".join(csv_chunks(frame)), newline="")))
    assert [row[0] for row in exact[1:-2]] == [*FORMULAS, "a=b"]
