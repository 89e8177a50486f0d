"""The report: every number is its SQL's, hostile text is text, and a small catalogue says why it shows little."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import duckdb
import polars as pl
import pytest

from harvester.ask.connect import connect
from harvester.ask.encode import csv_chunks
from harvester.ask.run import frame, sql
from harvester.report import plots
from harvester.report.encodings import Bars
from harvester.report.markdown import markdown
from harvester.report.marks import bars
from harvester.report.page import page
from harvester.report.plot import Plot
from harvester.report.plots import PLOTS
from harvester.report.study import HEADLINES, Study, study
from harvester.report.words import cell, headline, percent, short, size
from tests.ask.small_catalogue import harvest_directory, in_memory
from tests.support import environment, needs

#: Elements of a page, and of its pictures.
ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "header", "nav", "main", "footer", "section", "figure",
    "figcaption", "h1", "h2", "h3", "p", "b", "strong", "ul", "li", "dl", "dt", "dd", "div", "span", "a", "details",
    "summary", "table", "thead", "tbody", "tr", "th", "td", "code", "pre",
    "svg", "g", "path", "text", "line", "rect",
}  # fmt: skip
NUMBER = re.compile(r"(?<![\w.,-])[<>]?\d[\d,]*(?:\.\d+)?[KMBT%]?(?![\w-])")
NASTY = "<script>alert(1)</script>\"'&\x07\u202egpj"


class Page(HTMLParser):
    """A page as its elements: texts by figure, tables, SQL and downloads."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: set[str] = set()
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.texts: list[str] = []
        self.paths: list[str] = []
        self.figures: dict[str, dict[str, str]] = {}
        self.tables: dict[str, list[list[str]]] = {}
        self._figure = self._kind = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        self.elements.add(tag)
        self.addresses += [found[name] for name in ("href", "src", "xlink:href", "action") if name in found]
        self.paths += [found[name] for name in ("d", "transform", "x2", "y2") if name in found]
        self.handlers += [name for name in found if name.startswith("on") or name == "style"]
        if tag == "figure":
            self._figure = found["id"]
            self.figures[self._figure] = {"finding": "", "sql": "", "csv": "", "caption": ""}
            self.tables[self._figure] = []
        if tag == "tr" and self._figure:
            self.tables[self._figure].append([])
        if tag in ("td", "th") and self._figure:
            self.tables[self._figure][-1].append("")
        if "download" in found:
            self.figures[self._figure]["csv"] = unquote(found["href"].partition(",")[2])
        kinds = {"td": "cell", "th": "cell", "pre": "sql", "figcaption": "caption"}
        if tag in kinds or found.get("class") == "finding":
            self._kind = kinds.get(tag, "finding")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "pre", "p", "figcaption"):
            self._kind = ""
        if tag == "figure":
            self._figure = ""

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._figure and self._kind == "cell":
            self.tables[self._figure][-1][-1] += data
        elif self._figure and self._kind:
            self.figures[self._figure][self._kind] += data


