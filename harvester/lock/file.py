"""The lock file: TOML text in, typed models out, and back; every error names the file, the line and the key."""

import os
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from harvester.errors import LocalError, UsageError
from harvester.hub.answers import is_repo_id
from harvester.lock.entry import Locked, Model, values_of
from harvester.terminal import is_visible, printable

#: Version of the layout; a file of a newer one is refused.
VERSION = 1
DEFAULT = "models.lock"
#: Largest lock file that is read, bytes: 200 models of a thousand files each take half of it.
SIZE_CAP = 32 * 1024 * 1024
_HEADER = f"""\
# Models that this project uses, at the commits they were reviewed at. Written by `harvester lock`; to check it:
# `harvester check`. To move a model after review: `harvester update NAME`. To unlock one, delete its tables.
version = {VERSION}
"""
_TABLE = re.compile(r"""^\s*\[\s*models\s*\.\s*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*[\].]""")
_PATH = re.compile(r"^(.*?) - at `\$\.?([^`]*)`$")


def read(path: Path) -> list[Model]:
    """Read a lock file; the models in its order. Raises UsageError."""
    try:
        if path.stat().st_size > SIZE_CAP:
            raise UsageError(f"{path} is larger than {SIZE_CAP:,} bytes, so it is no lock file")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"there is no lock file {path}: `harvester lock MODEL...` writes one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    return parse(text, str(path))


def parse(text: str, source: str) -> list[Model]:
    """Parse the text of a lock file. Raises UsageError that names line and key."""
    try:
        root = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{source} is not valid TOML: {printable(str(error))[:300]}") from None
    lines = text.splitlines()
    version = root.get("version")
    if version != VERSION:
        why = "has no `version`" if version is None else f"has version {version!r}; this harvester reads {VERSION}"
        raise _wrong(source, _line_of(lines, "version", 0), "version", f"the file {why}")
    if unknown := root.keys() - {"version", "models"}:
        key = min(unknown)
        raise _wrong(source, _line_of(lines, key, 0), key, "unknown key")
    tables = root.get("models", {})
    if not isinstance(tables, dict):
        raise _wrong(source, _line_of(lines, "models", 0), "models", 'must be tables: [models."owner/name"]')
    places = _places(lines)
    return [_model(name, value, places.get(name, 1), lines, source) for name, value in tables.items()]


def _model(name: str, value: Any, line: int, lines: list[str], source: str) -> Model:
    if not is_repo_id(name):
        raise _wrong(source, line, f"models.{name}", "not a model name (owner/name)")
    if not isinstance(value, dict):
        raise _wrong(source, line, f"models.{name}", "must be a table")
    try:
        return Model(name, msgspec.convert(value, Locked), line)
    except msgspec.ValidationError as error:
        found = _PATH.match(str(error))
        what, inner = (found[1], found[2]) if found else (str(error), "")
        named = re.search(r"field `([^`]+)`", what)
        key = inner or (named[1] if named else "")
        if key.startswith(("[", "...")):
            key = ""
        last = re.split(r"[.\[]", key)[0]
        place = _line_of(lines, last, line) if last else line
        raise _wrong(source, place, f"models.{name}" + (f".{key}" if key else ""), what) from None


def _wrong(source: str, line: int, key: str, what: str) -> UsageError:
    return UsageError(
        f"{source}, line {line}, key {printable(key)[:200]}: {printable(what)[:300]}; fix it, or lock the model again"
    )


def _places(lines: list[str]) -> dict[str, int]:
    """Return the line of the first table of each model."""
    found: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if match := _TABLE.match(line):
            key = match[1]
            try:
                name = next(iter(tomllib.loads(f"{key} = 0")))
            except tomllib.TOMLDecodeError:
                continue
            found.setdefault(name, number)
    return found


def _line_of(lines: list[str], key: str, after: int) -> int:
    """Return the line of a key at or behind the line of its table (0: the top of the file); else that line."""
    pattern = re.compile(rf"""^\s*(?:["']?{re.escape(key)}["']?\s*=|\[models\..*\.{re.escape(key)}\])""")
    for number in range(max(after, 1), len(lines) + 1):
        line = lines[number - 1]
        if pattern.match(line):
            return number
        if after and number > after and (other := _TABLE.match(line)) and other[1] not in lines[after - 1]:
            break
    return max(after, 1)


def dumps(models: Iterable[Model]) -> str:
    """Return the text of a lock file: models and paths by name, labels by index; equal models give equal text."""
    tables = {}
    for model in sorted(models, key=lambda one: (one.name.lower(), one.name)):
        tables[_clean(model.name)] = _sorted(values_of(model.locked))
    return _HEADER + "\n" + _visible(tomli_w.dumps({"models": tables} if tables else {}, multiline_strings=False))


def _visible(text: str) -> str:
    """Return TOML in which a reviewer sees every character: what hides or reorders text is an escape."""
    return "".join(
        character if character == "\n" or is_visible(character) else f"\\U{ord(character):08x}" for character in text
    )


def _sorted(values: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            order = sorted(value, key=lambda key: (int(key), "") if name == "labels" else (0, key))
            found[name] = {_clean(key): _clean(value[key]) for key in order}
        elif isinstance(value, list):
            found[name] = [_clean(item) for item in value]
        else:
            found[name] = _clean(value) if isinstance(value, str) else value
    return found


def _clean(text: str) -> str:
    """Return text that UTF-8 can hold: lone surrogates as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def write(path: Path, models: Iterable[Model]) -> None:
    """Write the lock file completely or not at all. Raises LocalError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        draft.write_text(dumps(models), encoding="utf-8", newline="\n")
        os.replace(draft, path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise LocalError(f"cannot write {path}: {error.strerror}") from None
