"""The shipped queries: reads ``queries/<theme>/<name>.sql`` into frozen ``Query`` rows. Runs nothing.

To add a query, add a file with this header and two cases below ``tests/queries/<name>/``:

    -- title: Licence mix
    -- question: Which licences do models have, and how many have none?
    -- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
    -- column license VARCHAR: licence as declared; NULL if nothing is declared
    -- trap: how a reader could misunderstand the numbers
    -- see: source of the question

A continued line starts with three spaces after the dashes. The SQL below refers to parameters as ``$name``.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harvester.ask.parameters import KINDS, Param, Value, bind
from harvester.errors import UsageError
from harvester.schema.table import Column

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PARAM = re.compile(r"([a-z][a-z0-9_]*) ([A-Z]+) = ('(?:[^']|'')*'|[^:']*?): (.+)")
_COLUMN = re.compile(r"([a-z][a-z0-9_]*) ([A-Z]+(?:\[\])?): (.+)")
_USED = re.compile(r"\$([a-z][a-z0-9_]*)")
_KEYS = ("title", "question", "param", "column", "trap", "see")
_ONCE = ("title", "question")


@dataclass(frozen=True, slots=True)
class Query:
    """A shipped query: its question, parameters, columns, traps and SQL."""

    name: str
    theme: str
    title: str
    question: str
    params: tuple[Param, ...]
    columns: tuple[Column, ...]
    traps: tuple[str, ...]
    see: tuple[str, ...]
    sql: str

    def bind(self, given: Mapping[str, object]) -> dict[str, Value]:
        """Return a value for every parameter; raises UsageError for an unknown one or one of another type."""
        return bind(f"query {self.name}", self.params, given)


def queries_directory() -> Path:
    """Return the directory of the query files: in the installed package, else at the top of the source checkout."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_queries"
    return shipped if shipped.is_dir() else package.parent / "queries"


def queries(directory: Path | None = None) -> tuple[Query, ...]:
    """Read every query, sorted by theme and name; raises UsageError for a malformed header or a name used twice."""
    root = directory or queries_directory()
    found = tuple(read_query(path) for path in sorted(root.glob("*/*.sql")))
    themes: dict[str, str] = {}
    for query in found:
        if query.name in themes:
            raise UsageError(f"two queries have the name {query.name}: in {themes[query.name]} and in {query.theme}")
        themes[query.name] = query.theme
    return found


def find_query(name: str, directory: Path | None = None) -> Query:
    """Return a query by name, ``-`` and ``_`` alike; raises UsageError with similar names if there is none."""
    wanted = name.strip().lower().replace("-", "_")
    known = {query.name: query for query in queries(directory)}
    if wanted in known:
        return known[wanted]
    near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.5)
    near += [other for other in known if wanted and wanted in other and other not in near][:5]
    hint = f"did you mean {', '.join(near)}?" if near else "`harvester queries` lists them"
    raise UsageError(f"unknown query {name!r}: {hint}")


def read_query(path: Path) -> Query:
    """Read one query file; raises UsageError naming file and line of what is wrong in its header."""
    if not _NAME.fullmatch(path.stem):
        raise UsageError(f"{path}: the file name of a query may contain only lower case letters, digits and _")
    text = path.read_text(encoding="utf-8")
    once: dict[str, str] = {}
    params: list[Param] = []
    columns: list[Column] = []
    traps: list[str] = []
    see: list[str] = []
    for line, key, value in _entries(path, text):
        place = f"{path}:{line}"
        if key in _ONCE:
            if key in once:
                raise UsageError(f"{place}: duplicate {key}")
            once[key] = value
        elif key == "param":
            params.append(_param(place, value))
        elif key == "column":
            columns.append(_column(place, value))
        else:
            (traps if key == "trap" else see).append(value)
    _check(path, text, once, params, columns)
    return Query(
        path.stem, path.parent.name, once["title"], once["question"],
        tuple(params), tuple(columns), tuple(traps), tuple(see), text,
    )  # fmt: skip


def _entries(path: Path, text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line number, keyword and value of each entry of the header block."""
    entry: tuple[int, str, str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("--"):
            break
        if line.startswith("--   ") and entry is not None:
            entry = (entry[0], entry[1], f"{entry[2]} {line[2:].strip()}")
            continue
        if entry is not None:
            yield entry
        words = line[2:].strip()
        key, _, rest = words.partition(" ")
        value = rest.strip()
        if key.removesuffix(":") not in _KEYS or (key.endswith(":") == (key in ("param", "column"))):
            raise UsageError(f"{path}:{number}: expected one of {', '.join(_KEYS)}, got {words!r}")
        if not value:
            raise UsageError(f"{path}:{number}: {key.removesuffix(':')} has no text")
        entry = (number, key.removesuffix(":"), value)
    if entry is not None:
        yield entry


def _param(place: str, text: str) -> Param:
    match = _PARAM.fullmatch(text)
    if match is None:
        raise UsageError(f"{place}: expected `param name TYPE = default: meaning`, got {text!r}")
    name, kind, default, meaning = match.groups()
    if kind not in KINDS:
        raise UsageError(f"{place}: {kind} is not a parameter type ({', '.join(KINDS)})")
    quoted = default.startswith("'")
    if quoted != (kind in ("VARCHAR", "DATE", "TIMESTAMP")) and default != "NULL":
        raise UsageError(f"{place}: the default of {kind} is written {'without' if quoted else 'in'} single quotes")
    value = default[1:-1].replace("''", "'") if quoted else default
    try:
        return Param(
            name, kind, Param(name, kind, None, meaning).convert(None if default == "NULL" else value), meaning
        )
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from None


def _column(place: str, text: str) -> Column:
    match = _COLUMN.fullmatch(text)
    if match is None:
        raise UsageError(f"{place}: expected `column name TYPE: meaning`, got {text!r}")
    return Column(match[1], match[2], match[3])


def _check(path: Path, text: str, once: Mapping[str, str], params: list[Param], columns: list[Column]) -> None:
    for key in _ONCE:
        if key not in once:
            raise UsageError(f"{path}: the header has no {key}")
    if not columns:
        raise UsageError(f"{path}: the header has no column")
    for what, names in (("param", [param.name for param in params]), ("column", [column.name for column in columns])):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise UsageError(f"{path}: {what} {', '.join(twice)} occurs twice")
    used = set(_USED.findall("\n".join(line for line in text.splitlines() if not line.startswith("--"))))
    declared = {param.name for param in params}
    for name in sorted(used ^ declared):
        fault = "is used but not declared" if name in used else "is declared but not used"
        raise UsageError(f"{path}: parameter {name} {fault}")
