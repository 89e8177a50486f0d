"""The tables of lineage. To add a column, add one line here and its expression in ``catalogue/sql``."""

from harvester.schema.table import Column, Table

LINEAGE = Table(
    "lineage",
    "Which models a model was made from, one row per parent and source, including unknown parents. Trap: may contain cycles.",
    (
        Column("child_hub_id", "VARCHAR", "The model's immutable _id."),
        Column("child", "VARCHAR", "Its name at that time."),
        Column(
            "parent",
            "VARCHAR",
            "Parent as declared; Hub URLs are reduced to the id, disk paths and other text are verbatim.",
        ),
        Column(
            "parent_hub_id",
            "VARCHAR",
            "The parent's _id, also found by a former name. NULL: never seen, or not a Hub repository.",
        ),
        Column("parent_kind", "VARCHAR", "repo, path (on a disk), url (not on the Hub) or text."),
        Column(
            "relation",
            "VARCHAR",
            "finetune, adapter, quantized, merge or unknown. Without base_model_relation, a tag base_model:<relation>: "
            "decides, then adapter_config.json.",
        ),
        Column(
            "source",
            "VARCHAR",
            "Declared: hub (baseModels), tag, card, adapter_config. Found elsewhere: mergekit (a recipe), weights (GGUF header: "
            "general.source is quantized; general.base_model is unknown, as it may be the parent's parent), card_body (the "
            "sentence that training libraries write into a card), name_or_path (config.json).",
        ),
        Column("self_parent", "BOOLEAN", "The model names itself as its parent: an error in its card."),
        Column(
            "in_cycle",
            "BOOLEAN",
            "According to all sources together, the parent was also made from the child, directly or indirectly.",
        ),
    ),
    ("child_hub_id", "source", "parent"),
)
LINEAGE_EDGES = Table(
    "lineage_edges",
    "Which models a model was made from, one row per child and parent, whichever sources say so and whichever of its names "
    "they use. Trap: may contain cycles.",
    (
        Column("child_hub_id", "VARCHAR", "The model's immutable _id."),
        Column("child", "VARCHAR", "Its name at that time."),
        Column(
            "parent",
            "VARCHAR",
            "The parent's current name if known, also for models that used to have no owner (gpt2 is "
            "openai-community/gpt2), else as the most trusted source writes it.",
        ),
        Column("parent_hub_id", "VARCHAR", "The parent's _id. NULL: never seen, or not a Hub repository."),
        Column("parent_kind", "VARCHAR", "repo, path (on a disk), url (not on the Hub) or text."),
        Column("relation", "VARCHAR", "The relation according to the most trusted source that has one, else unknown."),
        Column("sources", "VARCHAR[]", "Sources that name the parent, most trusted first (see lineage.source)."),
        Column("self_parent", "BOOLEAN", "The model names itself as its parent: an error in its card."),
        Column("in_cycle", "BOOLEAN", "The parent was also made from the child, directly or indirectly."),
    ),
    ("child_hub_id", "parent"),
)
LINEAGE_ROOTS = Table(
    "lineage_roots",
    "The root models that each model was ultimately made from: one row per model and root, following the edges of the most "
    "trusted source (in the order of lineage.source). No row: no parent is known, or the ancestors form a cycle. At most "
    "the 64 nearest roots per model.",
    (
        Column("child_hub_id", "VARCHAR", "The model's immutable _id."),
        Column("child", "VARCHAR", "Its current name."),
        Column("root_hub_id", "VARCHAR", "The root's _id. NULL: never seen."),
        Column("root", "VARCHAR", "The root's current name, else as declared."),
        Column("depth", "BIGINT", "Shortest number of steps to it; 1 is a parent."),
    ),
    ("child_hub_id", "root"),
)

LINEAGE_TABLES = (LINEAGE, LINEAGE_EDGES, LINEAGE_ROOTS)
