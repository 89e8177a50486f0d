"""Key columns that the tables of the lake share."""

from harvester.schema.table import Column

RUN = Column("run_id", "VARCHAR", "run that wrote the row")
HUB_ID = Column("hub_id", "VARCHAR", "the Hub's immutable _id: 24 hex digits, the first 8 are the second of creation")
SHA = Column("sha", "VARCHAR", "commit")
