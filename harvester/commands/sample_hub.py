"""The options of `harvester sample-hub`. Light: the Hub itself is imported where it is started."""

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import click

_OPTIONS = (
    click.option("--port", type=click.IntRange(0, 65535), default=8642, show_default=True),
    click.option(
        "--models", type=click.IntRange(1), default=300, show_default=True, help="Models of the simulated ecosystem."
    ),
    click.option("--seed", type=int, default=0, show_default=True),
    click.option(
        "--day", type=click.IntRange(0), default=0, show_default=True, help="Let the simulated world move on to a day."
    ),
    click.option("--repos", type=click.Path(path_type=Path), metavar="DIR", help="Serve a folder of repos instead."),
    click.option(
        "--hostile",
        type=click.FloatRange(0, 1),
        default=0.0,
        show_default=True,
        help="Share of the models that hold a hostile document.",
    ),
    click.option("--quota", default="free", show_default=True, help="Plan whose quotas are announced."),
    click.option("--window", type=float, default=300.0, show_default=True, help="Seconds of a window."),
    click.option("--fault", "faults", multiple=True, metavar="NAME[=RATE]", help="Misbehave; may be repeated."),
    click.option(
        "--token",
        "tokens",
        multiple=True,
        metavar="VALUE[=REPO,...]",
        help="A token that is accepted; may be repeated.",
    ),
)


def sample_hub_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what the command takes, which is what ``samplehub.Arguments`` holds."""
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), function)
