"""What a model says it was made from, one edge for each source that says it; names are not looked up here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harvester.extract.card import Card
from harvester.extract.ids import Reference, current_name, reference, references

#: The closed list of ``lineage.relation``.
RELATIONS = ("finetune", "adapter", "quantized", "merge", "unknown")
#: Sources, the most trusted first: what is declared, then what is evident from files and text.
DECLARED = ("hub", "tag", "card", "adapter_config")
EVIDENT = ("mergekit", "weights", "card_body", "name_or_path")
SOURCES = (*DECLARED, *EVIDENT)

#: Sources whose edges say nothing of an adapter_config.json beside them.
_NO_ADAPTER = ("name_or_path", "weights", "mergekit")
_SAME = {
    "finetuned": "finetune",
    "fine-tune": "finetune",
    "fine-tuned": "finetune",
    "fine_tune": "finetune",
    "fine_tuned": "finetune",
    "finetuning": "finetune",
    "quantize": "quantized",
    "quantization": "quantized",
    "quant": "quantized",
    "adapters": "adapter",
    "lora": "adapter",
    "merged": "merge",
    "merges": "merge",
}


#: Base models looked for in a GGUF header; merges of a dozen are known.
_HEADER_MODELS = 32
_HEADER_KEYS = (
    *((f"general.source.{key}", "quantized") for key in ("repo_url", "url", "huggingface.repository")),
    *(
        (f"general.base_model.{place}.{key}", "unknown")
        for place in range(_HEADER_MODELS)
        for key in ("repo_url", "url", "name")
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageRow:
    """One row of ``lineage``. ``parent_kind``: repo, path (on a disk), url, text; only a repo can have a hub_id.

    ``self_parent``: the model names itself; told, and not to be followed.
    """

    child_hub_id: str
    child: str
    parent: str
    parent_hub_id: str | None
    parent_kind: str
    relation: str
    source: str
    self_parent: bool


@dataclass(frozen=True, slots=True)
class HubParent:
    """A base model as the Hub links it (``baseModels.models[]``)."""

    hub_id: str | None
    repo_id: str


def relation_of(word: str | None) -> str:
    """The relation a word stands for (``base_model_relation``, the Hub's and tags'); unknown for None and any other."""
    word = (word or "").strip().lower()
    word = _SAME.get(word, word)
    return word if word in RELATIONS else "unknown"


def edges(
    child_hub_id: str,
    child: str,
    *,
    hub_parents: Sequence[HubParent] = (),
    hub_relation: str | None = None,
    tags: Iterable[str] = (),
    card: Card | None = None,
    adapter_base: str | None = None,
    has_adapter_config: bool = False,
    name_or_path: str | None = None,
    merged: Iterable[str] = (),
    weights: Iterable[tuple[str, str]] = (),
) -> list[LineageRow]:
    """The edges of one model: each parent once a source, in the order of ``SOURCES``.

    ``adapter_base`` and ``name_or_path`` are ``base_model_name_or_path`` of adapter_config.json and ``_name_or_path``
    of config.json, ``merged`` the models of a mergekit recipe, ``weights`` the references of a GGUF header with their
    relations. Where the card has no ``base_model_relation``, the model's ``base_model:<relation>:`` tag for that
    parent decides, then the presence of an adapter_config.json, else the relation is unknown. Evidence that the model
    was made from itself (``_name_or_path``) is no claim and gives no edge.
    """
    tagged = _tagged(tags)
    found: dict[tuple[str, str], LineageRow] = {}

    def add(source: str, text: str, relation: str | None, hub_id: str | None = None) -> None:
        for parent in references(text):
            place(source, parent, relation, hub_id)

    def place(source: str, parent: Reference, relation: str | None, hub_id: str | None) -> None:
        key = current_name(parent.name).lower()
        is_self = key == child.lower() or (hub_id is not None and hub_id == child_hub_id)
        if is_self and source in EVIDENT:
            return
        told = relation_of(relation)
        if told == "unknown":
            told = tagged[key][1] if key in tagged else "unknown"
        if told == "unknown" and source not in _NO_ADAPTER and (has_adapter_config or adapter_base):
            told = "adapter"
        found.setdefault(
            (source, key),
            LineageRow(
                child_hub_id=child_hub_id,
                child=child,
                parent=parent.name,
                parent_hub_id=hub_id,
                parent_kind=parent.kind,
                relation=told,
                source=source,
                self_parent=is_self,
            ),
        )

    for hub_parent in hub_parents:
        add("hub", hub_parent.repo_id, hub_relation, hub_parent.hub_id)
    for tagged_parent, relation in tagged.values():
        add("tag", tagged_parent, relation)
    for text in card.base_models if card else ():
        add("card", text, card.base_model_relation if card else None)
    if adapter_base:
        add("adapter_config", adapter_base, "adapter")
    for text in merged:
        add("mergekit", text, "merge")
    for text, relation in weights:
        add("weights", text, relation)
    for text in card.body_base_models if card else ():
        add("card_body", text, "adapter" if has_adapter_config or adapter_base else "finetune")
    if name_or_path:
        add("name_or_path", name_or_path, None)
    return list(found.values())


def _tagged(tags: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The parents that tags name (``base_model:a/b``, ``base_model:quantized:a/b``), by lower-cased name."""
    found: dict[str, tuple[str, str]] = {}
    for tag in tags:
        if tag.startswith("base_model:"):
            parent = tag.removeprefix("base_model:")
            word, colon, rest = parent.partition(":")
            # Neither the colon of a URL nor one behind a name ends a relation.
            if colon and "/" not in word and not rest.startswith("//"):
                parent = rest
            relation = relation_of(word)
            for named in references(parent):
                key = current_name(named.name).lower()
                if key not in found or relation != "unknown":
                    found[key] = (named.name, relation)
    return found


def header_parents(metadata: Mapping[str, object]) -> list[tuple[str, str]]:
    """The models that the key-values of a GGUF header refer to, with their relations.

    ``general.source`` is what was converted; ``general.base_model`` comes from the card of that, so it may be the
    parent of the parent and its relation is unknown. (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md)
    """
    found: dict[str, str] = {}
    for key, relation in _HEADER_KEYS:
        value = metadata.get(key)
        one = reference(value) if isinstance(value, str) else None
        if one and one.kind == "repo" and "/" in one.name:
            found.setdefault(one.name, relation)
    return list(found.items())


def hub_parents(base_models: Mapping[str, object] | None) -> tuple[list[HubParent], str | None]:
    """The listing's ``baseModels`` (``{relation, models: [{_id, id}]}``) as parents, and the Hub's word for it."""
    models = (base_models or {}).get("models")
    relation = (base_models or {}).get("relation")
    parents = []
    for model in models if isinstance(models, list) else []:
        repo_id = model.get("id") if isinstance(model, dict) else None
        hub_id = model.get("_id") if isinstance(model, dict) else None
        if isinstance(repo_id, str):
            parents.append(HubParent(hub_id if isinstance(hub_id, str) else None, repo_id))
    return parents, relation if isinstance(relation, str) else None
