"""Which layers of a mixture of experts have experts, how many and how wide: the rules of each model type."""

from collections.abc import Mapping
from typing import NamedTuple

from harvester.extract.config.convert import integer
from harvester.extract.config.estimates.sizes import LARGEST
from harvester.extract.values import Value

#: Model types whose experts have the width of ``intermediate_size``.
_PLAIN_WIDTH = frozenset(("mixtral", "olmoe", "phimoe", "granitemoe", "gpt_oss", "minimax_m2", "flex_olmo"))


class Experts(NamedTuple):
    """Layers with experts, routed experts of each, their width, and the width of the shared ones together."""

    layers: int
    number: int
    width: int
    shared: int


def experts_of(scope: Mapping[str, Value], typed: Mapping[str, object], layers: int, inner: int) -> Experts | None:
    """The experts of a model, or None where the config does not say all of it."""
    count = typed.get("num_experts")
    width = inner if scope.get("model_type") in _PLAIN_WIDTH else typed.get("moe_intermediate_size")
    if not isinstance(count, int) or not isinstance(width, int) or not 0 < count < LARGEST or not 0 < width < LARGEST:
        return None
    shared = integer(scope.get("shared_expert_intermediate_size"))
    if shared is None:
        number = typed.get("num_shared_experts")
        shared = number * width if isinstance(number, int) and 0 <= number < LARGEST else 0
    sparse = _sparse_layers(scope, typed, layers)
    return None if sparse is None or not 0 <= shared < LARGEST else Experts(sparse, count, width, shared)


def _sparse_layers(scope: Mapping[str, Value], typed: Mapping[str, object], layers: int) -> int | None:
    """How many layers have experts."""
    first = typed.get("first_dense_layers", 0)
    step = integer(scope.get("decoder_sparse_step")) or integer(scope.get("moe_layer_freq")) or 1
    dense = scope.get("mlp_only_layers")
    if not isinstance(first, int) or step != 1 or not 0 <= first <= layers:
        return None
    listed = {layer for layer in dense if type(layer) is int} if type(dense) is list else set()
    return layers - len({layer for layer in listed if first <= layer < layers}) - first
