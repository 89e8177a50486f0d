"""The Hub's answers as typed values: only the fields that are used, everything hostile cut to size."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, TypeVar

import msgspec

#: Longest name, tag or path that is kept, characters. A path in git may have 4,096 bytes.
TEXT_CAP = 4_096
#: Most tags, base models and the like kept of one model.
LIST_CAP = 10_000
#: Longest JSON excerpt (config stub, card data) that is kept, bytes.
JSON_CAP = 65_536
#: The same for card data and results: those of a hundred benchmarks take some 300 kB.
CARD_CAP = 4_000_000
#: The same for one unknown field, and for all of them of one model.
EXTRA_VALUE_CAP, EXTRA_CAP = 4_096, 16_384
#: Fields of a model that are neither read nor kept: they repeat others, or say what only a web page needs.
IGNORED = frozenset({
    "_id", "id", "modelId", "key", "inference", "mask_token", "model-index", "resourceGroup", "widgetData",
    "xetEnabled", "securityRepoStatus",
})  # fmt: skip
INT64 = 2**63 - 1
T = TypeVar("T")
_LINK = re.compile(r"<([^>]*)>([^<]*)")
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
    eval_results: str | None = None
    inference_providers: str | None = None
    transformers_info: str | None = None
    spaces: tuple[str, ...] | None = None
    children: str | None = None
    #: fields that are not known here, and values of an unexpected type, as a JSON object
    extra: str | None = None
    #: the fields of an unexpected type: NULL above, as they came in ``extra``
    odd: tuple[str, ...] = ()

    @property
    def listed_files(self) -> int | None:
        """How many file names were told; None where none were."""
        return None if self.siblings is None else len(self.siblings)


class BadAnswer(ValueError):
    """An answer that is JSON but not what the endpoint gives; the message says what is wrong."""


def decode_json(body: bytes) -> Any:
    """Decode an API body. Raises BadAnswer where it is not JSON.

    msgspec first (a fifth of the time); the standard library where strings hold lone surrogates or numbers are odd.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            return json.loads(body)
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
        return float(value)
    except OverflowError:
        return None


def _excerpt(value: object, cap: int = JSON_CAP) -> str | None:
    """JSON text of an object, without chat templates (kilobytes each, and in the tokenizer config anyway)."""
    if not isinstance(value, dict):
        return None
    encoded = _json(value)
    return encoded if len(encoded) <= cap else None


def _json(value: object) -> str:
    encoded = json.dumps(_without_templates(value, 0), ensure_ascii=False)
    return encoded.encode("utf-8", "replace").decode("utf-8").replace("\\u0000", "\ufffd")


def _results(value: object) -> str | None:
    """JSON text of a list of results (``evalResults``), in the Hub's order."""
    if not isinstance(value, list):
        return None
    encoded = _json(value[:LIST_CAP])
    return encoded if len(encoded) <= CARD_CAP else None


#: What is kept of an inference provider: its speed and prices change by the minute.
_PROVIDER = ("provider", "status", "providerId", "task", "type", "adapterWeightsPath")


def _providers(value: object) -> str | None:
    """JSON text of a list of providers, by name; the Hub gives a list, or an object by provider."""
    if isinstance(value, dict):
        value = [{**object_of(one), "provider": name} for name, one in value.items()]
    if not isinstance(value, list):
        return None
    kept = [{key: one[key] for key in _PROVIDER if key in one} for one in value[:LIST_CAP] if isinstance(one, dict)]
    return _json(sorted(kept, key=lambda one: str(one.get("provider"))))


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


def object_of(value: object) -> dict[str, Any]:
    """Return an object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def sibling(value: object) -> Sibling | None:
    """Read one entry of ``siblings`` or of a tree; None for a directory or an entry without a path."""
    if not isinstance(value, dict) or value.get("type", "file") == "directory":
        return None
    path = text(value.get("rfilename", value.get("path")))
    if not path:
        return None
    lfs, commit, scan = (object_of(value.get(key)) for key in ("lfs", "lastCommit", "securityFileStatus"))
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


def siblings_of(value: object) -> tuple[Sibling, ...] | None:
    """Read ``siblings``; a path that comes twice is kept once (the last wins). None where no entry can be read."""
    if not isinstance(value, list):
        return None
    found = {s.path: s for s in (sibling(v) for v in value) if s is not None}
    return tuple(found.values()) if found or not value else None


class _Fields:
    """Reads the fields of a model one by one, and remembers those whose value is not of the expected type."""

    def __init__(self, value: dict[str, Any]):
        self._value, self._read = value, set(IGNORED)
        self.odd: dict[str, None] = {}

    def take(self, name: str, read: Callable[[object], T | None], inside: str = "") -> T | None:
        """Read a field, or a member of the object in it; None where it is absent, null or of another type."""
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
            encoded = _json(raw)
            if len(encoded) > EXTRA_VALUE_CAP:
                raw = f"left out: {len(encoded)} characters of JSON"
            size += min(len(encoded), EXTRA_VALUE_CAP) + len(name)
            if size > EXTRA_CAP:
                break
            kept[name[:256]] = raw
        return _json(kept) if kept else None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def model_info(value: object) -> ModelInfo:
    """Read one model object: a value of an unexpected type is None, and its field named in ``odd``.

    Raises BadAnswer where it has no `_id` or no `id`.
    """
    if not isinstance(value, dict):
        raise BadAnswer(f"a model is an object, not {type(value).__name__}")
    hub_id, repo_id = text(value.get("_id"), 64), text(value.get("id", value.get("modelId")), 256)
    if not hub_id or not repo_id:
        raise BadAnswer(f"a model without {'_id' if not hub_id else 'id'}: {str(value)[:80]}")
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
        tags=take("tags", _texts),
        base_models=_texts([m.get("id") for m in parents or ()]) if has_base else None,
        base_model_ids=_texts([m.get("_id") for m in parents or ()]) if has_base else None,
        base_relation=take("baseModels", lambda raw: text(raw, 64), "relation"),
        config_stub=take("config", _excerpt),
        parameters_hub=take("safetensors", integer, "total"),
        parameters_by_dtype_hub=take("safetensors", _excerpt, "parameters"),
        used_storage=take("usedStorage", integer),
        downloads=take("downloads", integer),
        downloads_all_time=take("downloadsAllTime", integer),
        likes=take("likes", integer),
        trending_score=take("trendingScore", _number),
        gated=take("gated", _gated),
        private=take("private", _boolean),
        disabled=take("disabled", _boolean),
        siblings=take("siblings", siblings_of),
        card_data=take("cardData", lambda raw: _excerpt(raw, CARD_CAP)),
        gguf=take("gguf", _excerpt),
        eval_results=take("evalResults", _results),
        inference_providers=take("inferenceProviderMapping", _providers),
        transformers_info=take("transformersInfo", _excerpt),
        spaces=take("spaces", _texts),
        children=take("childrenModelCount", _excerpt),
    )
    extra = fields.extra()
    if extra is None and not fields.odd:
        return info
    return msgspec.structs.replace(info, extra=extra, odd=tuple(fields.odd))


def model_page(value: object) -> tuple[list[ModelInfo], list[str]]:
    """Read a listing page: the models, and what was wrong with rows that are none.

    Raises BadAnswer where the page is not a list.
    """
    if not isinstance(value, list):
        raise BadAnswer("a listing page is a list, not " + type(value).__name__)
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
