"""The assumptions of a harvest about the Hub, each checked with a request or two; ten requests in total.

The checks use the functions of a harvest, so that the doctor reports what a harvest would do.
"""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlsplit

from harvester.clock import Clock
from harvester.doctor.examination import (
    LOG_IN,
    REPORT,
    Examination,
    is_page,
    limited,
    page_of_another,
    refusal,
    unreached,
)
from harvester.doctor.finding import Finding, State
from harvester.doctor.plans import account, quota
from harvester.doctor.recording import REQUESTS, Exchange, record_exchanges
from harvester.errors import HubUnavailable, TokenRefused
from harvester.hub.answers import BadAnswer, ModelInfo
from harvester.hub.budget import NotNow, Stopped
from harvester.hub.documents import document
from harvester.hub.endpoints import Hub, first_page_path, listing_page, model
from harvester.hub.fields import LISTING_FIELDS, MANIFEST_FIELDS
from harvester.hub.ranges import RangedFile
from harvester.hub.shapes import unknown_listing, unknown_manifest
from harvester.hub.transport import RequestFailed
from harvester.hub.verdict import names_the_token
from harvester.outcome import Got, Missed, Outcome

#: Attempts at the listing: more than for the others, because deep pages may time out before they are answered.
LISTING_ATTEMPTS = 4
#: Rows of the test listing: enough to find a model with a config and weights.
ROWS = 100
#: Names that do not exist.
NO_MODEL, NO_FILE = "harvester-doctor/no-such-model", "harvester-doctor/no-such-file.json"
#: Bytes requested from the start of a file, and caps of a document and a pack.
RANGE, DOCUMENT_CAP, PACK_CAP = 100, 1_000_000, 5_000_000
WEIGHTS = (".safetensors", ".gguf", ".bin", ".h5", ".onnx")


Step = Callable[[Examination], Finding]


def examine(hub: Hub, clock: Clock, *, token: bool) -> tuple[list[Finding], Examination]:
    """Try the assumptions one after the other; those behind an unreachable Hub or a refused token are skipped."""
    seen = Examination(hub, record_exchanges(hub, clock), token)
    return list(_examine(seen)), seen


def _examine(seen: Examination) -> Iterator[Finding]:
    for name, step in STEPS:
        if name == "token" and not seen.token:
            continue
        if seen.over:
            yield Finding(check=name, state="skipped", expected="", found=seen.over)
            continue
        mark = len(seen.recorded.exchanges)
        try:
            found = step(seen)
        except TokenRefused as error:
            seen.over = "the Hub refuses the token"
            found = refusal(seen, name, mark, error)
        except HubUnavailable as error:
            seen.over = str(error)
            found = Finding(check=name, state="fails", expected="an answer", found=str(error), then=REPORT, code=3)
        except Stopped:
            found = Finding(check=name, state="skipped", expected="", found=f"{REQUESTS} requests are used up")
        yield limited(seen, found, mark) or found


def _whoami(seen: Examination) -> Finding:
    try:
        response = seen.hub.transport.get("/api/whoami-v2", "api", cap=DOCUMENT_CAP, attempts=2)
    except RequestFailed as error:
        return unreached(seen, "token", "the account that the token belongs to", error)
    if response.status in (401, 403) and names_the_token(response.message):
        raise TokenRefused(response.message)
    finding, names = account(response)
    seen.secret += names
    return finding


