"""The ``sample-hub`` command: typed arguments in, a Hub served until it is interrupted."""

import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from samplehub.errors import SampleHubError
from samplehub.folder import FolderWorld
from samplehub.hostile import HostileWorld
from samplehub.misbehaviour import parse_fault
from samplehub.quota import quota_of
from samplehub.sample import WINDOW, SampleHub
from samplehub.settings import Token
from samplehub.simulated.world import SimulatedWorld
from samplehub.world import World

DEFAULT_PORT = 8642


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """The arguments of ``harvester sample-hub``.

    ``faults`` are ``NAME`` or ``NAME=rate``; ``tokens`` are ``VALUE``, ``VALUE=repo,repo`` or ``VALUE=*``.
    """

    port: int = DEFAULT_PORT
    models: int = 300
    seed: int = 0
    day: int = 0
    repos: Path | None = None
    hostile: float = 0.0
    quota: str = "free"
    window: float = WINDOW
    faults: Sequence[str] = ()
    tokens: Sequence[str] = ()


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def sample_hub(arguments: Arguments, *, log_limit: int | None = 0) -> SampleHub:
    """The configured Hub, with its port bound, not yet serving.

    Raises ``SampleHubError`` for an unknown quota or fault, a path that is not a folder, or a port in use.
    """
    quota = quota_of(arguments.quota)
    if arguments.window <= 0:
        raise SampleHubError(f"a window has more than 0 seconds, not {arguments.window:g}")
    world: World
    if arguments.repos is not None:
        world = FolderWorld(arguments.repos)
    else:
        world = SimulatedWorld(arguments.models, arguments.seed, arguments.day)
    if arguments.hostile:
        world = HostileWorld(world, arguments.hostile, arguments.seed)
    try:
        return SampleHub(
            world,
            arguments.port,
            quota=quota,
            window=arguments.window,
            faults=[parse_fault(text) for text in arguments.faults],
            tokens=[token(text) for text in arguments.tokens] or None,
            log_limit=log_limit,
        )
    except OSError as error:
        raise SampleHubError(f"port {arguments.port} of 127.0.0.1 cannot be used: {error.strerror}") from error


def token(text: str) -> Token:
    """The token a person means by ``VALUE`` (nothing granted), ``VALUE=repo,repo`` or ``VALUE=*``."""
    value, _, granted = text.partition("=")
    return Token(value, granted=tuple(name for name in granted.split(",") if name))


def serve(arguments: Arguments, say: Callable[[str], None] = _print) -> int:
    """Serve until interrupted or terminated; prints one line with the URL when it is ready.

    Returns the exit code 0. Raises what ``sample_hub`` raises.
    """
    hub = sample_hub(arguments)
    for name in ("SIGTERM", "SIGHUP"):
        # like Ctrl-C, so that the temporary git repositories are removed; Windows has no SIGHUP
        if number := getattr(signal, name, None):
            signal.signal(number, signal.default_int_handler)
    say(f"{hub.url} serves {hub.world.name}; quota {arguments.quota}, window {arguments.window:g} s")
    try:
        hub.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        hub.stop()
    return 0
