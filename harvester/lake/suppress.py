"""What was purged and must not be harvested again: salted digests in one file of the lake, no names."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from harvester.errors import UsageError
from harvester.lake.store import Store

#: The file, as the store names it.
NAME = "lake/suppressed.json"


class _Stored(msgspec.Struct, frozen=True):
    salt: str
    digests: tuple[str, ...] = ()
    version: int = 1


@dataclass(frozen=True, slots=True)
class Suppressions:
    """SHA-256 digests of hub_ids, names and authors, salted so that a list of names does not reveal them at once."""

    store: Store
    salt: str
    digests: frozenset[str] = frozenset()

    @classmethod
    def load(cls, store: Store) -> "Suppressions":
        """Read the file; without one nothing is excluded.

        Raises UsageError if it is damaged: no harvest may run then.
        """
        try:
            data = store.read(NAME)
            if data is None:
                return cls(store, secrets.token_hex(16))
            stored = msgspec.json.decode(data, type=_Stored)
        except (msgspec.DecodeError, OSError) as error:
            raise UsageError(f"cannot read {NAME} ({error}), which records what was purged; restore it") from None
        return cls(store, stored.salt, frozenset(stored.digests))

    def hides(self, hub_id: str | None, repo_id: str | None) -> bool:
        """Whether this model was purged: by its id, its name, or its author."""
        if not self.digests:
            return False
        candidates = [] if hub_id is None else [("hub_id", hub_id)]
        if repo_id is not None:
            candidates.append(("name", repo_id))
            if "/" in repo_id:
                candidates.append(("author", repo_id.partition("/")[0]))
        return any(self._digest(*one) in self.digests for one in candidates)

    def add(self, hub_ids: Iterable[str], names: Iterable[str] = (), authors: Iterable[str] = ()) -> "Suppressions":
        """Write the file with more hidden; return the new state. Raises LocalError, Conflict."""
        more = [("hub_id", one) for one in hub_ids] + [("name", one) for one in names]
        more += [("author", one) for one in authors]
        digests = self.digests | {self._digest(*one) for one in more}
        stored = _Stored(self.salt, tuple(sorted(digests)))
        self.store.replace(NAME, msgspec.json.format(msgspec.json.encode(stored), indent=1))
        return Suppressions(self.store, self.salt, digests)

    def _digest(self, kind: str, value: str) -> str:
        # The Hub takes any spelling of a name for the same one.
        return hashlib.sha256(f"{self.salt}:{kind}:{value.lower()}".encode()).hexdigest()
