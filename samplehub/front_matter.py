"""YAML front matter as the Hub reads it: YAML 1.2, where ``no`` and dates are text."""

import json
import math
import re
from typing import Any

import yaml

#: Values of a card, what aliases repeat counted each time, and levels of nesting; beyond them nothing is read.
MAX_VALUES = 250_000
MAX_DEPTH = 40
#: Tag: the plain words that have it, and their first characters. Of digits at most 300, which Python can convert.
_WORDS = {
    "null": (r"~|null|Null|NULL|", ("~", "n", "N", "")),
    "bool": (r"true|True|TRUE|false|False|FALSE", tuple("tTfF")),
    "int": (r"[-+]?[0-9][0-9_]{0,299}", tuple("-+0123456789")),
    "float": (
        r"[-+]?(?:\.[0-9]{1,300}|[0-9][0-9_]{0,299}(?:\.[0-9]{0,300})?)(?:[eE][-+]?[0-9]{1,4})?",
        tuple("-+.0123456789"),
    ),
}


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """The safe loader, without the words that only YAML 1.1 takes for values."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


def _integer(_: Any, node: yaml.ScalarNode) -> int:
    """The number in base 10; PyYAML's own constructor takes ``010`` for eight."""
    return int(node.value.replace("_", ""))


def _double(_: Any, node: yaml.ScalarNode) -> float | str:
    """The number, or its text where JSON has no such number."""
    value = float(node.value.replace("_", ""))
    return value if math.isfinite(value) else str(node.value)


for _tag, (_words, _first) in _WORDS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_words})\Z"), _first)
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_constructor("tag:yaml.org,2002:float", _double)


def parse(text: str) -> dict[str, Any]:
    """The mapping of the text; empty where it is not one, is not YAML, or is too large with its aliases written out."""
    value = _value(text)
    return value if isinstance(value, dict) else {}


def items(text: str) -> list[dict[str, Any]]:
    """The mappings in the list of the text, or the only one; empty where there are none that ``parse`` would read."""
    value = _value(text)
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def _value(text: str) -> Any:
    try:
        value = yaml.load(text, Loader=_Loader)
        # Keys become text, as in JSON.
        return json.loads(json.dumps(value)) if isinstance(value, dict | list) and _is_bounded(value) else None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return None


def _is_bounded(value: Any) -> bool:
    """Whether the value can be written out. An alias inside itself exceeds every depth."""
    left = MAX_VALUES
    rest = [(value, 0)]
    while rest:
        one, depth = rest.pop()
        left -= 1
        if left < 0 or depth > MAX_DEPTH:
            return False
        if isinstance(one, dict | list):
            rest += [(item, depth + 1) for item in (one.values() if isinstance(one, dict) else one)]
    return True