@pytest.fixture(scope="module")
def read(report: Path) -> Page:
    return Page(report.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def catalogue(sample: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(sample) as con:
        yield con


def shown(rows: pl.DataFrame) -> list[list[str]]:
    """The cells of a table, as the page writes them."""
    return [[cell(value, column) for column, value in row.items()] for row in rows.iter_rows(named=True)]


def numbers(rows: pl.DataFrame) -> set[str]:
    """Every number that the rows contain, as a sentence may write it."""
    whole = {value for row in rows.iter_rows() for value in row if isinstance(value, int)}
    text = " ".join(" ".join(row) for row in shown(rows))
    found = set(NUMBER.findall(text)) | {short(value, unit) for value in whole for unit in ("tokens", "parameters")}
    return found | {one.replace(".0%", "%") for one in found}


def plain(text: str) -> str:
    """A text of ours without the marks of code."""
    return text.replace("`", "")


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.key)
def test_every_number_of_a_figure_is_what_its_sql_returns(
    plot: Plot, read: Page, catalogue: duckdb.DuckDBPyConnection
) -> None:
    if plot.key not in read.figures:
        assert plot.answer(catalogue).height == 0
        assert plain(plot.empty) in "".join(read.texts)
        return
    figure = read.figures[plot.key]
    rows = sql(catalogue, figure["sql"])
    population = frame(catalogue, plot.size_sql()).item()
    assert rows.height > 0
    assert read.tables[plot.key] == [rows.columns, *shown(rows.head(100))]
    assert figure["csv"] == "".join(csv_chunks(rows.head(1_000), safe=True))
    assert figure["caption"].startswith(f"N = {population:,} {plot.population.words}.")
    assert set(NUMBER.findall(figure["finding"])) <= numbers(rows) | {f"{population:,}"}


def test_the_headline_numbers_are_what_their_sql_returns(read: Page, catalogue: duckdb.DuckDBPyConnection) -> None:
    for one in HEADLINES:
        value = headline(frame(catalogue, one.sql).item(), one.kind)
        place = next(n for n, text in enumerate(read.texts) if text == one.name)
        assert read.texts[place + 1] == value
        assert one.sql in read.texts


def test_most_figures_of_the_sample_have_a_picture(read: Page) -> None:
    assert len(read.figures) >= len(PLOTS) - 3
    assert any("Simulated data." in text for text in read.texts)


def test_a_page_loads_nothing_and_is_small(read: Page, report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert read.elements <= ELEMENTS
    assert read.handlers == []
    assert all(address.startswith(("#", "data:text/csv")) for address in read.addresses)
    assert re.findall(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)[^<]*\.(?:js|css|woff)", text) == []
    assert len(text) < 3_000_000


def test_others_and_missing_values_complete_the_whole(catalogue: duckdb.DuckDBPyConnection) -> None:
    for plot in PLOTS:
        if isinstance(plot.encoding, Bars) and plot.encoding.exclusive and plot.encoding.share == "share":
            if plot.query == "coverage":
                continue
            drawn = bars(plot.encoding, plot.answer(catalogue)).numbers
            counts = [int(row[1].replace(",", "")) for row in drawn.values() if row[1]]
            assert sum(counts) == plot.size(catalogue), plot.key


@contextmanager
def small(**rows: list[dict[str, object]]) -> Iterator[Page]:
    """The page of a catalogue with a few rows."""
    needs("report")
    with in_memory(**rows) as con:
        found = study(con)
    assert markdown(found).startswith("# ")
    yield Page(page(found))


def test_an_empty_catalogue_says_so() -> None:
    with small() as read:
        text = "".join(read.texts)
        assert read.figures == {}
        assert "0 models of no Hub" in read.texts
        assert "This report is about 0 live models: no listing was completed." in text
        assert all(plain(plot.empty) in text for plot in PLOTS)


RUN = {
    "run_id": "20260101T000000Z", "hub": "https://huggingface.co", "status": "done", "selection_id": "s",
    "listed_at": "2026-01-01 00:00:59",
}  # fmt: skip


def test_one_model_without_cards_weights_and_history_makes_a_page_with_reasons() -> None:
    with small(
        models=[{"hub_id": "a", "repo_id": "org/a", "author": "org", "created_at": "2024-05-06"}],
        runs=[RUN], selections=[{"selection_id": "s", "flags": '{"all": true}'}],
    ) as read:  # fmt: skip
        text = "".join(read.texts)
        assert "1 model of huggingface.co" in read.texts
        assert "This report is about 1 live model: the whole Hub, listed 2026-01-01 00:00 UTC. Each figure" in text
        assert "Simulated" not in text
        assert {"license_mix", "growth_by_month"} <= set(read.figures)
        assert not re.search(r"\d00m", text)
        assert "None declared: 100.0% (1)." in read.figures["license_mix"]["finding"]
        without = {"reported_evaluations", "changes_by_month", "largest_families", "rising_models", "weight_formats"}
        assert not without & set(read.figures)
        assert all(plain(plot.empty) in text for plot in PLOTS if plot.key in without)


def test_models_without_a_date_are_no_month() -> None:
    dates = ("2024-05-06", None, None)
    with small(
        models=[{"hub_id": f"m{n}", "repo_id": f"org/m{n}", "created_at": at} for n, at in enumerate(dates)]
    ) as read:
        assert "2024-05: 1" in read.figures["growth_by_month"]["finding"]
    with small(models=[{"hub_id": "m", "repo_id": "org/m"}]) as read:
        assert "growth_by_month" not in read.figures


def test_hostile_text_is_text_everywhere() -> None:
    names = [f"{NASTY}{n}/{NASTY}" for n in range(3)]
    common = {
        "license": NASTY,
        "pipeline_tag": NASTY,
        "library_name": NASTY,
        "created_at": "2024-05-06",
        "downloads": 5,
    }
    model = {**common, "config_path": "config.json", "config_status": "ok", "model_type": NASTY, "dtype": NASTY}
    with small(
        models=[
            {"hub_id": str(n), "repo_id": name, "author": NASTY, **model, "context_length": odd, "parameters": odd}
            for n, (name, odd) in enumerate(zip(names, (-1, 0, 10**18), strict=True))
        ],
        runs=[{**RUN, "hub": NASTY}], selections=[{"selection_id": "s", "flags": f'{{"search": "{NASTY[:8]}"}}'}],
        evaluations=[{"hub_id": "0", "repo_id": names[0], "dataset": NASTY, "metric": NASTY, "number": 1.0}],
        lineage_edges=[{"child_hub_id": "1", "child": names[1], "parent": names[0], "relation": NASTY}],
        lineage_roots=[{"child_hub_id": "1", "child": names[1], "root": names[0], "depth": 1}],
    ) as read:  # fmt: skip
        assert read.elements <= ELEMENTS
        assert read.handlers == []
        assert all(address.startswith(("#", "data:text/csv")) for address in read.addresses)
        everything = "".join(read.texts)
        assert "\x07" not in everything
        assert "\u202e" not in everything
        assert read.tables["license_mix"][1][0] == r"""<script>alert(1)</script>"'&\x07\u202egpj"""
        assert "NaN" not in "".join(read.paths)
        assert {"reported_evaluations", "largest_families", "dtypes", "model_types_by_quarter"} <= set(read.figures)


def test_markdown_has_the_findings_and_no_markup_of_others(found: Study) -> None:
    text = markdown(found)
    assert text.count("\n### ") == len(PLOTS)
    assert "Simulated data." in text
    with in_memory(models=[{"hub_id": "a", "repo_id": "org/a", "license": "<b>|x"}]) as con:
        assert r"\<b\>\|x" in markdown(study(con))


def run(data: Path, code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the report in a process of its own, after some code."""
    code = f"import sys; {code}; from harvester.cli import main; sys.argv[0] = 'harvester'; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "report", "--data", str(data), *options],
        capture_output=True, text=True, env=environment(), timeout=60, check=False,
    )  # fmt: skip


def test_a_report_without_its_extra_says_how_to_install_it_unless_it_has_no_plots(tmp_path: Path) -> None:
    data = harvest_directory(tmp_path / "data", models=[{"hub_id": "a", "repo_id": "org/a"}])
    done = run(data, "sys.modules['altair'] = None")
    assert done.returncode == 2
    assert "pip install 'hub-harvester[report]'" in done.stderr
    assert not (data / "report.html").exists()
    assert run(data, "sys.modules['altair'] = None", "--format", "markdown").returncode == 0
    assert (data / "report.md").read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (percent(0.0001), "<0.1%"), (percent(0), "0.0%"), (percent(0.9999), ">99.9%"), (percent(1), "100.0%"),
        (short(7_240_000_000, "parameters"), "7.24B"), (short(131_072, "tokens"), "128K"), (short(77, "tokens"), "77"),
        (short(999_999, "parameters"), "1M"), (size(999), "999 bytes"), (size(1_500_000), "1.5 MB"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_people_read_them(written: str, expected: str) -> None:
    assert written == expected


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_have_enough_contrast_in_light_and_dark() -> None:
    style = (Path(plots.__file__).parent / "colours.css").read_text(encoding="utf-8")
    palettes = [dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block)) for block in style.split(":root")[1:]]
    assert len(palettes) == 2
    for palette in palettes:
        assert [name for name in ("ink", "quiet", "link") if contrast(palette[name], palette["page"]) < 4.5] == []
        marks = ("bar", "part", "others", "missing", "marker", "range", "series0", "series1", "series2")
        assert [name for name in marks if contrast(palette[name], palette["page"]) < 3] == []
        assert contrast(palette["ink"], palette["warn"]) >= 4.5
