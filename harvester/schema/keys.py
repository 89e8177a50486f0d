"""Key columns that the tables of the catalogue share."""

from harvester.schema.table import Column

HUB_ID = Column(
    "hub_id", "VARCHAR", "The Hub's immutable _id (24 hex digits). Join on it: names change. Source: listing."
)
REPO_ID = Column(
    "repo_id", "VARCHAR", "Repository name at that time, owner/name. Trap: names change and are reused; join on hub_id."
)
SHA = Column("sha", "VARCHAR", "Commit (40 hex digits).")
RUN_ID = Column("run_id", "VARCHAR", "Run: its start, UTC, as YYYYMMDDTHHMMSSZ.")
