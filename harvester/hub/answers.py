"""The Hub's answers as typed values: only the fields that are used, everything hostile cut to size."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

#: Longest name, tag or path that is kept, characters. A path in git may have 4,096 bytes.
TEXT_CAP = 4_096
#: Most tags, base models and the like kept of one model.
LIST_CAP = 10_000
#: Longest JSON excerpt (config stub, card data) that is kept, bytes.
JSON_CAP = 65_536
#: The same for card data: results of a hundred benchmarks take some 300 kB.
CARD_CAP = 4_000_000
#: Most bytes of memory that one answer may take once decoded: a page of 1,000 rows of 34 kB takes some 150 MB, a
#: manifest of 300,000 files some 400.
DECODED_CAP = 512_000_000
INT64 = 2**63 - 1
_LINK = re.compile(r"<([^<>]{0,8192})>([^<]{0,1000})")
_NEXT = re.compile(r';\s*rel\s*=\s*"?next"?', re.IGNORECASE)


class Sibling(msgspec.Struct, frozen=True):
    """A file of a manifest or listing; ``size`` and ids only where blobs were asked for."""

    path: str
    size: int | None = None
    oid: str | None = None
    sha256: str | None = None
    xet_hash: str | None = None
    last_commit: str | None = None
    last_commit_at: datetime | None = None
    scan_status: str | None = None


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A model as the listing or the model-info endpoint tells it. None: not told."""

    hub_id: str
    repo_id: str
    author: str | None = None
    sha: str | None = None
    created_at: datetime | None = None
    last_modified: datetime | None = None
    pipeline_tag: str | None = None
    library_name: str | None = None
    tags: tuple[str, ...] | None = None
    base_models: tuple[str, ...] | None = None
    base_model_ids: tuple[str, ...] | None = None
    base_relation: str | None = None
    config_stub: str | None = None
    parameters_hub: int | None = None
    parameters_by_dtype_hub: str | None = None
    used_storage: int | None = None
    downloads: int | None = None
    downloads_all_time: int | None = None
    likes: int | None = None
    trending_score: float | None = None
    gated: str | None = None
    private: bool | None = None
    disabled: bool | None = None
    siblings: tuple[Sibling, ...] | None = None
    card_data: str | None = None
    gguf: str | None = None

    @property
    def listed_files(self) -> int | None:
        """How many file names were told; None where none were."""
        return None if self.siblings is None else len(self.siblings)


class BadAnswer(ValueError):
    """An answer that is not what the endpoint gives; the message says what is wrong."""


class WrongShape(BadAnswer):
    """Whole JSON that is not what the endpoint gives: another attempt gives the same."""


class TooManyValues(BadAnswer):
    """JSON that would take more memory than any real answer."""


def memory_of(body: bytes) -> int:
    """Return about how many bytes of memory JSON takes once decoded, from its marks; too many where text holds them.

    Measured with CPython 3.11: an object 232 bytes (64 where it is empty), an array 88, a string 50 and its text, a
    place in an array 8 and a number 32.
    """
    objects = body.count(b"{") * 232 - body.count(b"{}") * 168
    return len(body) + objects + body.count(b"[") * 88 + body.count(b'"') * 25 + body.count(b",") * 40


def _parse_integer(digits: str) -> int | float:
    """Python refuses to read integers of more than 4,300 digits; no field of ours is larger than a float holds."""
    return int(digits) if len(digits) <= 400 else float("inf")


def decode_json(body: bytes) -> Any:
    """Decode an API body. Raises BadAnswer where it is not JSON, TooManyValues.

    msgspec first (a fifth of the time); the standard library where strings hold lone surrogates or numbers are odd.
    """
    if len(body) > DECODED_CAP // 500 and (needed := memory_of(body)) > DECODED_CAP:
        raise TooManyValues(f"JSON that takes {needed // 1_000_000:,} MB of memory")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            return json.loads(body, parse_int=_parse_integer)
        except (ValueError, RecursionError) as error:
            raise BadAnswer(f"not JSON: {error}"[:300]) from None


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
    """Return a BIGINT; None for anything that is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and -INT64 <= value <= INT64 else None


def moment(value: object) -> datetime | None:
    """Return a UTC time without tzinfo from ISO 8601 text; None where it is none."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        when = datetime.fromisoformat(value)
        return when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when
    except (ValueError, OverflowError):
        return None


