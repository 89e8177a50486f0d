"""The Hub's answers as typed values: only the fields that are used, everything hostile cut to size."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from harvester.hub.values import (
    CARD_CAP,
    JSON_CAP,
    LIST_CAP,
    boolean,
    excerpt,
    gated,
    gguf_excerpt,
    hex_id,
    integer,
    json_text,
    moment,
    number,
    object_of,
    providers,
    results,
    scan_issues,
    sha_of,
    text,
    texts,
)  # fmt: skip

#: The same for one unknown field, and for all of them of one model.
EXTRA_VALUE_CAP, EXTRA_CAP = 4_096, 16_384
#: Fields of a model that are not stored: they repeat other fields, or only matter to web pages.
IGNORED = frozenset({
    "_id", "id", "modelId", "key", "inference", "mask_token", "model-index", "resourceGroup", "widgetData",
    "xetEnabled", "securityRepoStatus",
})  # fmt: skip
#: Most memory in bytes that one decoded answer may take: a page of 1,000 rows of 34 kB takes about 150 MB, a manifest
#: of 300,000 files about 400 MB.
DECODED_CAP = 512_000_000
#: Levels of nesting that are kept if an answer has more than Python can read; a listed row has 5, card data 10.
DEEPEST = 100
_NESTING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
T = TypeVar("T")
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_NOT_IN_A_NAME = re.compile(r"[\s\\?#%:@&=;<>\"'|*]")
_NEXT = re.compile(r';\s*rel\s*=\s*"?next"?', re.IGNORECASE)


class Sibling(msgspec.Struct, frozen=True):
    """A file of a manifest or listing; ``size`` and ids only if blobs were requested."""

    path: str
    size: int | None = None
    oid: str | None = None
    sha256: str | None = None
    xet_hash: str | None = None
    last_commit: str | None = None
    last_commit_at: datetime | None = None
    scan_status: str | None = None


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A model as reported by the listing or the model-info endpoint. None: not reported."""

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
    eval_results: str | None = None
    inference_providers: str | None = None
    transformers_info: str | None = None
    spaces: tuple[str, ...] | None = None
    children: str | None = None
    #: what the Hub's scans found, as `level path`; None: not requested, or the scans are not done
    scan_issues: tuple[str, ...] | None = None
    #: fields that are not known here, and values of an unexpected type, as a JSON object
    extra: str | None = None
    #: the fields of an unexpected type: NULL above, as they came in ``extra``
    odd: tuple[str, ...] = ()

    @property
    def listed_files(self) -> int | None:
        """Number of reported file names; None for an empty list, which means "unknown" (docs/hub-protocol.md 3)."""
        return len(self.siblings) if self.siblings else None


class BadAnswer(ValueError):
    """An answer that the endpoint does not give; the message says what is wrong."""


class WrongShape(BadAnswer):
    """Whole JSON that is not what the endpoint gives: another attempt gives the same."""


class TooManyValues(BadAnswer):
    """JSON that would take more memory than any real answer."""


def memory_of(body: bytes) -> int:
    """Estimate the memory of decoded JSON in bytes from its punctuation; too high if texts contain such characters.

    Measured with CPython 3.11: an object 232 bytes (64 if empty), an array 88, a string 50 plus its text, an item of an
    array 8 and a number 32.
    """
    objects = body.count(b"{") * 232 - body.count(b"{}") * 168
    return len(body) + objects + body.count(b"[") * 88 + body.count(b'"') * 25 + body.count(b",") * 40


def _parse_integer(digits: str) -> int | float:
    """Python refuses to read integers of more than 4,300 digits; no field that we read is larger than a float."""
    return int(digits) if len(digits) <= 400 else float("inf")


def decode_json(body: bytes) -> Any:
    """Decode an API body. Raises BadAnswer if it is not JSON, TooManyValues.

    msgspec first (a fifth of the time); the standard library for lone surrogates and unusual numbers.
    """
    if len(body) > DECODED_CAP // 500 and (needed := memory_of(body)) > DECODED_CAP:
        raise TooManyValues(f"JSON that needs {needed // 1_000_000:,} MB of memory")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            return _decode_slowly(body)
        except (ValueError, RecursionError) as error:
            raise BadAnswer(f"not JSON: {error}"[:300]) from None


def _decode_slowly(body: bytes) -> Any:
    try:
        return json.loads(body, parse_int=_parse_integer)
    except RecursionError:
        # One model's card may be nested so deep; the others of the page are read all the same.
        return json.loads(_shallow(body), parse_int=_parse_integer)


