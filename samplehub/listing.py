"""``GET /api/models``: which repos, in which order, from which cursor on (docs/hub-protocol.md 2.1, 2.2)."""

import base64
import binascii
import json
from collections.abc import Callable
from urllib.parse import quote

from samplehub.messages import Refusal, Reply, Request, json_reply
from samplehub.settings import Settings
from samplehub.views import FULL_LISTING, LISTING_OPTIONS, PLAIN, Seen, expanded, view
from samplehub.world import SORT_KEYS, After, Json, Order, Repo, SortKey, World, sort_value

Test = Callable[[Repo], bool]


def list_models(world: World, request: Request, settings: Settings, origin: str) -> Reply:
    """One page of the listing with its ``Link``.

    Raises ``Refusal`` (400) for an unknown ``expand`` or ``sort``, or an invalid cursor.
    """
    order = _order(request, settings)
    tests = _tests(request)
    names = _names(request)
    limit = min(max(1, request.number_of("limit") or settings.listing_cap), settings.listing_cap)
    skip = min(request.number_of("skip") or 0, settings.skip_cap)
    cursor = request.one("cursor")
    rows: list[Json] = []
    last: Repo | None = None
    more = False
    looked_at = 0
    for repo in world.walk(order, decode_cursor(cursor, order) if cursor else None):
        if len(rows) == limit or looked_at >= settings.scan_limit:
            # one row more than the page, so that the last page has no link
            more = True
            break
        looked_at += 1
        last = repo
        if repo.facts.private or not all(test(repo) for test in tests):
            continue
        if skip:
            skip -= 1
            continue
        rows.append(view(Seen(repo, None, siblings_cap=settings.siblings_cap), names))
    if not more or last is None:
        return json_reply(rows)
    return json_reply(rows, headers=(("Link", _link(request, encode_cursor(last, order), origin)),))


def _order(request: Request, settings: Settings) -> Order:
    requested = request.one("sort") or settings.default_sort
    key: SortKey | None = next((known for known in SORT_KEYS if known == requested), None)
    if key is None:
        raise Refusal(400, f'"sort" must be one of [{", ".join(SORT_KEYS)}]')
    ascending = request.one("direction") == "1"
    if ascending and key != "createdAt" and settings.ascending == "refused":
        raise Refusal(400, f'"direction" must be -1 when "sort" is {key}')
    honoured = settings.ascending == "honoured" or (key == "createdAt" and settings.honour_direction)
    return Order(key, not (ascending and honoured))


def _names(request: Request) -> tuple[str, ...]:
    if expand := request.all("expand"):
        return expanded(expand, LISTING_OPTIONS)
    names = FULL_LISTING if request.flag("full") else PLAIN
    extra = tuple(name for name in ("config", "cardData") if request.flag(name))
    return names + extra


def _tests(request: Request) -> list[Test]:
    """The filters of a request; a row must match all of them."""
    tests: list[Test] = []
    for value in request.all("filter"):
        tests += [_tagged(tag) for tag in value.split(",") if tag]
    for value in request.all("search"):
        tests.append(_named(value.lower()))
    if author := request.one("author"):
        tests.append(lambda repo: repo.author == author)
    if task := request.one("pipeline_tag"):
        tests.append(lambda repo: repo.facts.pipeline_tag == task)
    if apps := [name for value in request.all("apps") for name in value.split(",") if name]:
        tests.append(lambda repo: any(_opens(app, repo) for app in apps))
    if providers := {name for value in request.all("inference_provider") for name in value.split(",") if name}:
        tests.append(lambda repo: bool(repo.facts.providers) and ("all" in providers or _served(repo, providers)))
    if request.one("inference") == "warm":
        tests.append(lambda repo: bool(repo.facts.providers))
    if (gated := request.one("gated")) is not None:
        tests.append(lambda repo: bool(repo.facts.gated) == (gated.lower() in ("true", "1")))
    return tests


#: programs of the Hub's "use this model" menu that open GGUF files; the others take what transformers takes
GGUF_APPS = ("docker-model-runner", "jan", "koboldcpp", "llama.cpp", "lmstudio", "node-llama-cpp", "ollama", "unsloth")


def _opens(app: str, repo: Repo) -> bool:
    """Whether a program of the "use this model" menu can open a repo."""
    return ("gguf" if app in GGUF_APPS else "text-generation-inference") in repo.words.tags


def _served(repo: Repo, providers: set[str]) -> bool:
    return not providers.isdisjoint(repo.facts.providers)


def _named(part: str) -> Test:
    return lambda repo: part in repo.facts.repo_id.lower()


def _tagged(tag: str) -> Test:
    return lambda repo: tag in repo.words.tags or tag in (repo.words.library_name, repo.facts.pipeline_tag)


def encode_cursor(repo: Repo, order: Order) -> str:
    """The position behind ``repo`` as the Hub writes it: a keyset predicate in base64."""
    beyond = "$lt" if order.descending else "$gt"
    value, hub_id = sort_value(repo, order.key), repo.facts.hub_id
    predicate: Json
    if order.key == "createdAt":
        predicate = {"_id": {beyond: hub_id}}
    else:
        ties: Json = {order.key: value, "_id": {"$gt": hub_id}}
        predicate = {"$or": [ties, {order.key: {beyond: value}}, {order.key: None}]}
    return base64.b64encode(json.dumps(predicate, separators=(",", ":")).encode()).decode()


def decode_cursor(cursor: str, order: Order) -> After:
    """The position of a cursor, also of one built by hand for a date.

    Raises ``Refusal`` (400) if it is not a cursor of this order.
    """
    try:
        predicate = json.loads(base64.b64decode(cursor, validate=True))
        if order.key == "createdAt":
            (hub_id,) = predicate["_id"].values()
            return After(None, str(hub_id))
        ties = predicate["$or"][0]
        return After(ties[order.key], str(ties["_id"]["$gt"]))
    except (binascii.Error, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise Refusal(400, "Invalid cursor") from None


def _link(request: Request, cursor: str, origin: str) -> str:
    """The absolute next link: every parameter as it was sent, but for the cursor."""
    kept = [part for part in request.query.split("&") if part and part.partition("=")[0] != "cursor"]
    query = "&".join([*kept, f"cursor={quote(cursor, safe='')}"])
    return f'<{origin}{request.path}?{query}>; rel="next"'
