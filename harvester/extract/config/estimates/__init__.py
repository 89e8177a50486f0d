"""How many parameters a config describes, for architectures that are understood; NULL for all others.

Counts the weights a checkpoint of the first class in ``architectures`` holds, before quantization. Every model type
here was compared with models built from the configuration classes (tools/config_estimates.py): within 2%. To add one,
add a row to the table of its family and run that comparison.
"""

from collections.abc import Mapping

from harvester.extract.config.estimates.decoders import DECODERS, estimate_decoder
from harvester.extract.config.estimates.encoders import SPEECH, VISION, estimate_speech, estimate_vision
from harvester.extract.config.estimates.resampled import RESAMPLED, estimate_resampled
from harvester.extract.config.estimates.seq2seq import SEQ2SEQ, estimate_seq2seq
from harvester.extract.config.estimates.shapes import SHAPES, estimate_shapes
from harvester.extract.config.estimates.sizes import LARGEST
from harvester.extract.values import Value

#: Every model type that is estimated by a rule written by hand; ``shapes`` has those generated.
FAMILIES: frozenset[str] = frozenset((*DECODERS, *SEQ2SEQ, *SPEECH, *VISION, *RESAMPLED))
#: Model types that write the sizes of the language part at the root, whatever parts they name.
_AT_ROOT = frozenset(("fuyu", *RESAMPLED))
_CAP = 2**62
#: Ends of class names whose heads are understood; a draft model or an adapter built on a known type is different.
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
    elif model_type in DECODERS:
        return estimate_decoder(DECODERS[model_type], scope, typed)
    elif model_type in SEQ2SEQ:
        total = estimate_seq2seq(SEQ2SEQ[model_type], scope, typed)
    elif model_type in SPEECH:
        total = estimate_speech(scope, typed)
    else:
        total = estimate_vision(scope, typed)
    return None if total is None else (total, None)


_SIZES = ("hidden_size", "num_hidden_layers", "intermediate_size", "vocab_size", "context_length")
