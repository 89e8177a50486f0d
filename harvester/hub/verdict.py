"""What an answer that is not the wanted one means: an outcome of the item, or a token that the Hub refuses.

In goes a `Response`, out comes an outcome with its reason. A refused token is never an outcome: it ends the run.
"""

import re

from harvester.errors import TokenRefused
from harvester.hub.transport import ERROR_CAP, RequestFailed, Response, Transport
from harvester.outcome import Missed, Outcome

#: Refusals that concern the token, not the model (docs/hub-protocol.md 3.1).
_OF_THE_TOKEN = re.compile(
    r"authorization header|user access token"
    r"|\btoken\b.{0,120}\b(expired|revoked|invalid|malformed|disabled|not valid)\b"
    r"|\b(expired|revoked|invalid|malformed|bad)\b.{0,40}\b(token|credentials)\b",
    re.IGNORECASE,
)
#: Answers whether a token is valid; some mirrors pass it on.
WHOAMI = "/api/whoami-v2"
#: The Hub's answer without a token for a missing or private model, and to some bad tokens.
_ANONYMOUS = re.compile(r"invalid username or password", re.IGNORECASE)


def names_the_token(message: str) -> bool:
    """Whether a refusal is about the token by its own words."""
    return _OF_THE_TOKEN.search(message) is not None


def missed(response: Response, outcome: Outcome, error: str = "", attempts: int | None = None) -> Missed:
    """Return what an answer that is not the wanted one comes to."""
    gone = response.error_code == "RevisionNotFound"
    sent, text = attempts or response.attempts, error or response.message
    return Missed(outcome, sent, response.status, text, response.arrived, revision_gone=gone)


def judge(transport: Transport, response: Response, *, item: str) -> tuple[Outcome, str]:
    """Return what a refusal means (docs/hub-protocol.md 3.1), and its text. ``item`` is an item of the fetch log.

    Raises TokenRefused if the token itself is refused.
    """
    status, code, message = response.status, response.error_code, transport.redacted(response.message)
    lowered = message.lower()
    with_token = transport.authorized and transport.address.holds(response.url)
    if code != "GatedRepo" and _token_refused(transport, response, message, with_token):
        said = f" ({message})" if message else ""
        whose = "the token (HF_TOKEN)" if with_token else "credentials that harvester did not send"
        raise TokenRefused(
            f"the Hub refuses {whose}{said}; replace or unset it and run the same command again: it resumes"
        )
    if code == "GatedRepo":
        return Outcome.GATED, message
    if code in ("EntryNotFound", "RevisionNotFound"):
        return Outcome.ABSENT, message
    if status in (401, 404) and (code == "RepoNotFound" or status == 401):
        return Outcome.PRIVATE_OR_DELETED, message
    if status == 451 or (status == 403 and "disabled" in lowered):
        return Outcome.DISABLED, message
    if status == 403 and with_token and "gated" in lowered:
        return Outcome.GATED, message
    if status in (404, 410):
        return (Outcome.ABSENT if item == "document" else Outcome.PRIVATE_OR_DELETED), message
    return Outcome.FAILED, f"HTTP {status}: {message}"


def _token_refused(transport: Transport, response: Response, message: str, with_token: bool) -> bool:
    """Whether an answer is about the token: any 401 if one was sent, since a missing model is a 404 then.

    A mirror that does not pass the token on answers for a missing model like the Hub without a token, and some always
    answer 401 RepoNotFound. So for a mirror the same is requested without the token, then something that was answered
    before with it, or whose token it is.
    """
    if response.status == 403:
        return with_token and names_the_token(message)
    if response.status != 401:
        return False
    of_the_token = names_the_token(message)
    of_the_model = response.error_code == "RepoNotFound" and not of_the_token
    if not with_token or not (of_the_model or _ANONYMOUS.search(message)):
        return with_token or of_the_token
    # What was sent by POST has a twin that is read by GET.
    same = response.url.replace("/git-upload-pack", "/info/refs?service=git-upload-pack").replace(
        "/paths-info/", "/tree/"
    )
    try:
        if transport.get(same, "api", cap=ERROR_CAP, attempts=1, anonymous=True).status < 400:
            return True
        if (known := transport.answered) is None:
            return transport.get(WHOAMI, "api", cap=ERROR_CAP, attempts=1).status != 200
        return transport.get(known, "api", cap=ERROR_CAP, attempts=1).status == 401
    except RequestFailed:
        return True