def _listing(seen: Examination) -> Finding:
    expected = f"{ROWS} models, oldest first, with {len(LISTING_FIELDS)} fields"
    mark = len(seen.recorded.exchanges)
    path = first_page_path([("sort", "createdAt"), ("direction", "1")], ROWS)
    try:
        page = listing_page(seen.hub, path, attempts=LISTING_ATTEMPTS)
    except RequestFailed as error:
        return unreached(seen, "listing", expected, error)
    except TokenRefused:
        raise
    except (HubUnavailable, BadAnswer) as error:
        last = seen.recorded.exchanges[-1]
        seen.over = "the Hub lists no models"
        page_found, advice = (page_of_another(last), LOG_IN) if is_page(last) else (str(error), REPORT)
        if not is_page(last) and {one.status for one in seen.since(mark)} & {401, 403, 404}:
            advice = ""
        return Finding(check="listing", state="fails", expected=expected, found=page_found, then=advice, code=3)
    rows = page.response.value
    if problem := unknown_listing(rows):
        seen.over = "the listing has an unknown format"
        advice = f"a harvest stops before it writes a row; {REPORT}"
        return Finding(check="listing", state="fails", expected=expected, found=problem, then=advice)
    seen.info = _choose(page.models)
    ids = [model.hub_id for model in page.models]
    order = "oldest first" if ids == sorted(ids) else "newest first" if ids == sorted(ids)[::-1] else "in another order"
    tried = [_fields(exchange.path) for exchange in seen.since(mark)]
    refused = [name for name in tried[0] if name not in tried[-1]]
    named = {name for row in rows for name in row}
    missing = [name for name in tried[-1] if name not in named and name not in _MAY_BE_ABSENT]
    found = [f"{len(rows)} models, {order}"]
    then: list[str] = []
    if order != "oldest first":
        then.append("models created during a run are picked up by the next one")
    if refused:
        found.append(f"{', '.join(refused)} refused")
        then.append("refused fields are left out of the listing")
    if missing:
        found.append(f"without {', '.join(missing)}")
        then.append("missing fields are NULL, or requested per model")
    if len(rows) < 2:
        then.append("too few models to judge")
    state: State = "ok" if order == "oldest first" and not refused and not missing else "differs"
    return Finding(
        check="listing", state=state, expected=expected, found=", ".join(found), then="; ".join(then)
    )  # fmt: skip


def _fields(path: str) -> list[str]:
    """The fields of a request."""
    return [value for name, value in parse_qsl(urlsplit(path).query) if name in ("expand", "expand[]")]


#: Fields that a model need not have (docs/hub-protocol.md 2.3).
_MAY_BE_ABSENT = (
    "baseModels", "evalResults", "inferenceProviderMapping", "library_name", "pipeline_tag", "safetensors",
    "transformersInfo", "config", "gguf",
)  # fmt: skip


def _choose(models: list[ModelInfo]) -> ModelInfo | None:
    """The model to look at: public and open, with a commit, and better with a config and weights."""
    open_ones = [
        model
        for model in models
        if model.private is not True and model.gated in (None, "false") and model.disabled is not True and model.sha
    ]

    def merit(model: ModelInfo) -> tuple[bool, bool]:
        paths = [sibling.path for sibling in model.siblings or ()]
        return "config.json" in paths, any(path.endswith(WEIGHTS) for path in paths)

    return max(open_ones, key=merit, default=None)


def _quota(seen: Examination) -> Finding:
    return quota(seen.hub.transport.budget, seen.token)


def _manifest(seen: Examination) -> Finding:
    expected = "the files of one model at its listed commit, with sizes and ids, in one request"
    if seen.info is None or seen.info.sha is None:
        return Finding(check="manifest", state="skipped", expected=expected, found="no model without gating was listed")
    mark = len(seen.recorded.exchanges)
    answer = model(seen.hub, seen.info.repo_id, seen.info.sha, MANIFEST_FIELDS, blobs=True)
    gone = isinstance(answer, Missed) and answer.revision_gone
    if gone:
        answer = model(seen.hub, seen.info.repo_id, None, MANIFEST_FIELDS, blobs=True)
    if isinstance(answer, Missed):
        problem = _shape_of(seen.since(mark))
        then = f"such models end as {answer.outcome}" if problem is None else "a harvest stops before it writes a row"
        found = problem or _error(answer)
        return Finding(check="manifest", state="fails", expected=expected, found=found, then=f"{then}; {REPORT}")
    manifest = seen.manifest = answer.value
    sizes = sum(file.size is not None for file in manifest.files)
    found = f"{len(manifest.files)} files, {sizes} with sizes, in {answer.attempts} request{_s(answer.attempts)}"
    if gone:
        then = "a model whose listed commit is gone is listed again once"
        found = f"the listed commit is gone, another has {found}"
        return Finding(check="manifest", state="differs", expected=expected, found=found, then=then)
    if manifest.sha != seen.info.sha:
        found += ", of another commit"
        return Finding(check="manifest", state="fails", expected=expected, found=found, then=REPORT)
    if answer.attempts == 1 and sizes == len(manifest.files) and manifest.files:
        return Finding(check="manifest", state="ok", expected=expected, found=found)
    then = "what the answer lacks is read from the tree, with one more request per model"
    if sizes < len(manifest.files) or not manifest.files:
        then = "such manifests count as incomplete and are read again by the next run"
    return Finding(check="manifest", state="differs", expected=expected, found=found, then=then)


