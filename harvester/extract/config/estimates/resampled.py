"""Parameters of MiniCPM-V: a language model at the root, a vision transformer of SigLIP's kind, and a resampler."""

from collections.abc import Mapping

from harvester.extract.config.convert import integer, mapping
from harvester.extract.config.estimates.decoders import DECODERS, estimate_decoder
from harvester.extract.config.estimates.sizes import LARGEST, block, size
from harvester.extract.values import Value

#: Model types, each with the class whose checkpoints are meant.
RESAMPLED = {"minicpmv": "MiniCPMV"}


def estimate_resampled(scope: Mapping[str, Value], typed: Mapping[str, object]) -> int | None:
    """The parameters of the whole, or None where the config does not say all of it."""
    if typed.get("architecture") != RESAMPLED[str(scope["model_type"])]:
        return None
    language = estimate_decoder(DECODERS["llama"], scope, {**typed, "architecture": "LlamaForCausalLM"})
    vision = mapping(scope.get("vision_config"))
    image, patch, queries = (integer(value) for value in (*map(vision.get, _SIDES), scope.get("query_num")))
    width, layers = size(typed, "vision_hidden_size"), size(typed, "vision_num_hidden_layers")
    inner, handed = size(typed, "vision_intermediate_size"), size(typed, "hidden_size")
    if language is None or width is None or layers is None or inner is None or handed is None:
        return None
    if image is None or patch is None or queries is None or not 0 < patch <= image < LARGEST:
        return None
    if not 0 < queries < LARGEST:
        return None
    layers -= scope.get("drop_vision_last_layer") is True
    eye = width * (3 * patch * patch + (image // patch) ** 2 + 3) + layers * block(width, inner)
    return language[0] + eye + handed * (queries + width + 5 * handed + 10)


_SIDES = ("image_size", "patch_size")
