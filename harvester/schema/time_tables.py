"""The catalogue's tables of time: what vanished, what changed, and the commits of a model."""

from harvester.schema.table import Column, Table

HUB_ID = Column(
    "hub_id", "VARCHAR", "The Hub's immutable _id (24 hex digits). Join on it: names move. Source: listing."
)

TOMBSTONES = Table(
    "tombstones",
    "One row a name that vanished. Only complete listings of a whole selection tell that a name is gone (never a top-N, "
    "an id file, or a listing that is clearly shorter than the one before), and one direct request confirms each; a "
    "rename or a name that another model bears in the same listing needs none. New gating is no tombstone but a change.",
    (
        HUB_ID,
        Column("repo_id", "VARCHAR", "The name that vanished. Trap: another model may bear it by now."),
        Column("last_seen", "TIMESTAMP", "Last listing that held the model under this name, UTC."),
        Column("noticed_at", "TIMESTAMP", "When it was found to be gone, UTC: it vanished between the two."),
        Column(
            "cause",
            "VARCHAR",
            "deleted_or_private (the Hub tells no difference); renamed: the same hub_id lives on under renamed_to; "
            "replaced: the name now belongs to another hub_id, its own gone; disabled.",
        ),
        Column("renamed_to", "VARCHAR", "New name of the same hub_id. NULL for other causes."),
        Column(
            "returned_at",
            "TIMESTAMP",
            "First listing after that which held the model again (renamed: under this name), UTC. NULL: not so far.",
        ),
    ),
    ("hub_id", "repo_id", "noticed_at"),
)

TIME_TABLES = (TOMBSTONES,)
