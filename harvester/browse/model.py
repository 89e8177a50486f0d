"""A model's page as data: facts with their sources, card, files, reuse, conflicts, duplicates. Views over `ask`."""

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any

from harvester.ask.frames import identifier
from harvester.ask.names import Found, find_model
from harvester.ask.run import frame
from harvester.ask.show import MODEL_FILES, file_sets
from harvester.ask.show_reuse import MODEL_CONFLICTS, MODEL_REUSE
from harvester.ask.show_time import DOWNLOADS_BY_DAY, timeline
from harvester.browse.charts import downloads_chart
from harvester.browse.config_tree import LEAVES, config_documents
from harvester.browse.html import safe_url
from harvester.browse.lineage import lineage_picture
from harvester.browse.links import Links
from harvester.browse.sections import together
from harvester.browse.store import Store
from harvester.extract.roles import FILE_ROLES
from harvester.schema.config_columns import CONFIG_COLUMNS

#: Rows of a section that are shown; the rest is counted, and in the table behind the section.
FILES, EVENTS, LISTED = 12, 40, 20
#: Characters of a card shown.
CARD = 3_000

#: Title, column of `models`, and where the value comes from.
FACTS = (
    ("Author", "author", "listing"),
    ("Task", "pipeline_tag", "listing"),
    ("Library", "library_name", "listing"),
    ("Licence", "license", "license: tag"),
    ("Languages", "languages", "tags"),
    ("Parameters", "parameters", ""),
    ("Context length", "context_length_effective", "config"),
    ("Architecture", "architecture", "config"),
    ("Gated", "gated", "listing"),
    ("Downloads, 30 days", "downloads", "listing"),
    ("Downloads, all time", "downloads_all_time", "listing"),
    ("Likes", "likes", "listing"),
    ("Created", "created_at", "listing"),
    ("Last push", "last_modified", "listing"),
    ("Bytes of all files", "total_size", "manifest"),
    ("Bytes of one weight set", "bytes_of_weights", "manifest"),
    ("Memory to load it", "min_memory_bytes", "estimated: weights and 20%"),
    ("KV cache per token", "kv_cache_bytes_per_token", "computed from the config"),
    ("Commit", "sha", "listing"),
    ("Id on the Hub", "hub_id", "listing"),
    ("First seen", "first_seen", "listings"),
    ("Last seen", "last_seen", "listings"),
)
_PARAMETERS = {
    "header": "measured in the headers of the weights", "hub": "reported by the Hub",
    "config": "estimated from the config",
}  # fmt: skip
_MODEL = (
    "repo_id", "manifest_sha", "config_sha", "config_path", "config_status", "config_stub", "parameters_source", "tags",
    "file_count", "disabled", "private", *(column for _, column, _ in FACTS),
)  # fmt: skip
_CARD = """
SELECT status, reason, oid, body_length, sections, license, license_name, license_link, pipeline_tag, library_name,
    metrics, new_version, co2_grams, co2_source, gate
FROM cards WHERE hub_id = $hub_id
"""
_BODY = """
SELECT left(regexp_replace(try(decode(bytes)), '^\\s*---\\s*\\n(.*?\\n)?---[ \\t]*(\\n|$)\\s*', '', 's'), $most) AS text
FROM base.document WHERE oid = unhex($oid) AND size <= 1048576
"""
_NAMED = {
    "Licences by source": (
        "SELECT source, license, name, link FROM licenses WHERE hub_id = $hub_id ORDER BY ALL LIMIT 20"
    ),
    "Datasets": "SELECT dataset, source FROM datasets WHERE hub_id = $hub_id ORDER BY ALL LIMIT 20",
    "Papers": "SELECT kind, paper, source FROM papers WHERE hub_id = $hub_id ORDER BY ALL LIMIT 20",
    "Evaluations": (
        "SELECT task, dataset, metric, value, verified, source FROM evaluations WHERE hub_id = $hub_id "
        "ORDER BY ALL LIMIT 20"
    ),
}
_SAME_CONFIG = """
WITH own AS (
    SELECT ref.model, ref.path, ref.doc FROM base.ref AS ref JOIN base.model_key AS key USING (model)
    WHERE key.hub_id = $hub_id AND ref.path = $path AND ref.doc IS NOT NULL
)
SELECT search.hub_id, search.downloads, count(*) OVER () AS total
FROM base.ref AS ref
JOIN base.search AS search ON search.model = ref.model
WHERE ref.doc = (SELECT doc FROM own) AND ref.path = $path AND search.hub_id <> $hub_id
ORDER BY search.place LIMIT $limit
"""
_SAME_WEIGHTS = """
SELECT own.path, search.hub_id, search.downloads, count(*) OVER () AS total
FROM base.search_copy AS own
JOIN base.search_copy AS other ON other.content = own.content AND other.model <> own.model
JOIN base.search AS search ON search.model = other.model
WHERE own.model = (SELECT model FROM base.model_key WHERE hub_id = $hub_id)
    AND other.content IN (
        SELECT content FROM base.search_copy WHERE model = (SELECT model FROM base.model_key WHERE hub_id = $hub_id)
    )
ORDER BY search.place, own.path LIMIT $limit
"""
_BY_NAME = """
SELECT DISTINCT hub_id FROM base.search_name WHERE digest = hash(lower($requested)) AND repo_id = $requested LIMIT 2
"""
_HUB = "SELECT max_by(hub, run_id) AS hub FROM runs"


