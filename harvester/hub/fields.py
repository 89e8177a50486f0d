"""Which fields are requested from which endpoint, and what an endpoint's refusal (HTTP 400) says about them.

Takes a refused request and its answer, and returns the same request without the refused fields. An endpoint that
refuses one field refuses the whole request, so a refusal must be understood before anything else is sent.
"""

import html
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

from harvester.hub.transport import RequestFailed, Response

#: Light fields of a listing: never cardData, and gguf only where no manifest will be read (both are large).
#: usedStorage and childrenModelCount are legal for one model only (docs/hub-protocol.md 2.1).
LISTING_FIELDS = (
    "author", "baseModels", "config", "createdAt", "disabled", "downloads", "downloadsAllTime", "evalResults", "gated",
    "inferenceProviderMapping", "lastModified", "library_name", "likes", "pipeline_tag", "private", "safetensors",
    "sha", "siblings", "tags", "transformersInfo", "trendingScore",
)  # fmt: skip
#: Also requested by a listing if no manifest will be read: kilobytes per row.
INSTEAD_OF_MANIFEST = ("gguf",)
#: What a manifest includes beside the files, at no further request.
MANIFEST_FIELDS = ("sha", "siblings", "cardData", "childrenModelCount", "gguf", "spaces", "usedStorage")
#: All fields, for a request for one model instead of a listing.
SINGLE_FIELDS = (*LISTING_FIELDS, *(name for name in MANIFEST_FIELDS if name not in LISTING_FIELDS))
#: Fields to drop, one at a time, where a refusal cannot be read: the known suspects (docs/hub-protocol.md 2.1), then
#: those that a Hub is least likely to know. A harvest without any other field would be wrong.
SUSPECTS = (
    "usedStorage", "childrenModelCount", "baseModels", "evalResults", "inferenceProviderMapping", "transformersInfo",
    "spaces", "gguf", "downloadsAllTime", "trendingScore", "safetensors",
)  # fmt: skip
#: Means all fields: the endpoint accepts only a plain request.
ALL = "*"
#: How long a refusal counts before the field is tried again: Hubs add fields (baseModels in 2025).
REMEMBERED = timedelta(days=30)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}(?:\.[A-Za-z_][A-Za-z0-9_-]{0,99})*")
_QUOTES = "\"'`“”‘’"
_BETWEEN = re.compile(rf"[\s{_QUOTES}]*[,|/\n][\s{_QUOTES},|*•-]*")
_INDEX = re.compile(r"expand\W{1,5}(\d{1,3})\b")


@dataclass(slots=True)
class Refusals:
    """The fields that each endpoint (``listing``, ``model``) refuses, with the time each was learned."""

    learned: dict[str, dict[str, datetime]] = field(default_factory=dict)
    #: endpoints that accepted all remaining fields
    worked: set[str] = field(default_factory=set)
    #: held while a refusal is handled, so that not every worker receives it
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, endpoint: str) -> frozenset[str]:
        """Return the fields that an endpoint refuses."""
        return frozenset(self.learned.get(endpoint, ()))

    def add(self, endpoint: str, names: frozenset[str], now: datetime) -> None:
        """Remember refused fields."""
        known = self.learned.get(endpoint, {})
        self.learned = {**self.learned, endpoint: {**dict.fromkeys(names, now), **known}}
        self.worked.discard(endpoint)

    def recall(self, saved: Mapping[str, Mapping[str, datetime]], now: datetime) -> None:
        """Take over what an earlier run learned, unless it is too old."""
        self.learned = {
            endpoint: {name: at for name, at in names.items() if now - at < REMEMBERED}
            for endpoint, names in saved.items()
        }


def fields_in(path: str) -> list[str]:
    """Return the fields of a request, in order."""
    return [value for name, value in parse_qsl(urlsplit(path).query) if name in ("expand", "expand[]")]


def without(path: str, refused: frozenset[str]) -> str:
    """Return a request without some fields; everything else stays the same."""
    named = fields_in(path)
    if not (refused & {*named, ALL} if named else None):
        return path
    parts = urlsplit(path)
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name not in ("expand", "expand[]") or not (value in refused or ALL in refused)
    ]
    return parts.path + ("?" + urlencode(kept) if kept else "")


