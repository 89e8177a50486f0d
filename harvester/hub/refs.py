"""Reads the tags of a repository (docs/hub-protocol.md 5)."""

from harvester.hub.endpoints import API_CAP, Hub, as_json, follow, model_path
from harvester.hub.transport import RequestFailed
from harvester.hub.values import text
from harvester.hub.verdict import judge, missed
from harvester.outcome import Answer, Got, Missed, Outcome


def tags(hub: Hub, repo_id: str) -> Answer[frozenset[str]]:
    """Return the names of a model's tags. Raises HubUnavailable if the token is refused."""
    try:
        response, sent = follow(hub, f"{model_path(repo_id)}/refs", "api", cap=API_CAP, read=as_json)
    except RequestFailed as error:
        return Missed(Outcome.FAILED, error.attempts, error.status, error.error, error.arrived)
    if response.status != 200:
        outcome, why = judge(hub.transport, response, item="manifest")
        return missed(response, outcome, why, sent)
    listed = response.value.get("tags") if isinstance(response.value, dict) else None
    if not isinstance(listed, list):
        return missed(response, Outcome.FAILED, "the answer lists no tags", sent)
    names = (text(one.get("name")) for one in listed if isinstance(one, dict))
    return Got(frozenset(name for name in names if name), sent, response.status, response.arrived)
