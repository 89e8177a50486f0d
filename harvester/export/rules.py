"""What an export leaves out unless requested: one row per table of the catalogue. Data only."""

from dataclasses import dataclass

from harvester.schema.config_columns import CONFIG_COLUMNS

#: Values of `--include`, and what each includes.
ASKABLE = {
    "private": "repositories that are private",
    "gated": "what the documents of gated repositories say",
    "authors": "names of the authors of commits",
    "text": "what people wrote: documents, commit messages, card front matter and headings, names with spaces or "
    "markup, texts in configs, error messages",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """How a table is exported.

    ``owner`` is the column with the hub_id that a row belongs to (None: no model); ``gated`` the SQL condition of rows
    from documents, which are left out for gated repositories, and ``gated_columns`` the columns that are NULL for them;
    ``text`` and ``authors`` are columns that are NULL; ``order`` follows the key in the order of rows if that is not
    unique.
    """

    owner: str | None = "hub_id"
    gated: str | None = None
    gated_columns: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


_ALL = "true"
_OF_DOCUMENTS = "source NOT IN ('hub', 'tag')"

_TYPED = tuple(column.name for column in CONFIG_COLUMNS)

RULES = {
    "models": Rule(
        gated_columns=(*_TYPED, "parameters", "parameters_source", "parameters_header"), text=("extra", "config_stub")
    ),
    "files": Rule(),
    "documents": Rule(owner=None, text=("bytes",)),
    "configs": Rule(gated=_ALL, text=("reason",)),
    "config_fields": Rule(gated=_ALL),
    "labels": Rule(gated=_ALL),
    "tags": Rule(),
    "observations": Rule(),
    "selections": Rule(owner=None),
    "selection_members": Rule(),
    "model_weights": Rule(),
    "names": Rule(order=("first_seen", "last_seen")),
    "runs": Rule(owner=None),
    "fetches": Rule(text=("error",)),
    "pending": Rule(),
    # An id may be a hub_id; the reason may quote a document.
    "extractor_errors": Rule(owner="id", text=("reason",)),
    "tombstones": Rule(),
    "commits": Rule(text=("title", "message"), authors=("authors",)),
    "file_versions": Rule(),
    "changes": Rule(gated="kind IN ('config', 'label')", order=("changed_at", "change", "old", "new", "source")),
    "cards": Rule(
        gated=_ALL, text=("front_matter", "sections", "license_name", "co2_source", "gate", "reason")
    ),
    "languages": Rule(gated=_OF_DOCUMENTS),
    "datasets": Rule(gated=_OF_DOCUMENTS),
    "papers": Rule(gated=_OF_DOCUMENTS),
    "evaluations": Rule(
        gated=_OF_DOCUMENTS, text=("source_name", "notes", "error"),
        order=("dataset_name", "value", "verified", "source_name", "source_url", "date", "pull_request"),
    ),
    "licenses": Rule(gated=_OF_DOCUMENTS, text=("name",), order=("name", "link")),
    "lineage": Rule(owner="child_hub_id", gated=_OF_DOCUMENTS, order=("parent_hub_id", "relation")),
    "lineage_edges": Rule(
        owner="child_hub_id", gated="NOT list_has_all(['hub', 'tag'], sources)", order=("parent_hub_id", "relation")
    ),
    "lineage_roots": Rule(owner="child_hub_id", order=("root_hub_id", "depth")),
    "weights": Rule(gated=_ALL, text=("metadata", "reason")),
    "weight_sets": Rule(),
    "reuse": Rule(),
    "conflicts": Rule(gated=_ALL),
}  # fmt: skip

#: Columns with the hub_id of another model than the row's: NULL if that one is left out.
RELATED = {"lineage": ("parent_hub_id",), "lineage_edges": ("parent_hub_id",)}
#: Rows that depend on another model: the name of a root is its current name, which may be private.
ROOTS = {"lineage_roots": "root_hub_id"}
#: Tables that grow with each run: a folder of Parquet files, one for each run, which later runs do not change.
BY_RUN = ("observations", "selection_members", "fetches", "changes")
