"""A Hub on loopback: the Hub's protocol, limits and errors over a simulated ecosystem or any folder of repos.

``SampleHub`` joins a world, a ``Hub`` (requests to answers, no sockets) and a ``Server``. A world is anything with
``find``, ``by_hub_id``, ``walk`` and ``at(day)``: a world that moves on returns another one from ``at``, and
``SampleHub.move_to`` shows it. Every repo is served as git too, by the system's git (``git``), from the objects whose
ids the API shows.
"""

from samplehub import faults, oddities  # noqa: F401  (their classes become FAULTS)
from samplehub.command import Arguments, serve
from samplehub.errors import SampleHubError
from samplehub.folder import FolderWorld
from samplehub.hub import Served
from samplehub.misbehaviour import FAULTS, Fault, parse_fault
from samplehub.quota import QUOTAS, Quota, quota_of
from samplehub.sample import SampleHub
from samplehub.settings import Settings, Token
from samplehub.simulated.events import Event
from samplehub.simulated.world import SimulatedWorld

__all__ = [
    "FAULTS",
    "QUOTAS",
    "Arguments",
    "Event",
    "Fault",
    "FolderWorld",
    "Quota",
    "SampleHub",
    "SampleHubError",
    "Served",
    "Settings",
    "SimulatedWorld",
    "Token",
    "parse_fault",
    "quota_of",
    "serve",
]
