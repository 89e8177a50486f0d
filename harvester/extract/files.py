"""Says what a file of a model repository is, from its path: role, format, framework, whether it can carry a pickle.

``ROLES`` in ``roles.py`` is the table; this module makes it fast. It reads no bytes and knows no file system.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product

from harvester.extract.roles import FORMATS, ROLES

#: Increased whenever ``ROLES`` classifies a path differently, so that old rows can be recognised.
FILE_ROLES_VERSION = 3

#: Only the end of a longer path is looked at: git allows paths of 4 kB, and a glob is quadratic in the worst case.
_LONGEST = 512


@dataclass(frozen=True, slots=True)
class FileKind:
    """The four columns of ``files`` that the path decides; the meaning of each word is in ``roles.py``."""

    role: str
    format: str | None
    framework: str | None
    unsafe: bool


def classify(path: str) -> FileKind:
    """Classify the file at ``path`` (relative to the root of the repository, ``/`` between folders).

    Never raises: an unknown path has role ``other``, format None. For files that only their neighbours distinguish
    (``model.bin`` beside ``model.xml``), use ``classify_all``.
    """
    path = path[-_LONGEST:]
    folder, _, name = path.rpartition("/")
    return _at(folder, name)


def classify_all(paths: list[str]) -> list[FileKind]:
    """Classify each file of one repository, considering its neighbours; in the order of ``paths``.

    A ``.bin`` beside an ``.xml`` of the same stem is OpenVINO's, as is the ``.xml``; ``model.bin`` beside a
    ``shared_vocabulary`` or ``vocabulary`` file is CTranslate2's.
    """
    known = set(paths)
    folders = {path.rpartition("/")[0] for path in paths if _CTRANSLATE2_VOCABULARY(path.rpartition("/")[2])}
    return [_with_neighbours(path, known, folders) for path in paths]


_CTRANSLATE2_VOCABULARY = re.compile(r"(shared_|source_|target_)?vocabulary\.(txt|json)").fullmatch
_OPENVINO = FileKind("framework_export", "openvino", "openvino", False)
_CTRANSLATE2 = FileKind("framework_export", "ctranslate2", "ctranslate2", False)


def _with_neighbours(path: str, known: set[str], ctranslate2: set[str]) -> FileKind:
    kind = classify(path)
    if path.endswith(".bin") and kind.role == "weights":
        folder, _, name = path.rpartition("/")
        if path[:-4] + ".xml" in known:
            return _OPENVINO
        if name == "model.bin" and folder in ctranslate2:
            return _CTRANSLATE2
    if path.endswith(".xml") and kind.role == "other" and path[:-4] + ".bin" in known:
        return _OPENVINO
    return kind


def _alternatives(patterns: str) -> list[str]:
    """The globs of a row with ``{a,b}`` written out."""
    written = []
    for pattern in patterns.split():
        parts = [part.split(",") if i % 2 else [part] for i, part in enumerate(re.split(r"[{}]", pattern))]
        written += ["".join(choice) for choice in product(*parts)]
    return written


def _suffix(glob: str) -> str | None:
    """What every name that fits ends with, from its last dot on; None where the glob leaves that open."""
    tail = glob.rpartition("/")[2]
    dot = tail.rfind(".")
    return None if dot < 0 or re.search(r"[*?\[]", tail[dot:]) else tail[dot:].lower()


def _regex(glob: str) -> str:
    """The glob as a regular expression for a whole name, or for a whole path that starts with a slash."""
    anywhere = "/" in glob and not glob.startswith("/")
    body = "".join(
        {"*": ".*", "?": "."}.get(piece) or (piece if piece[0] == "[" else re.escape(piece))
        for piece in re.findall(r"\[[^]]+\]|.", ("*/" if anywhere else "") + glob)
    )
    return body if glob != glob.lower() else f"(?i:{body})"


class _Matcher:
    """The rows as one expression per suffix, so that a name meets only the rows that can fit it."""

    def __init__(self, *, whole_path: bool, formats: bool) -> None:
        self._rows: dict[str | None, list[tuple[int, str]]] = defaultdict(list)
        for number, rule in enumerate(ROLES):
            if formats and rule.format is None:
                continue
            for glob in _alternatives(rule.patterns):
                if ("/" in glob) == whole_path:
                    self._rows[_suffix(glob)].append((number, _regex(glob)))
        self._compiled: dict[str | None, tuple[re.Pattern[str], list[int]]] = {}

    def _expression(self, suffix: str | None) -> tuple[re.Pattern[str], list[int]]:
        """The expression of a suffix, compiled when a name first needs it: all of them take a second and more."""
        if suffix not in self._rows:
            suffix = None
        if suffix not in self._compiled:
            by_row: dict[int, list[str]] = defaultdict(list)
            for number, expression in self._rows[suffix] + (self._rows[None] if suffix is not None else []):
                by_row[number].append(expression)
            rows = sorted(by_row)
            alternation = "|".join(f"({'|'.join(by_row[number])})" for number in rows)
            self._compiled[suffix] = (re.compile(alternation, re.DOTALL), rows)
        return self._compiled[suffix]

    def first(self, text: str) -> int:
        """The number of the first row that fits; beyond the table when none does."""
        suffix = text[text.rfind(".") :].lower() if "." in text else None
        expression, rows = self._expression(suffix)
        found = expression.fullmatch(text)
        return rows[found.lastindex - 1] if found and found.lastindex else len(ROLES)


_NAME_ROLE = _Matcher(whole_path=False, formats=False)
_NAME_FORMAT = _Matcher(whole_path=False, formats=True)
_PATH_ROLE = _Matcher(whole_path=True, formats=False)
_PATH_FORMAT = _Matcher(whole_path=True, formats=True)
_UNSAFE = {format.name for format in FORMATS if format.unsafe}


@lru_cache(maxsize=1 << 16)
def _row_of_name(name: str) -> int:
    return _NAME_ROLE.first(name)


@lru_cache(maxsize=1 << 16)
def _at(folder: str, name: str) -> FileKind:
    """The kind of the file ``name`` in ``folder`` (empty at the root)."""
    path = f"/{folder}/{name}" if folder else f"/{name}"
    row = min(_row_of_name(name), _PATH_ROLE.first(path))
    if row == len(ROLES):
        return FileKind("other", None, None, False)
    format = ROLES[row].format
    if format is None:
        # The next row that names one; none above can fit, or it would have given the role.
        stated = min(_NAME_FORMAT.first(name), _PATH_FORMAT.first(path))
        format = ROLES[stated].format if stated < len(ROLES) else None
    return _kind(ROLES[row].role, format, ROLES[row].framework)


@cache
def _kind(role: str, format: str | None, framework: str | None) -> FileKind:
    """One object for each distinct answer."""
    return FileKind(role, format, framework, format in _UNSAFE)
