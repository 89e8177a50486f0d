"""The version of the extractors, derived from their code, so that nobody must remember to change it."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

#: What the rows of a document depend on: the extractors and the tables of columns that they fill.
_ROOMS = ("extract", "schema")


def version_of(files: Iterable[tuple[str, bytes]]) -> int:
    """Return a positive 31-bit digest of source files, given by name; line ends and their order do not count."""
    digest = hashlib.sha256()
    for name, source in sorted(files):
        source = source.replace(b"\r\n", b"\n")
        digest.update(f"{name}\0{len(source)}\0".encode() + source)
    return int.from_bytes(digest.digest()[:4], "big") >> 1


def sources() -> list[tuple[str, bytes]]:
    """Return the source and data files that the rows of a document depend on, with their names below the package."""
    package = Path(__file__).parents[1]
    return [
        (path.relative_to(package).as_posix(), path.read_bytes())
        for room in _ROOMS
        for path in package.joinpath(room).rglob("*")
        if path.suffix in (".py", ".json")
    ]


#: Stored with every extraction. Another version read it where the numbers differ; which is newer, they do not say.
EXTRACTOR_VERSION = version_of(sources())
