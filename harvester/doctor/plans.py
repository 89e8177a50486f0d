"""The account behind a token, and the plan whose quota is announced (docs/hub-protocol.md 1.1)."""

from harvester.doctor.finding import Finding
from harvester.hub.answers import BadAnswer, decode_json
from harvester.hub.budget import UNANNOUNCED_PACE, Budget
from harvester.hub.transport import Response

#: Requests in a window of 5 minutes that the Hub announces in `api`, and the plans that have them (September 2025).
PLANS = {
    500: "anonymous",
    1_000: "free account",
    2_500: "PRO",
    3_000: "Team or Academia",
    6_000: "Enterprise",
    10_000: "Enterprise Plus",
    100_000: "Enterprise Plus with higher limits",
}
_LIVING = "a valid token"


def refused_token(check: str, response: Response) -> Finding:
    """Return the finding if the Hub refuses the token: expired, revoked or malformed."""
    then = "replace or unset HF_TOKEN, then run again: an unfinished run resumes"
    found = f"status {response.status}: {response.message}"
    return Finding(check=check, state="fails", expected=_LIVING, found=found, then=then, code=3)


def account(response: Response) -> tuple[Finding, list[str]]:
    """Check the answer of whoami; return the finding, and names in it that must not appear in a report."""
    try:
        value = decode_json(response.body) if response.status == 200 else None
    except BadAnswer:
        value = None
    if not isinstance(value, dict):
        found = f"status {response.status} without an account"
        then = "the token is sent anyway; a mirror may not support accounts"
        return Finding(check="token", state="differs", expected=_LIVING, found=found, then=then), []
    orgs = [org for org in value.get("orgs") or () if isinstance(org, dict)]
    names = [str(value.get(key)) for key in ("name", "fullname", "email") if value.get(key)]
    names += [str(org[key]) for org in orgs for key in ("name", "fullname") if org.get(key)]
    kind = "PRO" if value.get("isPro") else value.get("type") or "account"
    found = f"{names[0] if names else 'an account'} ({kind}, {len(orgs)} organisation{'' if len(orgs) == 1 else 's'})"
    return Finding(check="token", state="ok", expected=_LIVING, found=found), names


def quota(budget: Budget, token: bool) -> Finding:
    """Check which quotas were announced, and whether they are those of a token."""
    expected = f"RateLimit headers with the quota of {'an account' if token else 'anonymous callers'}"
    window = budget.window("api")
    if not window.announced:
        pace = 1 / UNANNOUNCED_PACE["api"]
        then = f"requests are limited to {pace * 60:.0f} per minute (api)"
        return Finding(check="quota", state="differs", expected=expected, found="none", then=then)
    plan = PLANS.get(window.quota, "an unknown plan")
    found = f"{window.quota:,} api requests in {window.length:.0f} s ({plan}), {window.remaining:,} left"
    if token and window.quota <= 500:
        then = "the token has no effect: is it sent (--send-token), and to the right Hub?"
        return Finding(check="quota", state="differs", expected=expected, found=found, then=then)
    return Finding(check="quota", state="ok", expected=expected, found=found)