def _shape_of(exchanges: list[Exchange]) -> str | None:
    """What is unknown about the answer for one model, if that is what went wrong."""
    from harvester.hub.answers import decode_json

    for exchange in exchanges:
        if exchange.response is not None and exchange.status == 200:
            try:
                return unknown_manifest(decode_json(exchange.response.body))
            except BadAnswer as error:
                return str(error)
    return None


def _document(seen: Examination) -> Finding:
    expected = "a file through the one-hop route, with contents that match its git blob id"
    file = next((file for file in seen.manifest.files if file.path == "config.json"), None) if seen.manifest else None
    if seen.manifest is None or file is None or file.sha256 is not None:
        return Finding(check="document", state="skipped", expected=expected, found="no plain config.json was listed")
    mark = len(seen.recorded.exchanges)
    name = seen.manifest.info.repo_id
    answer = document(seen.hub, name, seen.manifest.sha, file.path, cap=DOCUMENT_CAP, oid=file.oid)
    routes = [f"{one.status or one.error} from {_route(one.path)}" for one in seen.since(mark)]
    if isinstance(answer, Missed):
        found = f"{_error(answer)} ({', '.join(routes)})"
        if answer.outcome is Outcome.ABSENT:
            # The Hub may list a commit that a force push removed; one model proves nothing about the others.
            then = f"such models are listed again once, then their documents count as not served; if many, {REPORT}"
            return Finding(check="document", state="differs", expected=expected, found=found, then=then)
        then = f"documents end as {answer.outcome}"
        return Finding(check="document", state="fails", expected=expected, found=found, then=f"{then}; {REPORT}")
    checked = "matching their id" if file.oid else "without an id to check"
    if len(routes) == 1 and file.oid:
        return Finding(
            check="document", state="ok", expected=expected, found=f"{len(answer.value.data)} bytes, {checked}"
        )
    found = f"{len(answer.value.data)} bytes, {checked} ({', '.join(routes)})"
    then = (
        "documents are read through /resolve/, with two requests each"
        if len(routes) > 1
        else "contents cannot be checked"
    )
    return Finding(check="document", state="differs", expected=expected, found=found, then=then)


def _route(path: str) -> str:
    if path.startswith("/api/resolve-cache/"):
        return "resolve-cache"
    return "resolve" if "/resolve/" in path else "elsewhere"


def _range(seen: Examination) -> Finding:
    expected = f"status 206 and the first {RANGE} bytes of a weights file"
    files = seen.manifest.files if seen.manifest else ()
    file = next((one for one in files if one.path.endswith(WEIGHTS) and (one.size or 0) > RANGE), None)
    if seen.manifest is None or file is None:
        return Finding(check="range", state="skipped", expected=expected, found="no weights were listed")
    ranged = RangedFile(
        seen.hub, seen.manifest.info.repo_id, seen.manifest.sha, file.path, is_lfs=file.sha256 is not None
    )
    answer = ranged.read(0, RANGE - 1)
    if isinstance(answer, Missed):
        then = f"weight headers end as {answer.outcome}; files and configs are not affected"
        return Finding(check="range", state="differs", expected=expected, found=_error(answer), then=then)
    found = f"{len(answer.value)} bytes of {ranged.size or 'an unknown number'}, status {answer.status}"
    good = answer.status == 206 and len(answer.value) == RANGE and ranged.size == file.size
    then = "" if good else "such headers end as failed"
    return Finding(check="range", state="ok" if good else "differs", expected=expected, found=found, then=then)


