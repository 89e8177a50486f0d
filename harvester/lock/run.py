"""Opens what locked models are compared with, a Hub or a harvest, and locks or checks them there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from harvester import defaults
from harvester.clock import Clock, SimulatedClock, SystemClock
from harvester.errors import HarvesterError, UsageError
from harvester.extract.failure import extractor_error
from harvester.hub.budget import Stopped
from harvester.hub.connect import HubSettings, check_endpoint, close_hub, default_endpoint, open_hub, token_for
from harvester.lock.build import Unread, entry
from harvester.lock.checking import Checked, check_models
from harvester.lock.entry import Model
from harvester.lock.hub_reader import HubReader
from harvester.lock.loading import Loadable, loads_with
from harvester.lock.snapshot import Reader, Snapshot
from harvester.lock.threads import in_threads
from harvester.outcome import Missed, Outcome
from harvester.terminal import say

#: Seconds after which a check ends because the Hub went down: it is repeated tomorrow, and keeps a CI job waiting.
LONGEST_OUTAGE = 45.0


@contextmanager
def opened_hub(hub: str | None, *, day: int | None = None, send_token: bool = False) -> Iterator[HubReader]:
    """Open a Hub: a URL, None (HF_ENDPOINT or huggingface.co), or `sample`, which is served meanwhile at its ``day``.

    Raises UsageError.
    """
    if hub == "sample":
        from harvester.sample import served

        with served(day or 0) as (url, day_ends), _reading(url, None, SimulatedClock(day_ends)) as reader:
            yield reader
        return
    endpoint = default_endpoint() if hub is None else check_endpoint(hub)
    if day is not None:
        raise UsageError(f"--day is for the sample Hub (--hub sample): {endpoint} cannot be moved to another day")
    with _reading(endpoint, token_for(endpoint, send_token=send_token), SystemClock()) as reader:
        yield reader


@contextmanager
def _reading(endpoint: str, token: str | None, clock: Clock) -> Iterator[HubReader]:
    settings = HubSettings(endpoint, token=token, longest_outage=LONGEST_OUTAGE)
    # What the breaker says of resuming is about harvests.
    hub = open_hub(settings, clock, lambda line: say(f"harvester: {line.partition(' (')[0]}", err=True))
    try:
        yield HubReader(hub, clock, defaults.WORKERS)
    except BaseException:
        # What is still waiting in other threads ends.
        hub.transport.stop()
        raise
    finally:
        close_hub(hub)


@contextmanager
def opened(*, hub: str | None, data: str | Path | None, day: int | None, send_token: bool) -> Iterator[Reader]:
    """Open a Hub, or with ``data`` the catalogue of a harvest. Raises UsageError, LocalError."""
    if data is None:
        with opened_hub(hub, day=day, send_token=send_token) as reader:
            yield reader
        return
    if hub is not None or day is not None:
        raise UsageError("--data compares with a harvest, without a Hub: leave out --hub and --day")
    from harvester.lock.catalogue_reader import opened_catalogue

    with opened_catalogue(Path(data)) as stored:
        yield stored


def run_check(
    models: Sequence[Model], *, hub: str | None = None, data: str | Path | None = None, day: int | None = None,
    send_token: bool = False, matters: frozenset[str] = frozenset(), at: str | None = None,
) -> list[Checked]:  # fmt: skip
    """Check models; see `check_models`."""
    with opened(hub=hub, data=data, day=day, send_token=send_token) as reader:
        return check_models(reader, models, matters, workers=defaults.WORKERS, at=at)


@dataclass(frozen=True, slots=True)
class Refused:
    """A model that could not be locked, and why; ``failed``: the Hub did not answer as it should."""

    name: str
    why: str
    failed: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model to lock, at a revision (empty: the head).

    A commit or a tag is only where it is read; a branch is also what it is compared with later. ``found``: it was read
    already.
    """

    name: str
    revision: str = ""
    found: Snapshot | None = None


def lock_models(reader: Reader, wanted: Sequence[Wanted]) -> list[Model | Refused]:
    """Lock models, in order. Raises HubUnavailable."""
    found = in_threads(defaults.WORKERS, partial(_lock_one, reader), wanted)
    loaded = iter(loads_with([loadable for _, loadable in found if loadable is not None]))
    return [
        replace(model, locked=replace(model.locked, loads_with=next(loaded))) if isinstance(model, Model) else model
        for model, _ in found
    ]


def _lock_one(reader: Reader, wanted: Wanted) -> tuple[Model | Refused, Loadable | None]:
    try:
        return _lock(reader, wanted)
    except (HarvesterError, Stopped):
        raise
    except Exception as error:
        return Refused(wanted.name, extractor_error(error), failed=True), None


def _lock(reader: Reader, wanted: Wanted) -> tuple[Model | Refused, Loadable | None]:
    name, revision = wanted.name, wanted.revision
    found = reader.snapshot(name, revision, None) if wanted.found is None else wanted.found
    if isinstance(found, Missed):
        missing = found.outcome is Outcome.PRIVATE_OR_DELETED
        why = "no such model, or it is private" if missing else found.error or str(found.outcome)
        if found.revision_gone:
            why = f"it has no revision {revision}"
        return Refused(name, why, found.outcome in (Outcome.FAILED, Outcome.MISMATCH)), None
    moves: bool | Missed = False
    if not found.commit.startswith(revision) and revision != "main":
        moves = reader.moves(found.name, revision)
    if isinstance(moves, Missed):
        return Refused(name, f"whether {revision} is a branch or a tag is unknown: {moves.error}", failed=True), None
    kept = revision if moves else ""
    try:
        locked, loadable = entry(reader, found, found.name, kept, reader.now())
    except Unread as error:
        return Refused(name, str(error), failed=True), None
    return Model(found.name, locked), loadable
