"""Write harvester/extract/config/model_types.py: which key feeds which column for which model type.

The facts are those of the transformers library, read off its configuration classes: their fields, their
``attribute_map`` and their defaults. Run it with a Python that has transformers (no torch), outside this project's
environment:

    python -m venv /tmp/facts && /tmp/facts/bin/pip install transformers
    PYTHONPATH=. /tmp/facts/bin/python tools/config_keys.py            # writes the table
    PYTHONPATH=. /tmp/facts/bin/python tools/config_keys.py --review   # fields that look like a column but feed none

Decisions made by hand are in harvester/extract/config/overrides.py, with the reason.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import transformers
from transformers.configuration_utils import PretrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from harvester.extract.config.overrides import OVERRIDES
from harvester.schema.config_columns import CONFIG_COLUMNS

TARGET = Path(__file__).parents[1] / "harvester/extract/config/model_types.py"

#: column -> the names the library itself uses for it, which attribute_map translates to a class's own field
CANONICAL = {
    "hidden_size": ("hidden_size",),
    "intermediate_size": ("intermediate_size",),
    "moe_intermediate_size": ("moe_intermediate_size",),
    "num_hidden_layers": ("num_hidden_layers",),
    "num_attention_heads": ("num_attention_heads",),
    "num_key_value_heads": ("num_key_value_heads",),
    "head_dim": ("head_dim",),
    "vocab_size": ("vocab_size",),
    "context_length": ("max_position_embeddings",),
    "hidden_act": ("hidden_act",),
    "norm_eps": ("rms_norm_eps", "layer_norm_eps"),
    "sliding_window": ("sliding_window",),
    "num_experts": ("num_experts", "num_local_experts"),
    "num_experts_per_token": ("num_experts_per_tok",),
    "num_shared_experts": ("num_shared_experts", "n_shared_experts"),
    "rope_theta": ("rope_theta",),
    "layer_types": ("layer_types",),
}
#: columns of which an encoder-decoder has two: the decoder's counts
DECODER_FIRST = {
    "num_hidden_layers": ("decoder_layers", "num_decoder_layers"),
    "num_attention_heads": ("decoder_attention_heads", "num_decoder_attention_heads"),
    "intermediate_size": ("decoder_ffn_dim",),
    "context_length": ("max_target_positions", "max_decoder_position_embeddings"),
}
#: what a field's documentation says when it may feed a column
TELLING = re.compile(
    r"(?:The )?(?:[Hh]idden )?(?:[Dd]imension|[Ww]idth|[Nn]umber of (?:\w+ ){0,3}(?:layers|heads|experts)"
    r"|[Mm]aximum (?:\w+ ){0,2}(?:sequence|length|positions)|(?:[Nn]on-linear )?activation|epsilon|[Vv]ocabulary"
    r"|(?:[Ss]ize of the )?(?:sliding )?window)"
)


def classes() -> Iterator[tuple[str, type[PretrainedConfig]]]:
    """Every model type of the library and of the sub-configs its classes name, once."""
    seen: set[str] = set()
    queue = [CONFIG_MAPPING[name] for name in CONFIG_MAPPING]
    for name in CONFIG_MAPPING:
        seen.add(name)
        yield name, CONFIG_MAPPING[name]
    while queue:
        for child in (getattr(queue.pop(), "sub_configs", None) or {}).values():
            name = getattr(child, "model_type", "")
            if name and name not in seen and issubclass(child, PretrainedConfig):
                seen.add(name)
                queue.append(child)
                yield name, child


def fields_of(config: type[PretrainedConfig]) -> dict[str, object]:
    """A class's own fields and their defaults, without those every class has."""
    common = set(inspect.signature(PretrainedConfig.__init__).parameters)
    parameters = inspect.signature(config.__init__).parameters
    return {
        name: parameter.default
        for name, parameter in parameters.items()
        if name not in common or name == "tie_word_embeddings"
    }


def feeding(config: type[PretrainedConfig]) -> dict[str, str]:
    """For each column the field of this class that feeds it, where there is one."""
    fields = fields_of(config)
    translate = getattr(config, "attribute_map", None) or {}
    found: dict[str, str] = {}
    for column in CONFIG_COLUMNS:
        candidates = [*DECODER_FIRST.get(column.name, ())]
        for name in CANONICAL.get(column.name, ()):
            candidates.append(translate.get(name, name))
        candidates += column.keys
        key = next((name for name in candidates if name in fields), None)
        if key is not None and key not in found.values():
            found[column.name] = key
    return found


def rows() -> Iterator[tuple[str, str, bool | None]]:
    """Model type, its columns as ``column=key`` (the key left out where it is the column's name), tied by default."""
    for name, config in sorted(classes(), key=lambda item: item[0]):
        pairs = " ".join(
            column if column == key else f"{column}={key}" for column, key in sorted(feeding(config).items())
        )
        tied = fields_of(config).get("tie_word_embeddings")
        yield name, pairs, tied if isinstance(tied, bool) else None


def write() -> None:
    lines = [
        f'"""Which key feeds which column for each model type. Generated by tools/config_keys.py from transformers '
        f'{transformers.__version__}."""',
        "",
        "# ruff: noqa: E501",
        "",
        "#: model type -> columns and their keys: ``column``, or ``column=key`` where they differ in name",
        "KEYS: dict[str, str] = {",
    ]
    table = list(rows())
    lines += [f'    "{name}": "{pairs}",' for name, pairs, _ in table if pairs]
    lines += ["}", "", "#: model types whose input and output embeddings are one matrix unless the file says otherwise"]
    lines += ["TIED: frozenset[str] = frozenset(", "    {"]
    lines += [f'        "{name}",' for name, _, tied in table if tied]
    lines += ["    }", ")", ""]
    TARGET.write_text("\n".join(lines))
    print(f"{len(table)} model types written to {TARGET}")


def review() -> None:
    """Print fields that no column reads although their documentation sounds like one, for a person to judge."""
    decided = {(model_type, key) for row in OVERRIDES for model_type in row.model_types for key in row.keys}
    found: dict[tuple[str, str], list[str]] = {}
    for name, config in classes():
        used = set(feeding(config).values())
        documentation = inspect.getdoc(config) or ""
        for field in fields_of(config):
            text = re.search(rf"^( *){re.escape(field)} \(.*\n((?:\1 +.*\n?)+)", documentation, re.MULTILINE)
            if field not in used and (name, field) not in decided and text and TELLING.match(text.group(2).strip()):
                found.setdefault((field, " ".join(text.group(2).split())[:110]), []).append(name)
    for (field, meaning), names in sorted(found.items()):
        print(f"{field}\t{meaning}\t{len(names)} {' '.join(names[:4])}")


if __name__ == "__main__":
    if "--review" in sys.argv:
        review()
    else:
        write()
