"""harvester: a frugal crawler of model metadata on the Hugging Face Hub, into Parquet and DuckDB.

result = harvester.harvest(limit=100, sort="downloads", data="data/hub")
with harvester.Catalogue("data/hub") as catalogue:
    catalogue.sql("SELECT model_type, count(*) FROM models GROUP BY ALL")
    catalogue.query("license_mix", min_downloads=1000)
con = harvester.connect("data/hub")  # a DuckDB connection
"""

from importlib import import_module
from typing import TYPE_CHECKING

from harvester.api import connect, harvest, query
from harvester.errors import DamagedLake, HarvesterError, HubUnavailable, LocalError, UsageError

if TYPE_CHECKING:
    from harvester import lock
    from harvester.ask.catalogue import Catalogue
    from harvester.crawl.result import HarvestResult

__version__ = "0.2.0"
__all__ = [
    "Catalogue", "DamagedLake", "HarvestResult", "HarvesterError", "HubUnavailable", "LocalError", "UsageError",
    "__version__", "connect", "harvest", "lock", "query",
]  # fmt: skip


def __getattr__(name: str) -> object:
    """Import what needs DuckDB, polars or a client when it is first used; `--help` does without."""
    if name == "Catalogue":
        from harvester.ask.catalogue import Catalogue

        return Catalogue
    if name == "HarvestResult":
        from harvester.crawl.result import HarvestResult

        return HarvestResult
    if name == "lock":
        return import_module("harvester.lock")
    raise AttributeError(f"module 'harvester' has no attribute {name!r}")
