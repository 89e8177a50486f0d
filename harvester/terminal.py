"""Output for people: harvested text can neither control a terminal nor hide in it."""

import os
import shutil
import sys
import unicodedata
from pathlib import Path

#: Written as they are though they show nothing: joiners, without which some scripts and emoji fall apart.
_JOINERS = "\u200c\u200d"
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
#: Letters that look like a space.
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"


def is_visible(character: str) -> bool:
    """Whether a terminal only shows a character: no control, nothing that reorders or hides text."""
    if character.isprintable():
        return character not in _BLANKS
    return character in _JOINERS or unicodedata.category(character) == "Zs"


def printable(text: str) -> str:
    """Return text that a terminal only shows, in one line: every other character as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if is_visible(c) else _SHORT.get(c) or _escape(c) for c in text)


def printable_lines(text: str) -> str:
    """Return text of several lines that a terminal only shows."""
    return "\n".join(map(printable, text.split("\n")))


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65_536 else f"\\U{code:08x}"


def program() -> str:
    """Return how this program was called, so that printed commands work as they are: ``harvester``, or a path to it."""
    called = Path(sys.argv[0])
    found = shutil.which("harvester")
    if called.stem != "harvester" or not called.is_file() or (found and os.path.samefile(found, called)):
        return "harvester"
    relative = os.path.relpath(called)
    return str(called) if relative.startswith("..") else relative


def say(text: str, *, err: bool = False) -> None:
    """Print lines to stdout (or stderr), as text that a terminal only shows."""
    import click

    click.echo(printable_lines(text), err=err)
