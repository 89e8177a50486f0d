"""Walks a code base and reads the names of models from its files, within bounds. Follows no link, runs nothing."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harvester.errors import UsageError
from harvester.lock.scan import python, text
from harvester.lock.scan.names import Mention

#: Bytes of a file that is read; notebooks hold their outputs.
FILE_CAP, NOTEBOOK_CAP = 1_000_000, 20_000_000
#: Folders below each other, and files.
DEPTH_CAP, FILES_CAP = 30, 100_000
#: Folders that hold others' code, or none.
_SKIPPED = frozenset(
    """
    .git .hg .svn .tox .nox .venv venv env node_modules __pycache__ site-packages .mypy_cache .ruff_cache .pytest_cache
    .ipynb_checkpoints .eggs .terraform .cache
    """.split()  # noqa: SIM905
)
_SUFFIXES = frozenset(
    """
    .json .yaml .yml .toml .ini .cfg .conf .env .sh .bash .zsh .fish .ps1 .bat .properties .tpl .j2 .hcl .tf .mk
    .service
    """.split()  # noqa: SIM905
)
_NAMES = ("dockerfile", "containerfile", "makefile", "justfile", "procfile", ".env", "docker-compose")


@dataclass(slots=True)
class Scanned:
    """What was found, and what was not read: reasons with the number of files."""

    mentions: list[Mention] = field(default_factory=list)
    files: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    def skip(self, why: str) -> None:
        """Count a file that is not read."""
        self.skipped[why] = self.skipped.get(why, 0) + 1


def scan(root: Path) -> Scanned:
    """Read the code and the settings below a folder. Raises UsageError if there is none."""
    if not root.is_dir():
        raise UsageError(f"--scan takes a folder; {root} is none")
    found = Scanned()
    for path in _files(root, found):
        reader = _reader(path)
        if reader is None:
            continue
        content = _read(path, found, NOTEBOOK_CAP if path.suffix == ".ipynb" else FILE_CAP)
        if content is not None:
            found.files += 1
            found.mentions += [
                one for one in reader(content, path.relative_to(root).as_posix()) if not _local(root, path, one)
            ]
    return found


def _local(root: Path, path: Path, mention: Mention) -> bool:
    """Whether a name is a path that exists beside the file, or below the scanned folder."""
    return any((folder / mention.name).exists() for folder in (root, path.parent))


def _files(root: Path, found: Scanned) -> Iterator[Path]:
    seen = 0
    for folder, folders, names in os.walk(root, followlinks=False):
        depth = len(Path(folder).relative_to(root).parts)
        folders[:] = sorted(name for name in folders if name not in _SKIPPED) if depth < DEPTH_CAP else []
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_symlink() or not path.is_file():
                found.skip("are links or special files")
                continue
            seen += 1
            if seen > FILES_CAP:
                raise UsageError(f"{root} has more than {FILES_CAP:,} files; scan a folder in it")
            yield path


def _read(path: Path, found: Scanned, cap: int) -> str | None:
    try:
        if path.stat().st_size > cap:
            found.skip(f"are larger than {cap:,} bytes")
            return None
        data = path.read_bytes()
    except OSError:
        found.skip("cannot be read")
        return None
    if b"\0" in data[:8192]:
        found.skip("are binary")
        return None
    return data.decode("utf-8", "replace")


def _reader(path: Path) -> Any:
    name, suffix = path.name.lower(), path.suffix.lower()
    if suffix in (".py", ".pyi"):
        return _python
    if suffix == ".ipynb":
        return _notebook
    if name.startswith("modelfile") or suffix == ".modelfile":
        return text.modelfile_mentions
    if suffix in (".txt", ".list", ".lst", ".in", ".ids"):
        return _list
    if suffix in _SUFFIXES or name.startswith(_NAMES):
        return text.mentions
    return None


def _python(source: str, file: str) -> list[Mention]:
    try:
        return python.mentions(source, file)
    except SyntaxError:
        return text.mentions(source, file)


def _list(content: str, file: str) -> list[Mention]:
    listed = text.list_mentions(content, file)
    return text.mentions(content, file) if listed is None else listed


def _notebook(content: str, file: str) -> list[Mention]:
    """Read the code cells of a notebook; a line is that of the notebook's file."""
    try:
        cells = json.loads(content).get("cells", [])
    except (ValueError, AttributeError, RecursionError):
        return []
    lines = content.split("\n")
    found = []
    after = 0
    for cell in cells if isinstance(cells, list) else []:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        source = "".join(map(str, source)) if isinstance(source, list) else str(source)
        code = "\n".join("" if line.lstrip().startswith(("!", "%", "?")) else line for line in source.split("\n"))
        shell = "\n".join(line.lstrip()[1:] for line in source.split("\n") if line.lstrip().startswith("!"))
        for one in [*_python(code, file), *text.mentions(shell, file)]:
            after = next((n for n in range(after, len(lines)) if one.name in lines[n]), after)
            found.append(Mention(one.name, file, after + 1, one.how, one.sure, one.why, one.revision))
    return found