def _shallow(body: bytes) -> bytes:
    """Return JSON with null in place of whatever is nested deeper than ``DEEPEST`` levels."""
    pieces: list[bytes] = []
    depth = copied = 0
    for found in _NESTING.finditer(body):
        character = body[found.start()]
        if character in b"[{":
            depth += 1
            if depth == DEEPEST + 1:
                pieces += (body[copied : found.start()], b"null")
        elif character in b"]}":
            if depth == DEEPEST + 1:
                copied = found.end()
            depth -= 1
    return b"".join([*pieces, body[copied:] if depth <= DEEPEST else b""])


def is_repo_id(name: str) -> bool:
    """Whether this can be the name of a model: an owner and a name at most, and nothing that changes a URL.

    The Hub allows letters, digits, `-`, `_` and `.`; mirrors may allow other characters.
    """
    steps = name.split("/")
    return (
        0 < len(name) <= 256
        and len(steps) <= 2
        and all(step.strip(".") for step in steps)
        and ".." not in name
        and not _NOT_IN_A_NAME.search(name)
        and name.isprintable()
    )


def path_of(value: object) -> str:
    """Return the path of an entry, a file or a folder; empty if it has none."""
    return (text(value.get("rfilename", value.get("path"))) or "") if isinstance(value, dict) else ""


def sibling(value: object) -> Sibling | None:
    """Read one entry of ``siblings`` or of a tree; None for a directory or an entry without a path."""
    if not isinstance(value, dict) or value.get("type", "file") == "directory":
        return None
    path = path_of(value)
    if path and len(value) == 1:
        # A listing only gives the names of files, for a thousand models per page.
        return Sibling(path)
    if not path:
        return None
    lfs, commit, scan = (object_of(value.get(key)) for key in ("lfs", "lastCommit", "securityFileStatus"))
    size = integer(lfs.get("size"))
    return Sibling(
        path,
        size if size is not None else integer(value.get("size")),
        hex_id(value.get("blobId", value.get("oid")), 40),
        hex_id(lfs.get("sha256", lfs.get("oid")), 64),
        hex_id(value.get("xetHash"), 64),
        sha_of(commit.get("id")),
        moment(commit.get("date")),
        text(scan.get("status"), 64),
    )


class CommitEntry(msgspec.Struct, frozen=True):
    """A commit as the API lists it; ``authors`` are user names, or names if the Hub knows no user."""

    commit: str
    title: str
    message: str
    authors: tuple[str, ...]
    date: datetime | None


def commit_entry(value: object) -> CommitEntry:
    """Read one row of a list of commits. Raises BadAnswer if it has no id."""
    row = object_of(value)
    commit = sha_of(row.get("id"))
    if commit is None:
        raise WrongShape(f"a commit without id: {str(value)[:80]}")
    listed = row.get("authors")
    people = [object_of(one) for one in listed[:LIST_CAP]] if isinstance(listed, list) else []
    names = [text(one.get("user")) or text(one.get("name")) for one in people]
    return CommitEntry(
        commit, text(row.get("title")) or "", text(row.get("message"), JSON_CAP) or "",
        tuple(name for name in names if name), moment(row.get("date")),
    )  # fmt: skip


def siblings_of(value: object) -> tuple[Sibling, ...] | None:
    """Read ``siblings``; of a duplicate path the last entry is kept. None if no entry can be read."""
    if not isinstance(value, list):
        return None
    found = {s.path: s for s in (sibling(v) for v in value) if s is not None}
    return tuple(found.values()) if found or not value else None


