"""harvester: a frugal crawler of model metadata on the Hugging Face Hub, into Parquet and DuckDB.

harvester.harvest(limit=100, sort="downloads", data="data/hub")
con = harvester.connect("data/hub")
frame = harvester.query("architecture-share", data="data/hub")
"""

from harvester.api import connect, harvest, query

__version__ = "0.1.0"
__all__ = ["__version__", "connect", "harvest", "query"]
