"""What is known while the Hub is checked, and what may prevent it: a proxy, a limit, a refused token."""

import os
from dataclasses import dataclass, field, replace

from harvester.doctor.finding import Finding
from harvester.doctor.plans import refused_token
from harvester.doctor.recording import Exchange, RecordingTransport
from harvester.errors import TokenRefused
from harvester.hub.answers import ModelInfo
from harvester.hub.endpoints import Hub, Manifest
from harvester.hub.transport import RequestFailed

#: Environment variables that redirect requests.
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
REPORT = "attach --report FILE to an issue"
#: What to do about a page of something else than the Hub.
LOG_IN = "a proxy or a captive portal answers instead of the Hub: log in to it, or see HTTPS_PROXY, NO_PROXY and --hub"


@dataclass(slots=True)
class Examination:
    """What is known so far: the model that is looked at, and its files."""

    hub: Hub
    recorded: RecordingTransport
    #: whether a token is sent
    token: bool
    info: ModelInfo | None = None
    manifest: Manifest | None = None
    #: why no more requests are sent
    over: str = ""
    #: names that must not appear in a report
    secret: list[str] = field(default_factory=list)

    def since(self, mark: int) -> list[Exchange]:
        """The exchanges after the first ``mark``."""
        return self.recorded.exchanges[mark:]


def refusal(seen: Examination, check: str, mark: int, error: TokenRefused) -> Finding:
    """Return the finding if a harvest would blame the token for an answer."""
    refusals = [one.response for one in seen.since(mark) if one.response is not None and one.status in (401, 403)]
    if seen.token and refusals:
        return refused_token(check, refusals[0])
    return Finding(check=check, state="fails", expected="an answer", found=str(error), then=REPORT, code=3)


def limited(seen: Examination, found: Finding, mark: int) -> Finding | None:
    """Return the finding if a check failed only because of a limit: a harvest waits for the window."""
    last = seen.since(mark)[-1:]
    if found.state == "ok" or not last or last[0].status != 429:
        return None
    then = "a harvest waits for the next window, at most 5 minutes; run the doctor again after that"
    return replace(found, state="differs", found=last[0].error, then=then)


def is_page(exchange: Exchange) -> bool:
    """Whether an answer is a web page or a redirect to one, as proxies and captive portals give."""
    response = exchange.response
    if response is None:
        return False
    kind = response.headers.get("content-type", "")
    return response.body.lstrip()[:1] == b"<" or kind.startswith("text/html") or 300 <= response.status < 400


def page_of_another(exchange: Exchange) -> str:
    """Describe an answer that `is_page`."""
    response = exchange.response
    assert response is not None
    where = f" to {response.headers['location'][:80]}" if "location" in response.headers else ""
    kind = f"a redirect{where}" if 300 <= response.status < 400 else "a web page"
    return f"status {response.status} with {kind}, which does not come from the Hub"


def unreached(seen: Examination, check: str, expected: str, error: RequestFailed) -> Finding:
    """Return the finding if the first requests get no answer from the Hub."""
    last = seen.recorded.exchanges[-1]
    if is_page(last) and not (last.status or 0) >= 500:
        seen.over = "something else answers instead of the Hub"
        found, then = page_of_another(last), LOG_IN
    elif error.status == 429:
        seen.over, found, then = "the Hub limits requests", error.error, ""
    elif error.status:
        seen.over = "the Hub has a problem"
        found, then = error.error, "a harvest tries each request six times, and waits while the Hub is down"
    else:
        seen.over = "the Hub cannot be reached"
        proxies = ", ".join(name for name in PROXIES if os.environ.get(name) or os.environ.get(name.lower()))
        found = f"no answer: {error.error}"
        then = (
            f"check the address (--hub, HF_ENDPOINT), the network{f' and {proxies}, which is set' if proxies else ''}"
        )
    return Finding(check=check, state="fails", expected=expected, found=found, then=then, code=3)
