"""Reads one value of an answer: of the expected type and cut to size, or None. Nothing here raises."""

import json
from datetime import UTC, datetime
from math import isfinite
from typing import Any

#: Longest name, tag or path that is kept, characters. A path in git may have 4,096 bytes.
TEXT_CAP = 4_096
#: Most tags, base models and the like kept of one model.
LIST_CAP = 10_000
#: Longest JSON excerpt (config stub, card data) that is kept, bytes.
JSON_CAP = 65_536
#: The same for card data and results: those of a hundred benchmarks take some 300 kB.
CARD_CAP = 4_000_000
INT64 = 2**63 - 1


def text(value: object, cap: int = TEXT_CAP) -> str | None:
    """Return a string without lone surrogates and NULs, cut to ``cap`` characters; None for anything else."""
    if not isinstance(value, str):
        return None
    if len(value) > cap:
        value = value[:cap]
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode("utf-8")
    return value.replace("\0", "�")


def integer(value: object) -> int | None:
    """Return a BIGINT; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and -INT64 <= value <= INT64 else None


def moment(value: object) -> datetime | None:
    """Return a UTC time without tzinfo from ISO 8601 text; None for anything else."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        when = datetime.fromisoformat(value)
        return when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when
    except (ValueError, OverflowError):
        return None


def texts(value: object) -> tuple[str, ...] | None:
    """Return a list's texts; None for anything else."""
    if not isinstance(value, list):
        return None
    return tuple(t for t in (text(v) for v in value[:LIST_CAP]) if t is not None)


def boolean(value: object) -> bool | None:
    """Return true or false; None for anything else."""
    return value if isinstance(value, bool) else None


def number(value: object) -> float | None:
    """Return a DOUBLE; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if isfinite(found) else None


def excerpt(value: object, cap: int = JSON_CAP) -> str | None:
    """JSON text of an object, without chat templates (kilobytes each, and in the tokenizer config anyway)."""
    if not isinstance(value, dict):
        return None
    encoded = json_text(value)
    return encoded if len(encoded) <= cap else None


def gguf_excerpt(value: object) -> str | None:
    """JSON text of the Hub's excerpt of a GGUF header; of its chat template only that there is one."""
    if isinstance(value, dict) and isinstance(template := value.get("chat_template"), str) and template.strip():
        value = {**value, "has_chat_template": True}
    return excerpt(value)


def json_text(value: object) -> str:
    """Return a value as JSON text, without chat templates and lone surrogates."""
    encoded = json.dumps(_without_templates(value, 0), ensure_ascii=False)
    return encoded.encode("utf-8", "replace").decode("utf-8").replace("\\u0000", "\ufffd")


def results(value: object) -> str | None:
    """JSON text of a list of results (``evalResults``), in the Hub's order."""
    if not isinstance(value, list):
        return None
    encoded = json_text(value[:LIST_CAP])
    return encoded if len(encoded) <= CARD_CAP else None


#: What is kept of an inference provider: its speed and prices change by the minute.
_PROVIDER = ("provider", "status", "providerId", "task", "type", "adapterWeightsPath")


def providers(value: object) -> str | None:
    """JSON text of a list of providers, by name; the Hub gives a list, or an object by provider."""
    if isinstance(value, dict):
        value = [{**object_of(one), "provider": name} for name, one in value.items()]
    if not isinstance(value, list):
        return None
    kept = [{key: one[key] for key in _PROVIDER if key in one} for one in value[:LIST_CAP] if isinstance(one, dict)]
    return json_text(sorted(kept, key=lambda one: str(one.get("provider"))))


def _without_templates(value: object, depth: int) -> object:
    if isinstance(value, dict) and depth < 20:
        return {
            k: _without_templates(v, depth + 1)
            for k, v in value.items()
            if k not in ("chat_template", "chat_template_jinja")
        }
    if isinstance(value, list) and depth < 20:
        return [_without_templates(v, depth + 1) for v in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value if depth < 20 or not isinstance(value, dict | list) else None


def hex_id(value: object, length: int) -> str | None:
    """Return ``length`` hex digits in lower case; None for anything else."""
    if not isinstance(value, str) or len(value) != length:
        return None
    try:
        bytes.fromhex(value)
    except ValueError:
        return None
    return value.lower()


def sha_of(value: object) -> str | None:
    """Return a full commit id (40 or 64 hex digits), else None."""
    return hex_id(value, 40) or hex_id(value, 64)


def gated(value: object) -> str | None:
    """Return how a model is gated: false, auto, manual, or an unknown word."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value, 32)


def scan_issues(value: object) -> tuple[str, ...] | None:
    """Return the files that the Hub's scans flag, as `level path`; None if the scans are not done."""
    status = object_of(value)
    listed = status.get("filesWithIssues")
    if status.get("scansDone") is not True or not isinstance(listed, list):
        return None
    issues = [object_of(one) for one in listed[:LIST_CAP]]
    named = [(text(one.get("level"), 64), text(one.get("path"))) for one in issues]
    return tuple(f"{level} {path}" for level, path in named if level and path)


def object_of(value: object) -> dict[str, Any]:
    """Return an object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}
