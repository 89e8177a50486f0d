"""harvest.toml: the options of `harvester harvest` in a file, by the names that they have on the command line.

Takes a TOML file, checks every value against the option that it sets, and gives click the defaults of one command.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from harvester.cli_options import Option
from harvester.errors import UsageError

#: A harvest specification is a page; a larger file is something else.
MAX_BYTES = 1_000_000
#: Options of one call, which do not describe a harvest.
NOT_IN_FILE = ("config", "fresh", "dry_run", "quiet", "as_json")
_HEAD = """\
# What `harvester harvest --config {name}` harvests. Options on the command line replace those given here.
# Remove the # before an option to set it. Paths are relative to the folder that the command runs in.
"""
_EXAMPLES = {
    "hub": '"https://huggingface.co"', "data": '"data/huggingface.co"', "work": '"work"', "day": "0", "quota": '"free"',
    "author": '"Qwen"', "task": '"text-generation"', "library": '"transformers"', "tag": '["arxiv:1706.03762"]',
    "search": '"llama"', "sort": '"downloads"', "limit": "300", "sample": "1000", "stratify": '"task"',
    "seed": "1", "ids": '"models.txt"', "documents": '["*/config.json"]',
    "max-time": '"6h"', "max-requests": "10000", "memory": "2000", "workers": "40",
}  # fmt: skip


def read_config(ctx: click.Context, _param: click.Parameter, path: Path | None) -> Path | None:
    """Make the values of a file the defaults of the command. Raises UsageError that names the line and the key."""
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise UsageError(f"{path} is larger than {MAX_BYTES:,} bytes: it is no harvest specification")
        text = data.decode()
        found = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from None
    options = _options(ctx.command)
    defaults: dict[str, Any] = {}
    for key, value in found.items():
        where = f"{path}, line {_line(text, key)}"
        if key not in options:
            near = difflib.get_close_matches(key, options, 1)
            hint = f"did you mean {near[0]}?" if near else "see `harvester harvest --help` for the options"
            raise UsageError(f"{where}: unknown key {key!r}; {hint}")
        defaults[str(options[key].name)] = _checked(ctx, options[key], value, f"{where}: {key}")
    ctx.default_map = defaults
    return path


def located(ctx: click.Context, path: Path | None, error: UsageError) -> UsageError:
    """Return an error about an option with the line of the file that set it."""
    name = re.search(r"--([a-z-]+)", str(error))
    option = _options(ctx.command).get(name[1]) if name else None
    if path is None or option is None or option.name not in (ctx.default_map or {}):
        return error
    if ctx.get_parameter_source(str(option.name)) != click.core.ParameterSource.DEFAULT_MAP:
        return error
    text = path.read_text(encoding="utf-8")
    return UsageError(f"{path}, line {_line(text, _key(option))}: {error}")


def template(command: click.Command, name: str) -> str:
    """Return a commented file with every option of a command, in the order and groups of its help."""
    lines, group = [_HEAD.format(name=name)], ""
    for key, option in _options(command).items():
        if option.group != group:
            group = option.group
            lines.append(f"\n# --- {group} ---\n")
        lines += [f"# {option.help}", f"# {key} = {_EXAMPLES.get(key) or _written(option)}", ""]
    return "\n".join(lines)


def _options(command: click.Command) -> dict[str, Option]:
    """Return the options that a file may set, by the name without dashes."""
    return {
        _key(param): param for param in command.params if isinstance(param, Option) and param.name not in NOT_IN_FILE
    }


def _key(option: click.Parameter) -> str:
    return max(option.opts, key=len).removeprefix("--")


def _checked(ctx: click.Context, option: Option, value: Any, where: str) -> Any:
    """Return the value that click converts, if it has the type of the option. Raises UsageError."""
    if _key(option) == "with" and isinstance(value, list) and all(isinstance(word, str) for word in value):
        value = ",".join(value) or "none"
    for kind, fits, words in _kinds(option):
        if not kind:
            continue
        if not fits(value):
            raise UsageError(f"{where} takes {words}, not {value!r}")
        break
    try:
        option.type_cast_value(ctx, value)
    except click.BadParameter as error:
        raise UsageError(f"{where}: {error.message}") from None
    return value


def _kinds(option: Option) -> Iterator[tuple[bool, Any, str]]:
    """Yield whether an option is of a kind, what its values are in TOML, and how to say so."""
    yield option.is_flag, lambda value: isinstance(value, bool), "true or false"
    yield (
        option.multiple,
        lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
        'a list of texts, such as ["a", "b"]',
    )
    yield option.type is click.INT, lambda value: type(value) is int, "a whole number"
    yield option.type is click.FLOAT, lambda value: type(value) in (int, float), "a number"
    yield True, lambda value: isinstance(value, str), 'a text in quotes, such as "..."'


def _line(text: str, key: str) -> int:
    """Return the number of the line that sets a key; 1 if it is written in an unusual way."""
    found = re.search(rf"""^[ \t]*\[?["']?{re.escape(key)}["']?[ \t]*[=.\]]""", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _written(option: Option) -> str:
    """Return an option's default as TOML; for a switch, what sets it."""
    if option.is_flag:
        return "true"
    return str(option.default) if isinstance(option.default, int | float) else f'"{option.default}"'