def model_page(store: Store, requested: str, links: Links) -> dict[str, Any]:
    """Return everything that a model's page shows. Raises UsageError with similar names if there is no such model.

    The sources are compared on a page of their own, as that takes longer than all else; in a copy here.
    """
    found = find(store, requested)
    bound = {"hub_id": found.hub_id}
    parts: dict[str, Callable[[], Any]] = {
        "events": lambda: timeline(store.con, found.hub_id), "days": lambda: store.dicts(DOWNLOADS_BY_DAY, bound),
        "picture": lambda: lineage_picture(store, found, links),
    }  # fmt: skip
    page: dict[str, Any] = {"found": found, "model": None, "hub_link": hub_link(store, found), "leaves_shown": LEAVES}
    if found.live:
        names = ", ".join(map(identifier, dict.fromkeys((*_MODEL, *(column.name for column in CONFIG_COLUMNS)))))
        model = store.dicts(f"SELECT {names} FROM models WHERE hub_id = $hub_id", bound)[0]
        page |= {"model": model, "facts": facts(model)}
        parts |= {
            "conflicts": lambda: conflicts(store, found)["conflicts"] if links.static else None,
            "reuse": lambda: next(iter(store.dicts(MODEL_REUSE, bound)), None),
            "configs": lambda: config_documents(store, found.hub_id, model),
            "duplicates": lambda: _duplicates(store, found, model),
            "roles": lambda: files_by_role(store, bound), "card": lambda: _card(store, bound),
        }  # fmt: skip
    page |= together(parts)
    events = page["events"]
    return page | {
        "events": events[:EVENTS],
        "more_events": max(0, len(events) - EVENTS),
        "chart": downloads_chart(page["days"]),
    }


def conflicts(store: Store, found: Found) -> dict[str, Any]:
    """Return where the sources about a model disagree."""
    rows = store.dicts(MODEL_CONFLICTS, {"hub_id": found.hub_id, "limit": LISTED})
    return {"found": found, "conflicts": rows}


def find(store: Store, requested: str) -> Found:
    """Return a model by name, former name, hub_id or URL, as ``find_model`` does; a name by its digest."""
    held = store.dicts(_BY_NAME, {"requested": requested})
    # A name that two models had needs all that is known of them.
    if len(held) == 1:
        live = store.dicts("SELECT repo_id FROM models WHERE hub_id = $hub_id", held[0])
        if live:
            return Found(held[0]["hub_id"], live[0]["repo_id"], True)
    return find_model(store.con, requested)


def hub_link(store: Store, found: Found) -> str | None:
    """Return the model's address on its Hub; None where the Hub is no web site or the name cannot be part of one."""
    hub = store.once(_HUB)[0]["hub"]
    return safe_url(f"{hub.rstrip('/')}/{found.repo_id}") if isinstance(hub, str) else None


def facts(model: Mapping[str, Any]) -> list[tuple[str, str, Any, str]]:
    """Return title, column, value and source of each fact that is known."""
    rows = []
    for title, column, source in FACTS:
        value = model[column]
        if value is None or value == []:
            continue
        if column == "parameters":
            source = _PARAMETERS.get(model["parameters_source"], "")
        elif source == "config":
            source = model["config_path"] or "config"
        elif source == "manifest" and model["manifest_sha"] != model["sha"]:
            source = "manifest of an older commit" if model["manifest_sha"] else source
        rows.append((title, column, value, source))
    return rows


