"""A Hub on loopback: the Hub's protocol, limits and errors over a simulated ecosystem or any folder of repos."""

from harvester.samplehub.command import Arguments, serve
from harvester.samplehub.faults import FAULTS, parse_fault
from harvester.samplehub.folder import FolderWorld
from harvester.samplehub.hub import Served
from harvester.samplehub.misbehaviour import Fault
from harvester.samplehub.quota import QUOTAS, Quota
from harvester.samplehub.sample import SampleHub
from harvester.samplehub.settings import Settings, Token
from harvester.samplehub.simulated.world import SimulatedWorld

__all__ = [
    "FAULTS",
    "QUOTAS",
    "Arguments",
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
