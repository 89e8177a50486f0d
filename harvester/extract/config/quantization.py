"""How the weights are quantized: the dialects of a dozen libraries, read into method, bits, group size and type."""

import re
from collections.abc import Iterable, Mapping

from harvester.extract.config.convert import first, integer, mapping, text
from harvester.extract.values import Value

#: Keys under which a config holds its quantization, and MLX writes its own without a method.
_BLOCKS = ("quantization_config", "compression_config", "quantization")
#: Bits of a weight that a method fixes. Sources: the methods' own documentation.
_FIXED_BITS = {"fp8": 8, "fbgemm_fp8": 8, "finegrained_fp8": 8, "eetq": 8, "mxfp4": 4, "nvfp4": 4, "mxfp8": 8}
_BITS = ("bits", "w_bit", "num_bits", "nbits", "weight_bits", "quant_bits")
_GROUPS = ("group_size", "q_group_size", "weight_group_size")
#: A number of bits within a name: int4, float8, FP8, NVFP4, W4A16, 4bit.
_NAMED_BITS = re.compile(r"(?:int|float|fp|mxfp|nvfp|w|u)_?([1-8])(?![0-9])|\b([1-8])bits?\b", re.IGNORECASE)


def read_quantization(scopes: Iterable[Mapping[str, Value]], typed: dict[str, object]) -> None:
    """Fill the quantization columns from the first block found in ``scopes``."""
    for scope in scopes:
        for key in _BLOCKS:
            block = scope.get(key)
            if type(block) is dict and block:
                read_block(block, typed, mlx=key == "quantization")
                return
        if "quantization_bit" in scope:  # ChatGLM; 0 is none
            bits = integer(scope["quantization_bit"])
            if bits:
                typed["quant_bits"] = bits
                return


def read_block(block: Mapping[str, Value], typed: dict[str, object], *, mlx: bool = False) -> None:
    """Fill the quantization columns from one block: the config's, or the whole of a quantize_config.json."""
    method = text(block.get("quant_method"))
    if method is not None:
        typed["quant_method"] = method
    effective = method or _guess_method(block, mlx=mlx)
    if effective is not None:
        typed["quant_method_effective"] = effective
    groups = [mapping(mapping(group).get("weights")) for group in mapping(block.get("config_groups")).values()]
    groups = [group for group in groups if group]  # a group may quantize activations alone
    bits = _same(integer(group.get("num_bits")) for group in groups) if groups else None
    differ = bits is None and len({integer(group.get("num_bits")) for group in groups}) > 1
    if bits is None and not differ:
        written = first(block, _BITS, integer)
        bits = written if isinstance(written, int) else _switched_bits(block) or _named_bits(block, effective)
    if bits is not None:
        typed["quant_bits"] = bits
    size = _same(integer(group.get("group_size")) for group in groups) if groups else first(block, _GROUPS, integer)
    if isinstance(size, int):
        typed["quant_group_size"] = size
    named = _quant_type(block, groups)
    if named is not None:
        typed["quant_type"] = named


def _guess_method(block: Mapping[str, Value], *, mlx: bool) -> str | None:
    """The method of a block that does not say it, by the keys only that library writes."""
    if "load_in_4bit" in block or "load_in_8bit" in block or "bnb_4bit_quant_type" in block:
        return "bitsandbytes"
    if "desc_act" in block or "damp_percent" in block:
        return "gptq"
    if "w_bit" in block or ("zero_point" in block and "version" in block):
        return "awq"
    if "config_groups" in block:
        return "compressed-tensors"
    if mlx or ("bits" in block and "group_size" in block):
        return "mlx"
    return None


def _switched_bits(block: Mapping[str, Value]) -> int | None:
    """bitsandbytes writes a switch for each width, with or without an underscore before it."""
    for switch, bits in (("load_in_4bit", 4), ("load_in_8bit", 8)):
        if block.get(switch) is True or block.get("_" + switch) is True:
            return bits
    return None


def _named_bits(block: Mapping[str, Value], method: str | None) -> int | None:
    """Bits that the method fixes or that a name states."""
    if method in _FIXED_BITS:
        return _FIXED_BITS[method]
    inner = mapping(mapping(block.get("quant_config")).get("weight_quant_params"))  # hqq
    bits = integer(inner.get("nbits"))
    if bits is not None:
        return bits
    for key in ("weights", "quant_algo", "quant_type", "weight_dtype", "scheme", "data_type"):
        name = block.get(key)
        found = _NAMED_BITS.search(name[:60]) if type(name) is str else None
        if found is not None:
            return int(found.group(1) or found.group(2))
    return None


def _quant_type(block: Mapping[str, Value], groups: list[Mapping[str, Value]]) -> str | None:
    if groups:
        names = {text(group.get("type")) for group in groups}
        return names.pop() if len(names) == 1 else None
    return text(first(block, ("bnb_4bit_quant_type", "fmt", "quant_type", "quant_algo", "data_type"), text))


def _same(values: Iterable[int | None]) -> int | None:
    """The value all of them have, else None."""
    different = set(values)
    return different.pop() if len(different) == 1 else None