def files_by_role(store: Store, bound: Mapping[str, object]) -> list[dict[str, Any]]:
    """Return the roles that a model's files have, each with its sets of files, largest first."""
    files = store.rows(MODEL_FILES, bound)
    order = list(FILE_ROLES)
    roles = []
    keys = files["role"].unique(maintain_order=True).to_list()
    for role in sorted(keys, key=lambda role: order.index(role) if role in order else len(order)):
        group = files.filter(files["role"].eq_missing(role))
        sets = [
            {
                "path": path, "files": len(held), "format": held[0]["format"],
                "size": sum(one["size"] for one in held) if all(one["size"] is not None for one in held) else None,
                "unsafe": any(one["unsafe"] for one in held),
            }
            for path, held in file_sets(group)
        ]  # fmt: skip
        known = group["size"].drop_nulls()
        roles.append(
            {
                "role": role, "count": group.height, "size": known.sum() if known.len() else None,
                "sets": sets[:FILES], "rest": sum(one["files"] for one in sets[FILES:]),
                "named_only": group["source"][0] == "listing",
            }
        )  # fmt: skip
    return roles


def _card(store: Store, bound: Mapping[str, object]) -> dict[str, Any] | None:
    cards = store.dicts(_CARD, bound)
    named = {title: store.dicts(text, bound) for title, text in _NAMED.items()}
    if not cards and not any(named.values()):
        return None
    card = cards[0] if cards else None
    text = None
    if card is not None and card["oid"] is not None:
        text = next((row["text"] for row in store.dicts(_BODY, {"oid": card["oid"], "most": CARD + 1})), None)
    return {"card": card, "named": named, "text": text, "most": CARD}


def _duplicates(store: Store, found: Found, model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the models that contain the same config document or the same weights, most downloaded first."""
    sections = []
    if model["config_path"] is not None:
        bound = {"hub_id": found.hub_id, "path": model["config_path"], "limit": LISTED}
        sections.append(("config", f"The same {model['config_path']}, byte for byte", store.dicts(_SAME_CONFIG, bound)))
    bound = {"hub_id": found.hub_id, "limit": 10 * LISTED}
    sections.append(("weights", "The same weights (SHA-256)", store.dicts(_SAME_WEIGHTS, bound)))
    return [
        {"title": title, "total": rows[0]["total"], "models": _names(store, rows), "kind": kind}
        for kind, title, rows in sections
        if rows
    ]


def _names(store: Store, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put together the rows of one model, with its name."""
    names = names_of(store, [row["hub_id"] for row in rows])
    return [
        {
            "hub_id": hub_id, "repo_id": names.get(hub_id, hub_id), "downloads": held[0]["downloads"],
            "paths": [row["path"] for row in held if "path" in row],
        }
        for hub_id, group in groupby(rows, key=lambda row: row["hub_id"])
        for held in [list(group)]
    ][:LISTED]  # fmt: skip


def names_of(store: Store, hub_ids: list[str]) -> dict[str, str]:
    """Return the names of live models by their ids."""
    rows = store.rows(
        "SELECT hub_id, repo_id FROM models WHERE hub_id IN (SELECT unnest($hub_ids))", {"hub_ids": hub_ids}
    )
    return dict(rows.rows())


#: Tables whose rows of one model can be downloaded, with the SQL of what belongs to it.
MODEL_TABLES = {
    **dict.fromkeys(
        (
            "models", "names", "files", "configs", "config_fields", "labels", "cards", "licenses", "languages",
            "datasets", "papers", "evaluations", "weights", "weight_sets", "reuse", "conflicts", "commits", "changes",
            "tombstones", "observations",
        ),
        "hub_id = $hub_id",
    ),
    "lineage": "$hub_id IN (child_hub_id, parent_hub_id)",
}  # fmt: skip


def model_table(store: Store, requested: str, table: str) -> Any:
    """Return a model's rows of a table of ``MODEL_TABLES``. Raises UsageError for an unknown model."""
    found = find(store, requested)
    return frame(store.con, f"SELECT * FROM {identifier(table)} WHERE {MODEL_TABLES[table]}", {"hub_id": found.hub_id})
