"""The schemes of a quantization block: bits, group size and number format of each group of modules that has its own."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from harvester.extract.config.convert import first, integer, mapping, text
from harvester.extract.values import Value

#: Bits of a weight that a method fixes. Sources: the methods' own documentation.
_FIXED_BITS = {"fp8": 8, "fbgemm_fp8": 8, "finegrained_fp8": 8, "eetq": 8, "mxfp4": 4, "nvfp4": 4, "mxfp8": 8}
_BITS = ("bits", "w_bit", "num_bits", "nbits", "weight_bits", "quant_bits")
_GROUPS = ("group_size", "q_group_size", "weight_group_size")
#: A number of bits within a name: int4, float8, FP8, NVFP4, W4A16, 4bit.
_NAMED_BITS = re.compile(r"(?:int|float|fp|mxfp|nvfp|nf|w|u)_?([1-8])(?![0-9])|\b([1-8])bits?\b", re.IGNORECASE)
#: The weights' part of torchao's names: int8_dynamic_activation_int4_weight, Int4WeightOnlyConfig.
_WEIGHT_BITS = re.compile(r"(?:int|float|mxfp|nvfp|fp)_?([1-8])_?weight", re.IGNORECASE)
_NAMES = (
    "weights", "quant_algo", "quant_type", "weight_dtype", "scheme", "data_type", "forward_dtype", "qformat_weight",
)  # fmt: skip
_TYPES = ("bnb_4bit_quant_type", "fmt", "quant_type", "quant_algo", "data_type", "forward_dtype", "qformat_weight")
#: Where a library keeps modules whose bits are others: GPTQModel, AutoRound (twice).
_OVERRIDES = ("dynamic", "extra_config", "layer_config")
#: From this number of bits on, a module is left as it is.
_WHOLE = 16
#: Modules looked at; genuine blocks name every layer, some 100,000 in the largest mixtures.
_CAP = 200_000


class Scheme(NamedTuple):
    """How one group of modules is quantized; None where the block does not say."""

    bits: int | None
    group_size: int | None
    type: str | None


def schemes_of(block: Mapping[str, Value], method: str | None) -> set[Scheme]:
    """Return the different schemes of a block."""
    for key, read in _DIALECTS:
        if key in block:
            found = set(read(block))
            if found:
                return found
    base = _base(block, method)
    return {base, *_overrides(block, base, mlx=method == "mlx")}


def named_bits(name: str) -> int | None:
    """Bits that a name states: 4 of ``nvfp4``, ``W4A16`` or ``uint4``."""
    found = _NAMED_BITS.search(name[:60])
    return int(found.group(1) or found.group(2)) if found else None


def _base(block: Mapping[str, Value], method: str | None) -> Scheme:
    """What the block says of all modules."""
    bits = first(block, _BITS, integer)
    size = first(block, _GROUPS, integer)
    kind = first(block, _TYPES, text)
    if method == "mlx":
        kind = None if block.get("mode") == "affine" else text(block.get("mode"))
    return Scheme(
        bits if isinstance(bits, int) else _switched_bits(block) or _bits_by_name(block, method),
        size if isinstance(size, int) else None,
        kind if isinstance(kind, str) else None,
    )


def _switched_bits(block: Mapping[str, Value]) -> int | None:
    """bitsandbytes writes a switch for each width, with or without an underscore before it."""
    for switch, bits in (("load_in_4bit", 4), ("load_in_8bit", 8)):
        if block.get(switch) is True or block.get("_" + switch) is True:
            return bits
    return None


def _bits_by_name(block: Mapping[str, Value], method: str | None) -> int | None:
    """Bits that the method fixes or that a name states."""
    if method in _FIXED_BITS:
        return _FIXED_BITS[method]
    for key in _NAMES:
        name = block.get(key)
        bits = named_bits(name) if type(name) is str else None
        if bits is not None:
            return bits
    return None


def _overrides(block: Mapping[str, Value], base: Scheme, *, mlx: bool) -> Iterator[Scheme]:
    """The modules that a block names with bits or groups of their own."""
    held = [mapping(block.get(key)) for key in _OVERRIDES]
    for names in [block, *held] if mlx else held:
        for name, given in names.items():
            if type(given) is not dict or name.startswith("-:"):
                continue  # GPTQModel writes -: before modules that are left out
            bits, size = first(given, _BITS, integer), first(given, _GROUPS, integer)
            scheme = Scheme(
                bits if isinstance(bits, int) else base.bits,
                size if isinstance(size, int) else base.group_size,
                text(given.get("mode")) if mlx and given.get("mode") not in (None, "affine") else base.type,
            )
            if scheme.bits is None or scheme.bits < _WHOLE:
                yield scheme


def _groups(block: Mapping[str, Value]) -> Iterator[Scheme]:
    """compressed-tensors; a group may quantize activations alone."""
    for group in mapping(block.get("config_groups")).values():
        weights = mapping(mapping(group).get("weights"))
        if weights:
            size = integer(weights.get("group_size"))
            yield Scheme(integer(weights.get("num_bits")), size, text(weights.get("type")))


def _algorithms(block: Mapping[str, Value]) -> Iterator[Scheme]:
    """ModelOpt with an algorithm for each layer (``MIXED_PRECISION``)."""
    for _, layer in zip(range(_CAP), mapping(block.get("quantized_layers")).values(), strict=False):
        algorithm = text(mapping(layer).get("quant_algo"))
        if algorithm is not None:
            yield Scheme(named_bits(algorithm), integer(mapping(layer).get("group_size")), algorithm)


def _quark(block: Mapping[str, Value]) -> Iterator[Scheme]:
    """Quark: one scheme for all layers, others by layer or by kind of layer; null leaves a layer as it is."""
    if "global_quant_config" not in block:
        return
    by_layer = [mapping(block.get(key)) for key in ("layer_quant_config", "layer_type_quant_config")]
    for given in (block["global_quant_config"], *(layer for layers in by_layer for layer in layers.values())):
        weight = mapping(given).get("weight")
        if type(weight) is list:  # quantized in two steps: the last is what is stored
            weight = weight[-1] if weight else None
        dtype = text(mapping(weight).get("dtype"))
        if dtype is not None:
            element = text(mapping(weight).get("mx_element_dtype")) if dtype == "mx" else dtype
            yield Scheme(named_bits(element or ""), integer(mapping(weight).get("group_size")), dtype)


def _torchao(block: Mapping[str, Value]) -> Iterator[Scheme]:
    """torchao: a name with arguments beside it, or objects of ``_type`` and ``_data``."""
    kind = block.get("quant_type")
    if type(kind) is str and (found := _WEIGHT_BITS.search(kind[:100])):
        yield Scheme(int(found[1]), integer(mapping(block.get("quant_type_kwargs")).get("group_size")), text(kind))
    configs = list(mapping(kind).values()) if "_type" not in mapping(kind) else [kind]
    for config in configs:
        data = mapping(mapping(config).get("_data"))
        by_module = mapping(data.get("module_fqn_to_config")) or mapping(data.get("fqn_to_config"))
        for one in by_module.values() if by_module else (config,):
            scheme = _torchao_scheme(mapping(one))
            if scheme is not None:
                yield scheme


def _torchao_scheme(config: Mapping[str, Value]) -> Scheme | None:
    name, data = text(config.get("_type")), mapping(config.get("_data"))
    if name is None:
        return None
    found = _WEIGHT_BITS.search(name[:100])
    bits = int(found[1]) if found else integer(data.get("bit_width"))
    if bits is None and "mbits" in data:  # FPX: a sign, exponent and mantissa
        exponent, mantissa = integer(data.get("ebits")), integer(data["mbits"])
        bits = None if exponent is None or mantissa is None else 1 + exponent + mantissa
    for key in ("weight_dtype", "dtype"):
        held = data.get(key)
        dtype = text(mapping(held).get("_data") if type(held) is dict else held)
        bits = named_bits(dtype) if bits is None and dtype is not None else bits
    if bits is None:
        bits = named_bits(name)
    granularity = mapping(data.get("weight_granularity")) or mapping(data.get("granularity"))
    size = integer(data.get("group_size"))
    if size is None:
        size = integer(mapping(granularity.get("_data")).get("group_size"))
    return Scheme(bits, size, name)


def _hqq(block: Mapping[str, Value]) -> Iterator[Scheme]:
    """HQQ: one ``weight_quant_params``, or one for each kind of module."""
    inner = mapping(block.get("quant_config")) or block
    for given in (inner, *(value for value in inner.values() if type(value) is dict)):
        weights = mapping(given.get("weight_quant_params"))
        if weights:
            yield Scheme(integer(weights.get("nbits")), integer(weights.get("group_size")), None)


#: Dialects that write schemes apart, by the key that each of them has.
_DIALECTS = (
    ("config_groups", _groups),
    ("quantized_layers", _algorithms),
    ("global_quant_config", _quark),
    ("quant_type", _torchao),
    ("quant_config", _hqq),
    ("weight_quant_params", _hqq),
)
