"""The tables that say what models were made from. To add a column, add one line here and its expression in the SQL."""

from harvester.schema.table import Column, Table

LINEAGE = Table(
    "lineage",
    "What models were made from, one row a parent and source; unknown parents are kept. Trap: it may hold cycles.",
    (
        Column("child_hub_id", "VARCHAR", "The model's immutable _id."),
        Column("child", "VARCHAR", "Its name then."),
        Column("parent", "VARCHAR", "Parent as named: a Hub URL cut to its id, a disk path or other text verbatim."),
        Column(
            "parent_hub_id",
            "VARCHAR",
            "The parent's _id, also under an old name. NULL: never seen, or no name on the Hub; the row is kept.",
        ),
        Column("parent_kind", "VARCHAR", "repo, path (on somebody's disk), url (elsewhere) or text."),
        Column(
            "relation",
            "VARCHAR",
            "finetune, adapter, quantized, merge or unknown. Without base_model_relation the base_model:<relation>: "
            "tag decides, then adapter_config.json.",
        ),
        Column(
            "source",
            "VARCHAR",
            "Declared: hub (baseModels), tag, card, adapter_config. Evident: mergekit (a recipe), weights (GGUF header: "
            "general.source quantized, general.base_model unknown, for it may be the parent's parent), card_body (the "
            "sentence that trainers write into a card), name_or_path (config.json).",
        ),
        Column("self_parent", "BOOLEAN", "The model names itself: an error of its card, not to be followed."),
        Column(
            "in_cycle",
            "BOOLEAN",
            "The sources together say that the parent was made from the child too, directly or not.",
        ),
    ),
    ("child_hub_id", "source", "parent"),
)
LINEAGE_EDGES = Table(
    "lineage_edges",
    "What models were made from, one row a child and parent, whatever sources say so and under whichever of the "
    "parent's names. Trap: it may hold cycles.",
    (
        Column("child_hub_id", "VARCHAR", "The model's immutable _id."),
        Column("child", "VARCHAR", "Its name then."),
        Column(
            "parent",
            "VARCHAR",
            "The parent's name today where it is known, also of models that stood at the root of the Hub (gpt2 is "
            "openai-community/gpt2), else as the most trusted source writes it.",
        ),
        Column("parent_hub_id", "VARCHAR", "The parent's _id. NULL: never seen, or no name on the Hub."),
        Column("parent_kind", "VARCHAR", "repo, path (on somebody's disk), url (elsewhere) or text."),
        Column("relation", "VARCHAR", "The relation that the most trusted source knows; unknown where none does."),
        Column("sources", "VARCHAR[]", "Sources that name the parent, the most trusted first (see lineage.source)."),
        Column("self_parent", "BOOLEAN", "The model names itself: an error of its card, not to be followed."),
        Column("in_cycle", "BOOLEAN", "The parent was made from the child too, directly or not."),
    ),
    ("child_hub_id", "parent"),
)
LINEAGE_ROOTS = Table(
    "lineage_roots",
    "What each model was made from in the end: one row a model and root, along the edges of the most trusted source "
    "(in the order of lineage.source). No row: no parent is known, or the way up only leads in a circle. "
    "Of a model with more than 64 roots the nearest.",
    (
        Column("child_hub_id", "VARCHAR", "The model's immutable _id."),
        Column("child", "VARCHAR", "Its name today."),
        Column("root_hub_id", "VARCHAR", "The root's _id. NULL: a name that was never seen."),
        Column("root", "VARCHAR", "The root's name today, else as it was named."),
        Column("depth", "BIGINT", "Steps up to it, the shortest way; 1 is a parent."),
    ),
    ("child_hub_id", "root"),
)

LINEAGE_TABLES = (LINEAGE, LINEAGE_EDGES, LINEAGE_ROOTS)
