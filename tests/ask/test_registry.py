"""The query files: a header that says everything, and precise words for one that does not."""

from datetime import date
from pathlib import Path

import pytest

from harvester.ask.parameters import Param
from harvester.ask.query_pages import describe, overview, overview_page
from harvester.ask.registry import find_query, queries, read_query
from harvester.errors import UsageError
from harvester.schema.table import Column

HEADER = """\
-- title: Licence mix
-- question: Which licences do models carry?
-- param least BIGINT = 0: only models with
--   at least this many: downloads
-- param since DATE = '2026-01-31': from this day
-- param word VARCHAR = 'it''s: here': a word
-- param other VARCHAR = NULL: nothing
-- column license VARCHAR: id
-- column names VARCHAR[]: all of them
-- trap: a tag is a claim
-- see: somebody
"""
SQL = "SELECT 'a' AS license, ['b'] AS names WHERE $least = 0 AND $since IS NULL AND $word = $other\n"


def write(root: Path, text: str, name: str = "mix", theme: str = "licenses") -> Path:
    file = root / theme / f"{name}.sql"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def test_a_header_says_everything(tmp_path: Path) -> None:
    asked = read_query(write(tmp_path, HEADER + SQL))
    assert (asked.name, asked.theme, asked.title) == ("mix", "licenses", "Licence mix")
    assert asked.question == "Which licences do models carry?"
    assert asked.params == (
        Param("least", "BIGINT", 0, "only models with at least this many: downloads"),
        Param("since", "DATE", date(2026, 1, 31), "from this day"),
        Param("word", "VARCHAR", "it's: here", "a word"),
        Param("other", "VARCHAR", None, "nothing"),
    )
    assert asked.columns == (Column("license", "VARCHAR", "id"), Column("names", "VARCHAR[]", "all of them"))
    assert (asked.traps, asked.see) == (("a tag is a claim",), ("somebody",))
    assert asked.bind({"least": "3"})["least"] == 3


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("-- title: Licence mix\n", "", r"mix\.sql: the header has no title"),
        ("-- title: Licence mix\n", "-- title: A\n-- title: B\n", r"mix\.sql:2: duplicate title"),
        ("-- see: somebody", "-- note: x", r"mix\.sql:11: expected one of title, question, .*, got 'note: x'"),
        ("-- see: somebody", "-- see:", r"mix\.sql:11: see has no text"),
        ("-- see: somebody", "--", r"mix\.sql:11: expected one of"),
        ("BIGINT = 0:", "BIGINT 0:", r"mix\.sql:3: expected `param name TYPE = default: meaning`"),
        ("BIGINT = 0:", "NUMBER = 0:", r"mix\.sql:3: NUMBER is not a parameter type"),
        ("BIGINT = 0:", "BIGINT = few:", r"mix\.sql:3: least must be a whole number"),
        ("BIGINT = 0:", "BIGINT = '0':", r"mix\.sql:3: the default of BIGINT is written without single quotes"),
        ("DATE = '2026-01-31'", "DATE = 2026-01-31", r"mix\.sql:5: the default of DATE is written in single quotes"),
        ("column license VARCHAR: id", "column license: id", r"mix\.sql:8: expected `column name TYPE: meaning`"),
        ("-- column license VARCHAR: id\n-- column names VARCHAR[]: all of them\n", "", "the header has no column"),
        ("column names VARCHAR[]", "column license VARCHAR", "column license occurs twice"),
        ("param other VARCHAR", "param word VARCHAR", "param word occurs twice"),
        ("$least = 0", "TRUE", "parameter least is declared but not used"),
        ("$least = 0", "$most = $least", "parameter most is used but not declared"),
    ],
)
def test_a_malformed_header_is_reported_with_file_and_line(old: str, new: str, told: str, tmp_path: Path) -> None:
    text = HEADER + SQL
    assert old in text
    with pytest.raises(UsageError, match=told):
        read_query(write(tmp_path, text.replace(old, new, 1)))


def test_a_file_name_is_lower_case(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="file name"):
        read_query(write(tmp_path, HEADER + SQL, name="Licence-Mix"))


def test_a_name_belongs_to_one_theme(tmp_path: Path) -> None:
    write(tmp_path, HEADER + SQL, theme="a")
    write(tmp_path, HEADER + SQL, theme="b")
    with pytest.raises(UsageError, match="two queries have the name mix: in a and in b"):
        queries(tmp_path)


def test_a_query_is_found_whatever_the_dashes_and_case() -> None:
    assert find_query("License-Mix").name == find_query("license_mix").name == "license_mix"


@pytest.mark.parametrize(
    ("asked", "told"),
    [("licence_mix", "did you mean license_mix"), ("gated", "gated_share"), ("zzzz", "`harvester queries` lists them")],
)
def test_an_unknown_name_is_reported_with_near_ones(asked: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        find_query(asked)


def test_the_overview_has_a_row_for_every_query() -> None:
    rows = overview()
    assert rows.columns == ["theme", "name", "question", "parameters"]
    assert rows["name"].to_list() == [asked.name for asked in queries()]
    shared = rows.filter(rows["name"] == "shared_configs").row(0, named=True)
    assert shared["theme"] == "configs"
    assert shared["parameters"] == "path VARCHAR = config.json, min_models BIGINT = 2, limit BIGINT = 50"


@pytest.mark.parametrize("width", [72, 80, 120])
def test_the_list_fits_the_terminal_and_names_every_query(width: int) -> None:
    lines = overview_page().text(width).splitlines()
    assert max(map(len, lines)) <= width
    assert [asked.name for asked in queries() if f"  {asked.name} " not in "\n".join(lines)] == []


def test_a_query_gives_its_page(tmp_path: Path) -> None:
    assert describe(read_query(write(tmp_path, HEADER + SQL))).text() == (
        "mix (licenses): Licence mix\n"
        "Which licences do models carry?\n"
        "\n"
        "Parameters\n"
        "  least BIGINT = 0: only models with at least this many: downloads\n"
        "  since DATE = 2026-01-31: from this day\n"
        "  word VARCHAR = it's: here: a word\n"
        "  other VARCHAR = NULL: nothing\n"
        "\n"
        "Columns\n"
        "  license VARCHAR: id\n"
        "  names VARCHAR[]: all of them\n"
        "\n"
        "Traps\n"
        "  a tag is a claim\n"
        "\n"
        "Sources\n"
        "  somebody\n"
    )