def _missing_model(seen: Examination) -> Finding:
    expected = "404 RepoNotFound for a missing model" if seen.token else "401 for a missing model"
    answer = model(seen.hub, NO_MODEL, None, ("sha",), blobs=False)
    if isinstance(answer, Got):
        then = f"deleted models would not be noticed; {REPORT}"
        return Finding(check="missing model", state="fails", expected=expected, found="a model", then=then)
    if answer.outcome is Outcome.PRIVATE_OR_DELETED:
        usual = answer.status == (404 if seen.token else 401)
        then = "" if usual else "it counts as private or deleted anyway"
        state: State = "ok" if usual else "differs"
        return Finding(check="missing model", state=state, expected=expected, found=_error(answer), then=then)
    then = f"deleted models end as {answer.outcome} and get no tombstone"
    return Finding(check="missing model", state="differs", expected=expected, found=_error(answer), then=then)


def _missing_file(seen: Examination) -> Finding:
    expected = "404 EntryNotFound for a missing file"
    if seen.manifest is None:
        return Finding(check="missing file", state="skipped", expected=expected, found="no manifest was read")
    mark = len(seen.recorded.exchanges)
    answer = document(seen.hub, seen.manifest.info.repo_id, seen.manifest.sha, NO_FILE, cap=DOCUMENT_CAP)
    if isinstance(answer, Got):
        then = f"documents cannot be trusted; {REPORT}"
        return Finding(check="missing file", state="fails", expected=expected, found="a file", then=then)
    codes = [one.response.error_code for one in seen.since(mark) if one.response is not None]
    if answer.outcome is Outcome.ABSENT and "EntryNotFound" in codes:
        return Finding(check="missing file", state="ok", expected=expected, found=_error(answer))
    then = f"a missing file ends as {answer.outcome}"
    return Finding(check="missing file", state="differs", expected=expected, found=_error(answer), then=then)


def _git(seen: Examination) -> Finding:
    expected = "the history of one model, in one git request for its commit id"
    if seen.manifest is None:
        return Finding(check="git", state="skipped", expected=expected, found="no manifest was read")
    from harvester.hub.git import NO_FILES, read_pack

    mark = len(seen.recorded.exchanges)
    try:
        answer = read_pack(seen.hub, seen.manifest.info.repo_id, seen.manifest.sha, filter_spec=NO_FILES, cap=PACK_CAP)
    except NotNow:
        found, then = "the quota for git is used up", "histories are read through the API until the next window"
        return Finding(check="git", state="differs", expected=expected, found=found, then=then)
    sent = len(seen.since(mark))
    if isinstance(answer, Missed):
        then = "histories are read through the API, with one request per commit"
        return Finding(check="git", state="differs", expected=expected, found=_error(answer), then=then)
    found = f"a pack of {len(answer.value.data):,} bytes in {sent} request{_s(sent)}"
    if answer.value.head != seen.manifest.sha:
        found += ", of another commit"
    if sent == 1:
        return Finding(check="git", state="ok", expected=expected, found=found)
    return Finding(check="git", state="differs", expected=expected, found=found, then="three requests per model")


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _error(missed: Missed) -> str:
    status = f"status {missed.status}: " if missed.status else ""
    return f"{status}{missed.error}"[:300]


#: The checks in order; the least important come last, when the ten requests may be used up.
STEPS: tuple[tuple[str, Step], ...] = (
    ("token", _whoami),
    ("listing", _listing),
    ("quota", _quota),
    ("manifest", _manifest),
    ("document", _document),
    ("missing model", _missing_model),
    ("missing file", _missing_file),
    ("range", _range),
    ("git", _git),
)
