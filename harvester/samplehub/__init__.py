"""A Hub on loopback: the Hub's protocol, limits and errors over a simulated ecosystem or any folder of repos."""

from harvester.samplehub.folder import FolderWorld
from harvester.samplehub.quota import QUOTAS, Quota
from harvester.samplehub.sample import SampleHub
from harvester.samplehub.settings import Settings, Token
from harvester.samplehub.simulated.world import SimulatedWorld

__all__ = ["QUOTAS", "FolderWorld", "Quota", "SampleHub", "Settings", "SimulatedWorld", "Token"]