def _texts(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(t for t in (text(v) for v in value[:LIST_CAP]) if t is not None)


def _boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def _excerpt(value: object, cap: int = JSON_CAP) -> str | None:
    """JSON text of an object, without chat templates (kilobytes each, and in the tokenizer config anyway)."""
    if not isinstance(value, dict):
        return None
    encoded = json.dumps(_without_templates(value, 0), ensure_ascii=False)
    encoded = encoded.encode("utf-8", "replace").decode("utf-8")
    return encoded if len(encoded) <= cap else None


def _without_templates(value: object, depth: int) -> object:
    if isinstance(value, dict) and depth < 20:
        return {
            k: _without_templates(v, depth + 1)
            for k, v in value.items()
            if k not in ("chat_template", "chat_template_jinja")
        }
    if isinstance(value, list) and depth < 20:
        return [_without_templates(v, depth + 1) for v in value]
    return value if depth < 20 or not isinstance(value, dict | list) else None


def _hex(value: object, length: int) -> str | None:
    if not isinstance(value, str) or len(value) != length:
        return None
    try:
        bytes.fromhex(value)
    except ValueError:
        return None
    return value.lower()


def sha_of(value: object) -> str | None:
    """Return a full commit id (40 or 64 hex digits), else None."""
    return _hex(value, 40) or _hex(value, 64)


def _gated(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value, 32)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def path_of(value: object) -> str:
    """Return the path of an entry, be it a file or a folder; empty where it has none."""
    return (text(value.get("rfilename", value.get("path"))) or "") if isinstance(value, dict) else ""


def sibling(value: object) -> Sibling | None:
    """Read one entry of ``siblings`` or of a tree; None for a directory or an entry without a path."""
    if not isinstance(value, dict) or value.get("type", "file") == "directory":
        return None
    path = path_of(value)
    if path and len(value) == 1:
        # A listing names files and says no more of them, a thousand rows at a time.
        return Sibling(path)
    if not path:
        return None
    lfs, commit, scan = (_object(value.get(key)) for key in ("lfs", "lastCommit", "securityFileStatus"))
    size = integer(lfs.get("size"))
    return Sibling(
        path,
        size if size is not None else integer(value.get("size")),
        _hex(value.get("blobId", value.get("oid")), 40),
        _hex(lfs.get("sha256", lfs.get("oid")), 64),
        _hex(value.get("xetHash"), 64),
        sha_of(commit.get("id")),
        moment(commit.get("date")),
        text(scan.get("status"), 64),
    )


class CommitEntry(msgspec.Struct, frozen=True):
    """A commit as the API lists it; ``authors`` are user names, or names where the Hub knows no user."""

    commit: str
    title: str
    message: str
    authors: tuple[str, ...]
    date: datetime | None


def commit_entry(value: object) -> CommitEntry:
    """Read one row of a list of commits. Raises BadAnswer where it has no id."""
    row = _object(value)
    commit = sha_of(row.get("id"))
    if commit is None:
        raise WrongShape(f"a commit without id: {str(value)[:80]}")
    listed = row.get("authors")
    people = [_object(one) for one in listed[:LIST_CAP]] if isinstance(listed, list) else []
    names = [text(one.get("user")) or text(one.get("name")) for one in people]
    return CommitEntry(
        commit, text(row.get("title")) or "", text(row.get("message"), JSON_CAP) or "",
        tuple(name for name in names if name), moment(row.get("date")),
    )  # fmt: skip


def siblings_of(value: object) -> tuple[Sibling, ...] | None:
    """Read ``siblings``; a path that comes twice is kept once (the last wins)."""
    if not isinstance(value, list):
        return None
    found = {s.path: s for s in (sibling(v) for v in value) if s is not None}
    return tuple(found.values())


def model_info(value: object) -> ModelInfo:
    """Read one model object. Raises BadAnswer where it has no `_id` or no `id`."""
    if not isinstance(value, dict):
        raise WrongShape(f"a model is an object, not {type(value).__name__}")
    hub_id, repo_id = text(value.get("_id"), 64), text(value.get("id", value.get("modelId")), 256)
    if not hub_id or not repo_id:
        raise WrongShape(f"a model without {'_id' if not hub_id else 'id'}: {str(value)[:80]}")
    base, safetensors = _object(value.get("baseModels")), _object(value.get("safetensors"))
    models = base.get("models")
    parents = [m for m in models if isinstance(m, dict)] if isinstance(models, list) else []
    return ModelInfo(
        hub_id=hub_id,
        repo_id=repo_id,
        author=text(value.get("author"), 256) or (repo_id.split("/")[0] if "/" in repo_id else None),
        sha=sha_of(value.get("sha")),
        created_at=moment(value.get("createdAt")),
        last_modified=moment(value.get("lastModified")),
        pipeline_tag=text(value.get("pipeline_tag"), 256),
        library_name=text(value.get("library_name"), 256),
        tags=_texts(value.get("tags")),
        base_models=_texts([m.get("id") for m in parents]) if base else None,
        base_model_ids=_texts([m.get("_id") for m in parents]) if base else None,
        base_relation=text(base.get("relation"), 64) if base else None,
        config_stub=_excerpt(value.get("config")),
        parameters_hub=integer(safetensors.get("total")),
        parameters_by_dtype_hub=_excerpt(safetensors.get("parameters")),
        used_storage=integer(value.get("usedStorage")),
        downloads=integer(value.get("downloads")),
        downloads_all_time=integer(value.get("downloadsAllTime")),
        likes=integer(value.get("likes")),
        trending_score=_number(value.get("trendingScore")),
        gated=_gated(value.get("gated")),
        private=_boolean(value.get("private")),
        disabled=_boolean(value.get("disabled")),
        siblings=siblings_of(value.get("siblings")),
        card_data=_excerpt(value.get("cardData"), CARD_CAP),
        gguf=_excerpt(value.get("gguf")),
    )


def model_page(value: object) -> tuple[list[ModelInfo], list[str]]:
    """Read a listing page: the models, and what was wrong with rows that are none.

    Raises BadAnswer where the page is not a list.
    """
    if not isinstance(value, list):
        raise WrongShape("a listing page is a list, not " + type(value).__name__)
    models, wrong = [], []
    for row in value:
        try:
            models.append(model_info(row))
        except BadAnswer as error:
            wrong.append(str(error))
    return models, wrong


def next_link(headers: Mapping[str, str]) -> str | None:
    """Return the target of ``Link: <...>; rel="next"``, or None."""
    for match in _LINK.finditer(headers.get("link", "")):
        if _NEXT.search(match[2]):
            return match[1]
    return None


def names(siblings: Iterable[Sibling]) -> list[str]:
    """Return the paths."""
    return [s.path for s in siblings]