class _Fields:
    """Reads the fields of a model one by one, and records those with a value of an unexpected type."""

    def __init__(self, value: dict[str, Any]):
        self._value, self._read = value, set(IGNORED)
        self.odd: dict[str, None] = {}

    def take(self, name: str, read: Callable[[object], T | None], inside: str = "") -> T | None:
        """Read a field, or a member of the object in it; None if it is absent, null or of another type."""
        self._read.add(name)
        raw = self._value.get(name)
        if inside and raw is not None:
            if not isinstance(raw, dict):
                self.odd[name] = None
                return None
            raw = raw.get(inside)
        found = None if raw is None else read(raw)
        # Of a list of texts each must be one; files have a check of their own.
        short = isinstance(found, tuple) and name != "siblings" and len(found) < min(len(_list(raw)), LIST_CAP)
        if raw is not None and (found is None or short):
            self.odd[name] = None
        return found

    def extra(self) -> str | None:
        """Return the unknown fields and the odd values as JSON, large ones as a note of their size."""
        kept: dict[str, object] = {}
        size = 0
        for name, raw in self._value.items():
            if raw is None or (name in self._read and name not in self.odd):
                continue
            encoded = json_text(raw)
            if len(encoded) > EXTRA_VALUE_CAP:
                raw = f"left out: {len(encoded)} characters of JSON"
            size += min(len(encoded), EXTRA_VALUE_CAP) + len(name)
            if size > EXTRA_CAP:
                break
            kept[name[:256]] = raw
        return json_text(kept) if kept else None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def model_info(value: object) -> ModelInfo:
    """Read one model object: values of an unexpected type are None, and their fields named in ``odd``.

    Raises BadAnswer if it has no `_id` or no `id`.
    """
    if not isinstance(value, dict):
        raise WrongShape(f"expected a model (an object), got {type(value).__name__}")
    hub_id, repo_id = text(value.get("_id"), 64), text(value.get("id", value.get("modelId")), 256)
    if not hub_id or not repo_id:
        raise WrongShape(f"a model without {'_id' if not hub_id else 'id'}: {str(value)[:80]}")
    if not is_repo_id(repo_id):
        raise WrongShape(f"an invalid model name: {repo_id[:80]!r}")
    fields = _Fields(value)
    take = fields.take
    parents = take("baseModels", lambda raw: tuple(m for m in _list(raw) if isinstance(m, dict)), "models")
    has_base = isinstance(value.get("baseModels"), dict) and value["baseModels"]
    info = ModelInfo(
        hub_id=hub_id,
        repo_id=repo_id,
        author=take("author", lambda raw: text(raw, 256)) or (repo_id.split("/")[0] if "/" in repo_id else None),
        sha=take("sha", sha_of),
        created_at=take("createdAt", moment),
        last_modified=take("lastModified", moment),
        pipeline_tag=take("pipeline_tag", lambda raw: text(raw, 256)),
        library_name=take("library_name", lambda raw: text(raw, 256)),
        tags=take("tags", texts),
        base_models=texts([m.get("id") for m in parents or ()]) if has_base else None,
        base_model_ids=texts([m.get("_id") for m in parents or ()]) if has_base else None,
        base_relation=take("baseModels", lambda raw: text(raw, 64), "relation"),
        config_stub=take("config", excerpt),
        parameters_hub=take("safetensors", integer, "total"),
        parameters_by_dtype_hub=take("safetensors", excerpt, "parameters"),
        used_storage=take("usedStorage", integer),
        downloads=take("downloads", integer),
        downloads_all_time=take("downloadsAllTime", integer),
        likes=take("likes", integer),
        trending_score=take("trendingScore", number),
        gated=take("gated", gated),
        private=take("private", boolean),
        disabled=take("disabled", boolean),
        siblings=take("siblings", siblings_of),
        card_data=take("cardData", lambda raw: excerpt(raw, CARD_CAP)),
        gguf=take("gguf", gguf_excerpt),
        eval_results=take("evalResults", results),
        inference_providers=take("inferenceProviderMapping", providers),
        transformers_info=take("transformersInfo", excerpt),
        spaces=take("spaces", texts),
        children=take("childrenModelCount", excerpt),
        scan_issues=take("securityRepoStatus", scan_issues),
    )
    extra = fields.extra()
    if extra is None and not fields.odd:
        return info
    return msgspec.structs.replace(info, extra=extra, odd=tuple(fields.odd))


def model_page(value: object) -> tuple[list[ModelInfo], list[str]]:
    """Read a listing page: the models, and the errors of rows that are not models.

    Raises BadAnswer if the page is not a list.
    """
    if not isinstance(value, list):
        raise WrongShape("expected a listing page (a list), got " + type(value).__name__)
    models, wrong = [], []
    for row in value:
        try:
            models.append(model_info(row))
        except BadAnswer as error:
            wrong.append(str(error))
        except Exception as error:
            wrong.append(f"extractor error: {type(error).__name__}: {error}")
    return models, wrong


def next_link(headers: Mapping[str, str]) -> str | None:
    """Return the target of ``Link: <...>; rel="next"``, or None; a text that is no URL if the link has none."""
    value = headers.get("link", "")
    for match in _LINK.finditer(value):
        if _NEXT.search(match[2]):
            return match[1] or "<>"
    # The end of a list must not be concluded from a header that cannot be read.
    return "<>" if _NEXT.search(value) else None


def names(siblings: Iterable[Sibling]) -> list[str]:
    """Return the paths."""
    return [s.path for s in siblings]
