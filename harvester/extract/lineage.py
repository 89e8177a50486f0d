"""The declared parents of a model: sources, relations, and the parents in a GGUF header.

The catalogue's ``71_claims.sql`` and ``72_lineage.sql`` make the edges; texts are read by ``ids.references``.
"""

from collections.abc import Mapping

from harvester.extract.ids import reference

#: The closed list of ``lineage.relation``.
RELATIONS = ("finetune", "adapter", "quantized", "merge", "unknown")
#: Sources, the most trusted first: what is declared, then what is evident from files and text.
DECLARED = ("hub", "tag", "card", "adapter_config")
EVIDENT = ("mergekit", "weights", "card_body", "name_or_path")
SOURCES = (*DECLARED, *EVIDENT)

#: Sources whose edges say nothing of an adapter_config.json beside them.
NO_ADAPTER = ("name_or_path", "weights", "mergekit")
#: Synonyms of relations, in lower case; any other word is unknown.
SAME_RELATION = {
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
