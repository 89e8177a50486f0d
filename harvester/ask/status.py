"""The state of a harvest: runs and their requests, coverage, failures and their reasons, pending items."""

from collections.abc import Mapping

import polars as pl
from duckdb import DuckDBPyConnection

from harvester.ask.page import Page
from harvester.ask.run import frame, query
from harvester.ask.text import count, size, table

#: Runs and reasons shown; the table `runs` and the query `items_not_read` have all.
RUNS, REASONS = 10, 15

_RUNS = """
SELECT
    run_id, status, hub, "with", suspicious, listed, fetched, unchanged, pending, failed, requests_api,
    requests_resolvers, requests_other, requests_git, git_bucket, rate_limited, retries, run_ahead_documents,
    known_documents, seconds_waited, bytes_read, date_diff('second', started_at, finished_at) AS seconds,
    count(*) OVER () AS runs
FROM runs
ORDER BY run_id DESC
LIMIT $runs
"""

_ERRORS = """
SELECT item, left(reason, 120) AS reason, count(*) AS items, min(id) AS example, count(*) OVER () AS reasons
FROM extractor_errors
GROUP BY item, left(reason, 120)
ORDER BY items DESC, item, reason
LIMIT $reasons
"""

_PENDING = """
SELECT pending.selection_id AS selection, selections.flags, pending.scope, pending.state, count(*) AS models
FROM pending
LEFT JOIN selections ON selections.selection_id = pending.selection_id
GROUP BY ALL
ORDER BY selection, flags NULLS FIRST, scope, state
"""


def status(con: DuckDBPyConnection) -> Page:
    """Return a harvest's state: runs and their requests, coverage, configs, missing and pending items with reasons."""
    tables = {
        "runs": frame(con, _RUNS, {"runs": RUNS}),
        "coverage": query(con, "coverage").drop("download_share"),
        "configs": query(con, "config_status").drop("downloads", "config_status"),
        "extractor_errors": frame(con, _ERRORS, {"reasons": REASONS}),
        "missing": query(con, "items_not_read").rename({"http_status": "status"}),
        "pending": frame(con, _PENDING),
    }
    # How many there are in all is for the titles of the text.
    totals = ("runs", "reasons")
    return Page(
        lambda width: _text(tables, width),
        lambda: {name: rows.drop(totals, strict=False) for name, rows in tables.items()},
    )


def _text(tables: Mapping[str, pl.DataFrame], width: int | None) -> str:
    runs = tables["runs"]
    if runs.height == 0:
        return "No runs yet. Start one with `harvester harvest`.\n"
    sections = [
        _section(_runs_title(runs), _runs(runs), width),
        _section("Spent", _spent(runs), width),
        _section("Coverage", tables["coverage"], width),
        _section("Configs", tables["configs"], width),
        *_errors(tables["extractor_errors"], width),
        _lacking(tables["missing"], width),
        _pending(tables["pending"], width),
    ]
    return "\n".join(sections)


def _section(title: str, rows: pl.DataFrame, width: int | None) -> str:
    return f"{title}\n{table(rows, width)}"


def _runs_title(runs: pl.DataFrame) -> str:
    newest = runs.row(0, named=True)
    shown = f"the newest {runs.height} of " if newest["runs"] > runs.height else ""
    return f"Runs against {newest['hub']} ({shown}{count(newest['runs'])})"


def _runs(runs: pl.DataFrame) -> pl.DataFrame:
    remark = pl.when(pl.col("suspicious")).then(pl.lit("suspicious: listed far fewer models than before"))
    return runs.select(
        "run_id", "status", pl.col("with").list.join(",").alias("with"), "listed", "fetched", "unchanged", "pending",
        "failed", remark.otherwise(pl.lit("")).alias("remark"),
    )  # fmt: skip


def _spent(runs: pl.DataFrame) -> pl.DataFrame:
    return runs.select(
        "run_id",
        pl.col("requests_api").alias("api"),
        pl.col("requests_resolvers").alias("resolvers"),
        pl.col("requests_other").alias("other"),
        # Requests to git and the bucket that they count in. They are included in the columns before.
        pl.format("{}{}", "requests_git", pl.format(" ({})", "git_bucket").fill_null("")).alias("git"),
        pl.col("rate_limited").alias("429s"),
        "retries",
        pl.col("known_documents").alias("already known"),
        pl.col("run_ahead_documents").alias("run ahead"),
        pl.col("bytes_read").map_elements(size, return_dtype=pl.String, skip_nulls=False).alias("read"),
        pl.col("seconds_waited").round(1).alias("waited s"),
        pl.col("seconds").alias("took s"),
    )


def _errors(errors: pl.DataFrame, width: int | None) -> list[str]:
    if errors.height == 0:
        return []
    title = "Extractor errors (status invalid; a newer extractor version will retry them)"
    if errors["reasons"][0] > errors.height:
        title += f" (the {errors.height} most common of {errors['reasons'][0]} reasons)"
    return [_section(title, errors.drop("reasons"), width)]


def _lacking(lacking: pl.DataFrame, width: int | None) -> str:
    if lacking.height == 0:
        return "Requested but not obtained: nothing\n"
    title = "Requested but not obtained"
    if lacking.height > REASONS:
        title += f" (the {REASONS} most common of {lacking.height} reasons; `harvester query items_not_read` has all)"
    return _section(title, lacking.head(REASONS).with_columns(pl.col("error").str.head(80)), width)


def _pending(pending: pl.DataFrame, width: int | None) -> str:
    if pending.height == 0:
        return "Pending: nothing\n"
    return _section("Pending (the next run of the same selection requests them)", pending, width)
