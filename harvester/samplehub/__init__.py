"""A Hub on loopback: the Hub's protocol, limits and errors over a simulated ecosystem or any folder of repos.

``SampleHub`` joins a world, a ``Hub`` (requests to answers, no sockets) and a ``Server``. A world is anything with
``find``, ``by_hub_id``, ``walk`` and ``at(day)``: a world that moves on returns another one from ``at``, and
``SampleHub.move_to`` shows it. Every repo is served as git too, by the system's git (``git``), from the objects whose
ids the API shows.
"""

from harvester.samplehub import faults, oddities  # noqa: F401  (their classes become FAULTS)
from harvester.samplehub.command import Arguments, serve
from harvester.samplehub.folder import FolderWorld
from harvester.samplehub.hub import Served
from harvester.samplehub.misbehaviour import FAULTS, Fault, parse_fault
from harvester.samplehub.quota import QUOTAS, Quota
from harvester.samplehub.sample import SampleHub
from harvester.samplehub.settings import Settings, Token
from harvester.samplehub.simulated.events import Event
from harvester.samplehub.simulated.world import SimulatedWorld

__all__ = [
    "FAULTS",
    "QUOTAS",
    "Arguments",
    "Event",
    "Fault",
    "FolderWorld",
    "Quota",
    "SampleHub",
    "Served",
    "Settings",
    "SimulatedWorld",
    "Token",
    "parse_fault",
    "serve",
]
