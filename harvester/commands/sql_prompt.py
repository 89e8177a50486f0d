"""What `harvester sql` runs: the statement it was given, or those that are typed at a prompt."""

import os
import re
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from duckdb import DuckDBPyConnection

from harvester.errors import HarvesterError, UsageError
from harvester.terminal import printable, say

PROMPT, MORE = "sql> ", "...> "
_EXIT = re.compile(r"\s*\.?(exit|quit)\s*;?\s*", re.IGNORECASE)
#: Statements that the history keeps.
HISTORY = 1_000
_WORDS = """
SELECT table_name || '.' || column_name FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal
UNION SELECT column_name FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal
UNION SELECT table_name FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal
UNION SELECT upper(keyword_name) FROM duckdb_keywords() WHERE keyword_category = 'reserved'
ORDER BY 1
"""


def statement(text: str | None, file: str | None) -> str:
    """Return the statement given as an argument, in a file (`-`: standard input), or on standard input."""
    if text is not None and file is not None:
        raise UsageError("SQL was given twice: as an argument and with -f; leave one out")
    if text is not None:
        return text
    try:
        if file is None or file == "-":
            return sys.stdin.read()
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"cannot read SQL from {file or 'standard input'}: {reason}") from None


def prompt(con: DuckDBPyConnection, run: Callable[[str], None]) -> None:
    """Read statements from the terminal and run them, until `exit` or the end of input."""
    say("SQL on the catalogue, read-only. End a statement with ; or an empty line. Tab completes; exit or Ctrl-D ends.")
    _with_completion(con)
    while (text := _typed()) is not None:
        if not text.strip():
            continue
        if _EXIT.fullmatch(text):
            return
        try:
            run(text)
        except HarvesterError as error:
            say(printable(str(error)), err=True)
        except KeyboardInterrupt:
            say("interrupted", err=True)


def _typed() -> str | None:
    """Return one statement; empty after Ctrl-C, None at the end of input."""
    lines: list[str] = []
    while True:
        try:
            line = input(MORE if lines else PROMPT)
        except EOFError:
            say("")
            return None
        except KeyboardInterrupt:
            say("")
            return ""
        lines.append(line)
        text = "\n".join(lines)
        if (
            not line.strip()
            or line.rstrip().endswith(";")
            or re.fullmatch(r"\s*\.?(exit|quit)\s*", text, re.IGNORECASE)
        ):
            return text


def history_file() -> Path:
    """Return the path of the prompt's history."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "harvester" / "sql_history"


def words(con: DuckDBPyConnection) -> list[str]:
    """Return what Tab completes: tables, columns (also as table.column) and keywords."""
    with closing(con.cursor()) as cursor:
        return [word for (word,) in cursor.execute(_WORDS).fetchall()]


def _with_completion(con: DuckDBPyConnection) -> None:
    try:
        import readline
    except ImportError:
        # Windows: the prompt works without.
        return
    import atexit

    known = words(con)

    def complete(start: str, number: int) -> str | None:
        found = [word for word in known if word.lower().startswith(start.lower()) and ("." in start or "." not in word)]
        return found[number] if number < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" \t\n,;()=<>+-*/|'\"[]")
    readline.parse_and_bind("tab: complete")
    path = history_file()
    readline.set_history_length(HISTORY)
    with suppress(OSError):
        readline.read_history_file(path)

    def keep() -> None:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            readline.write_history_file(path)

    atexit.register(keep)
