"""Who sends a request and which repo they may see: names, redirects, gates and tokens (docs/hub-protocol.md 3.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from samplehub.messages import Refusal, Request, bad_token, disabled, gated, repo_not_found
from samplehub.settings import Token
from samplehub.world import Moved, Repo, World


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request: a token's owner, or an address."""

    key: str
    token: Token | None

    @property
    def authorized(self) -> bool:
        """Whether a valid token came along."""
        return self.token is not None

    def may_read(self, repo: Repo) -> bool:
        """Whether a gated or private repo is open to this caller."""
        return self.token is not None and self.token.may_read(repo.facts.repo_id)

    def waits_for(self, repo: Repo) -> bool:
        """Whether access was requested but not yet granted."""
        return self.token is not None and repo.facts.repo_id in self.token.pending


def identify(request: Request, tokens: Mapping[str, Token] | None) -> Caller:
    """The caller of a request; without a list of tokens every token is valid, without grants.

    Raises ``Refusal`` (401) for an unknown token.
    """
    value = request.token
    if value is None:
        return Caller(f"address {request.client}", None)
    token = Token(value) if tokens is None else tokens.get(value)
    if token is None:
        raise bad_token()
    return Caller(f"token {value}", token)


@dataclass(frozen=True, slots=True)
class Target:
    """A requested repo, and the parts of the path after its name."""

    repo: Repo
    rest: tuple[str, ...]
    #: parts of the path that the name took, 1 or 2
    name_parts: int
    moved: bool


def locate(world: World, parts: Sequence[str], caller: Caller) -> Target:
    """The repo at the beginning of a path: ``org/name``, or a legacy name without an owner.

    Raises ``Refusal`` if there is none that the caller may see.
    """
    for length in (2, 1):
        if len(parts) < length or not all(parts[:length]):
            continue
        found = world.find("/".join(parts[:length]))
        moved = isinstance(found, Moved)
        for _ in range(8):
            if not isinstance(found, Moved):
                break
            found = world.find(found.repo_id)
        if isinstance(found, Repo) and (not found.facts.private or caller.may_read(found)):
            return Target(found, tuple(parts[length:]), length, moved)
    raise repo_not_found(caller.authorized)


def redirect_to_canonical(target: Target, request: Request, prefix: int) -> Refusal | None:
    """A 307 to the same path with the repo's current name, after ``prefix`` parts of the path."""
    if not target.moved:
        return None
    raw = request.path.split("/")
    place = 1 + prefix
    renamed = raw[:place] + quote(target.repo.facts.repo_id).split("/") + raw[place + target.name_parts :]
    location = "/".join(renamed) + (f"?{request.query}" if request.query else "")
    return Refusal(307, f"Temporary Redirect. Redirecting to {location}", headers=(("Location", location),))


def open_files(repo: Repo, caller: Caller) -> None:
    """Let the caller at the files of a repo.

    Raises ``Refusal`` for a disabled repo, or a gated one that is not open to this caller.
    """
    if repo.facts.disabled:
        raise disabled()
    check_gate(repo, caller)


def check_gate(repo: Repo, caller: Caller) -> None:
    """Raises ``Refusal`` for a gated repo that is not open to this caller."""
    if repo.facts.gated and not caller.may_read(repo):
        raise gated(repo.facts.repo_id, caller.authorized, caller.waits_for(repo))
