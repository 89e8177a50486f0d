"""The rows of ``PLOTS``: each names a shipped query and columns that it has, and can be run as it is shown."""

from collections.abc import Iterator
from dataclasses import fields

import duckdb
import pytest

from harvester.report.encodings import Bars, Dots, Encoding
from harvester.report.plot import Plot
from harvester.report.plots import PLOTS, find_plot
from tests.ask.small_catalogue import in_memory

#: Fields of encodings that hold names of columns.
NAMING = {"label", "count", "share", "marker", "part", "low", "middle", "high", "time"}


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    with in_memory() as con:
        yield con


def named(encoding: Encoding) -> set[str]:
    """The columns that an encoding names."""
    values = [getattr(encoding, one.name) for one in fields(encoding) if one.name in NAMING]
    found = {name for value in values if value for name in ([value] if isinstance(value, str) else value)}
    return found | set(encoding.shares) if isinstance(encoding, Dots) else found


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.key)
def test_a_plot_names_columns_of_its_query_and_a_population(plot: Plot, empty: duckdb.DuckDBPyConnection) -> None:
    answer = plot.answer(empty)
    assert answer.height == 0
    assert named(plot.encoding) <= set(answer.columns)
    assert plot.size(empty) == 0
    assert plot.question.endswith("?")


def test_every_plot_has_a_name_of_its_own_and_a_query_finds_its_plot() -> None:
    assert len({plot.key for plot in PLOTS}) == len(PLOTS)
    found = find_plot("license_mix")
    assert found is not None
    assert isinstance(found.encoding, Bars)
    assert find_plot("latest_changes") is None