def send_legal(
    refusals: Refusals, endpoint: str, path: str, send: Callable[[str, bool], tuple[Response, int]]
) -> tuple[Response, int]:
    """Send a request, after a refusal without the refused fields; return the last answer and the number of requests.

    ``send`` takes the path and whether it is the first attempt. Fields named in the Hub's text are remembered at once,
    others when trying has found them. Raises what ``send`` raises.
    """
    sent = 0

    def sending(names: frozenset[str]) -> Response:
        nonlocal sent
        try:
            answer, attempts = send(without(path, names), sent == 0)
        except RequestFailed as error:
            error.attempts += sent
            raise
        sent += attempts
        return answer

    left_out = refusals.of(endpoint)
    response = sending(left_out)
    if response.status != 400 or not fields_in(without(path, left_out)):
        if response.status == 200:
            refusals.worked.add(endpoint)
        return response, sent
    with refusals.lock:
        if refusals.of(endpoint) != left_out:
            # Another worker received the same refusal.
            left_out = refusals.of(endpoint)
            response = sending(left_out)
        while response.status == 400:
            requested = [name for name in fields_in(path) if name not in left_out]
            named = refused_by(response, requested)
            if not named:
                break
            refusals.add(endpoint, named, response.arrived)
            left_out = refusals.of(endpoint)
            response = sending(left_out)
        # If other models were read with these fields, the refusal concerns only this model.
        tried = endpoint == "model" and endpoint in refusals.worked
        if response.status == 400 and not tried and not about_something_else(response):
            for trial in trials(endpoint, requested):
                answer = sending(left_out | trial)
                if answer.status != 400:
                    refusals.add(endpoint, trial, answer.arrived)
                    response = answer
                    break
        if response.status == 200:
            refusals.worked.add(endpoint)
    return response, sent


def trials(endpoint: str, requested: Sequence[str]) -> Iterator[frozenset[str]]:
    """Yield the fields to drop if a refusal names none: one suspect, then more and more of them.

    One model can be read without naming fields at all, as a last resort. A listing cannot: its plain rows lack the
    commit.
    """
    suspects = [name for name in SUSPECTS if name in requested]
    yield from (frozenset({name}) for name in suspects)
    yield from (frozenset(suspects[:count]) for count in range(2, len(suspects) + 1))
    if endpoint == "model":
        yield frozenset({ALL})


def _texts(response: Response) -> list[str]:
    """Return the texts of a refusal: its JSON strings, its raw body, its header."""
    body = response.body.decode("utf-8", "replace")
    found = []
    try:
        value = json.loads(body)
        found += [text for text in (value.values() if isinstance(value, dict) else ()) if isinstance(text, str)]
    except (ValueError, RecursionError):
        pass
    found += [body.replace('\\"', '"').replace("\\n", "\n"), response.headers.get("x-error-message", "")]
    return [html.unescape(text) for text in found if text]


def about_something_else(response: Response) -> bool:
    """Whether a refusal lists what is legal for another parameter than ``expand``."""
    texts = _texts(response)
    lists = any(len(run) > 2 for text in texts for run in _lists(text))
    return lists and not any("expand" in text for text in texts)


def refused_by(response: Response, requested: Sequence[str]) -> frozenset[str]:
    """Return which of the requested fields a refusal is about; empty where its text does not say.

    The text lists the legal fields, gives the position of the wrong one, or names it (docs/hub-protocol.md 2.1). A list
    with less than half of the fields is cut, or is about another parameter, and is ignored.
    """
    wanted = frozenset(requested)
    texts = _texts(response)
    for text in texts:
        lists = [wanted.intersection(run) for run in _lists(text)]
        partial = [legal for legal in lists if legal != wanted and 2 * len(legal) >= len(wanted)]
        if partial:
            return wanted - max(partial, key=len)
    for text in texts:
        places = {int(place) for place in _INDEX.findall(text)}
        found = frozenset(requested[place] for place in places if place < len(requested))
        if found and 2 * len(found) <= len(wanted):
            return found
    for text in texts:
        listed = {name for run in _lists(text) if len(run) > 2 for name in run}
        found = frozenset(_mentioned(text)) & wanted - listed
        if found and 2 * len(found) <= len(wanted):
            return found
    return frozenset()


def _lists(text: str) -> Iterator[list[str]]:
    """Yield the lists of names in a text, in whatever way they are quoted and separated."""
    run: list[str] = []
    end, was_quoted = 0, False
    for match in _NAME.finditer(text):
        name, start = match[0], match.start()
        if name in ("or", "and") and run and not text[start - 1 : start].strip(" \t\n,|"):
            # The last item of a list in prose.
            text = text[:start] + "," * len(name) + text[match.end() :]
            continue
        quoted = start > 0 and text[start - 1] in _QUOTES
        if run and (quoted != was_quoted or not _BETWEEN.fullmatch(text, end, start)):
            yield run
            run = []
        run.append(name)
        end, was_quoted = match.end(), quoted
    if run:
        yield run


def _mentioned(text: str) -> Iterator[str]:
    """Yield words of a text that must be field names: quoted, or with a capital or underscore inside."""
    for match in _NAME.finditer(text):
        name, start = match[0], match.start()
        if "_" in name or name[1:] != name[1:].lower() or (start > 0 and text[start - 1] in _QUOTES):
            yield name
