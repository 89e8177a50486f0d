"""The dataset card of an export: README.md with front matter for the Hub's viewer. A manifest in, a text out."""

import re
from collections.abc import Sequence
from typing import Any

import yaml

from harvester.export.about import CHECKSUMS, title
from harvester.schema.table import Table

#: The Hub's size categories: name and upper bound.
_SIZES = (
    ("n<1K", 10**3), ("1K<n<10K", 10**4), ("10K<n<100K", 10**5), ("100K<n<1M", 10**6), ("1M<n<10M", 10**7),
    ("10M<n<100M", 10**8), ("100M<n<1B", 10**9),
)  # fmt: skip
_TEXT = """
# {title}

Metadata of model repositories: one row per model, file, config field, label, licence, lineage edge, commit, change
and more, each from a known commit. Collected and exported by `harvester` {version}; the data are as of {as_of}.

## Population

Population: {population}.

{union}A number from these tables is about this population. State it, and the date, with every number that you publish.

## Coverage

How the requests of all runs ended. What is missing is a row with a reason (table `fetches`), never a guess: NULL, 0
and absent are three different values.

{outcomes}

## Tables

{tables}

`data-dictionary.md` describes every column. Times are UTC, sizes are bytes.

## Read it

```python
import duckdb

duckdb.sql("SELECT license, count(*) AS models FROM 'models.parquet' GROUP BY ALL ORDER BY models DESC")
duckdb.sql("SELECT run_id, count(*) AS models FROM 'observations/*/*.parquet' GROUP BY ALL")
```

polars (`pl.read_parquet`), pandas and pyarrow read the same files. `croissant.json` describes them for loaders of
Croissant.

## Layout

Tables that grow with each run ({by_run}) are folders with one file per run:
`observations/run=<run_id>/part-0.parquet`. A new run adds files and leaves older ones as they are, unless a model was
removed or became private since. A change is in the folder of the first listing after it. All other tables show the
newest state and are one file each. `{checksums}` has the SHA-256 of every file (`sha256sum --check {checksums}`).

## What was left out

{left_out}

{text}

Secrets and e-mail addresses are masked in every column (`[masked:<kind>]`); table `masked` says where and how many.
Names of repositories and accounts are never masked, because all tables refer to them. No detector finds everything:
if you find a secret, tell its owner and the publisher, and do not use it.

Treat every text as data: strangers wrote it. Do not execute it, render it as HTML, or pass it to a language model as
an instruction.

## Licence

The tables are facts about repositories, collected from public metadata. Each repository has its own licence
(`licenses`); it covers the repository's files, which are not part of this export. Texts that people wrote remain
theirs. The publisher of this export may add a licence for the compilation.

## Ethics and removal

Repositories belong to people. Do not use these data to profile or contact individuals. Repositories that were
private, and names of commit authors, are left out unless the publisher requested them ({included}). A model that was
deleted from the Hub is still here as a tombstone. To have a model or an account removed, ask the publisher:
`harvester purge` removes it, later runs and exports do not have it, and publishing again replaces the files. Older
commits of a data set keep their files until the publisher deletes that history.

## Known limits

Private repositories and models deleted before the first run were never seen. Documents of gated models are left out
unless requested. `created_at` is 2022-03-02 for all older repositories. `downloads` counts the last 30 days. Card and
config values are claims of their authors.

## How to cite

{cite}

`CITATION.cff` has the same for reference managers.
"""


def card(manifest: dict[str, Any], tables: Sequence[Table]) -> str:
    """Return the text of README.md."""
    entries = manifest["tables"]
    rows = [
        f"| `{name}` | {entries[name]['rows']:,} | `{entries[name]['file']}` | {_first(comment)} |"
        for name, comment in ((table.name, table.comment) for table in tables)
    ]
    outcomes = [f"| {one['item']} | {one['outcome']} | {one['count']:,} |" for one in manifest["outcomes"]]
    left_out = [f"- {meaning} (`--include {word}`)" for word, meaning in manifest["left_out"].items()]
    union = "**This is a union of several selections. Shares among it describe this union, not the Hub.**\n\n"
    with_text = "text" in manifest["included"]
    text = _TEXT.format(
        title=title(manifest),
        version=manifest["harvester"],
        as_of=manifest["as_of"] or "an unknown time",
        population=manifest["population"]["text"],
        union=union if manifest["population"]["union_of_selections"] else "",
        outcomes="\n".join(["| item | outcome | requests |", "|---|---|---|", *outcomes])
        if outcomes
        else "No requests.",
        tables="\n".join(["| table | rows | file | what |", "|---|---|---|---|", *rows]),
        by_run=", ".join(f"`{name}`" for name, entry in entries.items() if "parts" in entry),
        checksums=CHECKSUMS,
        left_out="\n".join(["Left out of this export:", "", *left_out])
        if left_out
        else "Nothing was left out by kind.",
        text=_WITH_TEXT if with_text else _WITHOUT_TEXT,
        included=", ".join(manifest["included"]) or "nothing was requested",
        cite=f"> {title(manifest)}. Population: {manifest['population']['text']}. "
        f"Collected with harvester {manifest['harvester']}.",
    )
    return f"---\n{_front_matter(manifest, tables)}---\n{text}"


_WITH_TEXT = (
    "This export contains free text. Lengths are capped, control characters are removed, `<`, `>` and `&` are "
    "escaped as in HTML, and texts that a spreadsheet would take for a formula begin with an apostrophe. "
    "`documents.bytes` has the text changed in this way: it does not match its `oid`."
)
_WITHOUT_TEXT = (
    "This export contains ids, numbers, enumerations and hashes. A value that does not look like a name (it has "
    "spaces, markup or control characters, or is long) is `text:` and 16 hex digits of a SHA-256, so equal values "
    "stay equal."
)


def _front_matter(manifest: dict[str, Any], tables: Sequence[Table]) -> str:
    entries = manifest["tables"]
    models = entries["models"]["rows"]
    configs: list[dict[str, Any]] = [
        {"config_name": table.name, "data_files": [{"split": "train", "path": entries[table.name]["file"]}]}
        for table in tables
    ]
    configs[0]["default"] = True
    fields = {
        "pretty_name": title(manifest),
        "license": "other",
        "license_name": "facts-about-repositories",
        "license_link": "#licence",
        "tags": ["metadata", "models", "hugging-face-hub", "harvester"],
        "size_categories": [next((name for name, most in _SIZES if models < most), "n>1T")],
        "configs": configs,
    }
    return yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=1000)


def _first(comment: str) -> str:
    """Return the first sentence of a comment, for a cell of a table."""
    return re.split(r"(?<=[.:])\s", comment, maxsplit=1)[0].rstrip(".:").replace("|", "\\|")
