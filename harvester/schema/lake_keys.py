"""The columns that key the tables of the lake, in one wording."""

from harvester.schema.table import Column

RUN = Column("run_id", "VARCHAR", "run that wrote the row")
HUB_ID = Column("hub_id", "VARCHAR", "the Hub's immutable _id: 24 hex digits, the first 8 are the creation second")
SHA = Column("sha", "VARCHAR", "commit the row is about")
