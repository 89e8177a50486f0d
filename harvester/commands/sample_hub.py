"""The options of `harvester sample-hub`. The sample Hub itself is imported only by `harvester.sample`."""

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import click

_OPTIONS = (
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=8642,
        show_default=True,
        help="Port to listen on (0: any free port).",
    ),
    click.option(
        "--models", type=click.IntRange(1), default=300, show_default=True, help="Number of simulated models."
    ),
    click.option("--seed", type=int, default=0, show_default=True, help="Seed of the simulation."),
    click.option("--day", type=click.IntRange(0), default=0, show_default=True, help="Day of the simulation to serve."),
    click.option(
        "--repos",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Serve the repositories in a folder instead of simulated models.",
    ),
    click.option(
        "--hostile",
        type=click.FloatRange(0, 1),
        default=0.0,
        show_default=True,
        help="Share of models with a hostile document.",
    ),
    click.option("--quota", default="free", show_default=True, help="Plan whose quotas are enforced."),
    click.option("--window", type=float, default=300.0, show_default=True, help="Length of a quota window in seconds."),
    click.option("--fault", "faults", multiple=True, metavar="NAME[=RATE]", help="Switch on a fault; may be repeated."),
    click.option(
        "--token",
        "tokens",
        multiple=True,
        metavar="VALUE[=REPO,...]",
        help="Accept this token, with access to the named gated repositories; may be repeated.",
    ),
)


def sample_hub_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the command, which are the fields of ``samplehub.Arguments``."""
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), function)
