"""How many parameters a config describes, for architectures that are understood; NULL for all others.

Counts the weights a checkpoint of the first class in ``architectures`` holds, before quantization. Every model type
here was compared with models built from the configuration classes (tools/config_estimates.py): within 2%. To add one,
add a row to the table of its family and run that comparison.
"""

from collections.abc import Mapping

from harvester.extract.config.estimates.pairs import PAIRS, estimate_pair
from harvester.extract.config.estimates.resampled import RESAMPLED, estimate_resampled
from harvester.extract.config.estimates.shapes import SHAPES, estimate_shapes
from harvester.extract.config.estimates.sizes import LARGEST
from harvester.extract.config.estimates.stacks import STACKS, estimate_stack
from harvester.extract.config.estimates.waves import VISION, WAVES, estimate_vision, estimate_wave
from harvester.extract.values import Value

#: Every model type that is estimated by a rule written by hand; ``shapes`` has those generated.
FAMILIES: frozenset[str] = frozenset((*STACKS, *PAIRS, *WAVES, *VISION, *RESAMPLED))
#: Model types that write the sizes of the language part at the root, whatever parts they name.
_AT_ROOT = frozenset(("fuyu", *RESAMPLED))
_CAP = 2**62
#: Ends of class names whose heads are understood; a draft model or an adapter built on a known type is another thing.
_KNOWN_CLASS = (
    "Model", "CausalLM", "ConditionalGeneration", "MaskedLM", "PreTraining", "Classification", "QuestionAnswering",
    "MultipleChoice", "CTC", "Projection", "Prediction", "Decoder",
)  # fmt: skip


def read_estimates(root: Mapping[str, Value], typed: dict[str, object], *, flat: bool) -> None:
    """Fill ``parameters_estimated``, and for mixtures of experts ``parameters_active``, where they are understood."""
    model_type = root.get("model_type")
    if type(model_type) is not str:
        return
    found = estimate_shapes(root, typed) if model_type in SHAPES else None
    if found is None and model_type in FAMILIES and (flat or model_type in _AT_ROOT):
        found = estimate(root, typed)
    if found is None:
        return
    total, active = found
    if 0 < total < _CAP:
        typed["parameters_estimated"] = total
    if active is not None and 0 < active < _CAP:
        typed["parameters_active"] = active


def estimate(scope: Mapping[str, Value], typed: Mapping[str, object]) -> tuple[int, int | None] | None:
    """All parameters of a model of one of ``FAMILIES`` by its flat config, and those a token uses of a mixture.

    None where it is not understood.
    """
    model_type = str(scope.get("model_type"))
    for column in _SIZES:
        value = typed.get(column)
        if isinstance(value, int) and value > LARGEST:
            return None
    name = typed.get("architecture")
    if model_type in RESAMPLED:
        total = estimate_resampled(scope, typed)
    elif isinstance(name, str) and not name.endswith(_KNOWN_CLASS):
        return None
    elif model_type in STACKS:
        return estimate_stack(STACKS[model_type], scope, typed)
    elif model_type in PAIRS:
        total = estimate_pair(PAIRS[model_type], scope, typed)
    elif model_type in WAVES:
        total = estimate_wave(scope, typed)
    else:
        total = estimate_vision(scope, typed)
    return None if total is None else (total, None)


_SIZES = ("hidden_size", "num_hidden_layers", "intermediate_size", "vocab_size", "context_length")
