"""How the weights are quantized: the dialects of a dozen libraries, read into method, bits, group size and type."""

from collections.abc import Iterable, Mapping

from harvester.extract.config.convert import first, integer, mapping, text
from harvester.extract.config.schemes import named_bits, schemes_of
from harvester.extract.values import Value

#: Keys of the quantization in a config; MLX and TensorRT-LLM write the last one.
_BLOCKS = ("quantization_config", "compression_config", "quantization")
_MODELOPT: dict[str, Value] = {"name": "modelopt"}
#: Former names of a method.
_SAME = {"intel/auto-round": "auto-round"}
#: What MLX writes beside the modules that differ (mlx.nn.quantize).
_MLX = frozenset(("bits", "group_size", "mode"))


def read_quantization(scopes: Iterable[Mapping[str, Value]], typed: dict[str, object]) -> None:
    """Fill the quantization columns from the first block found in ``scopes``."""
    for scope in scopes:
        for key in _BLOCKS:
            block = scope.get(key)
            if type(block) is dict and block:
                mlx = type(scope.get("quantization")) is dict and _is_mlx(block)
                # ModelOpt writes an algorithm without a method; TensorRT-LLM, in its words, names the writer beside it.
                writer = (
                    scope.get("producer") if key == "quantization" else _MODELOPT if "quant_algo" in block else None
                )
                read_block(block if writer is None else {"producer": writer, **block}, typed, mlx=mlx)
                _compare_experts(scopes, typed)
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
    effective = _SAME.get(method, method) if method else "mlx" if mlx else _guess_method(block)
    if effective is not None:
        typed["quant_method_effective"] = effective
    schemes = schemes_of(block, effective)
    for column, values in (
        ("quant_bits", {scheme.bits for scheme in schemes}),
        ("quant_group_size", {scheme.group_size for scheme in schemes}),
        ("quant_type", {scheme.type for scheme in schemes}),
    ):
        value = values.pop() if len(values) == 1 else None
        if value is not None:
            typed[column] = value


def read_hf_quant_config(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    """ModelOpt's hf_quant_config.json: the block is under ``quantization``, its writer beside it."""
    block = mapping(root.get("quantization"))
    if block:
        read_block({**block, "producer": _MODELOPT}, typed)


def _guess_method(block: Mapping[str, Value]) -> str | None:
    """The method of a block that does not say it, by the keys only that library writes."""
    producer = mapping(block.get("producer")).get("name")
    if producer == "modelopt":
        return "modelopt"
    if "load_in_4bit" in block or "load_in_8bit" in block or "bnb_4bit_quant_type" in block:
        return "bitsandbytes"
    if "autoround_version" in block or "enable_minmax_tuning" in block:
        return "auto-round"
    if "desc_act" in block or "damp_percent" in block:
        return "gptq"
    if "w_bit" in block or ("zero_point" in block and "version" in block):
        return "awq"
    if "global_quant_config" in block:
        return "quark"
    if "weight_quant_params" in block or "weight_quant_params" in mapping(block.get("quant_config")):
        return "hqq"
    if str(block.get("qformat_weight")).startswith("fp8"):  # Mistral's params.json
        return "fp8"
    if "config_groups" in block:
        return "compressed-tensors"
    return None


def _is_mlx(block: Mapping[str, Value]) -> bool:
    """Whether a block has only what MLX writes: bits, group size, mode, and modules that differ."""
    bits, size = block.get("bits"), block.get("group_size")
    if type(bits) is not int or type(size) is not int:
        return False
    return all(key in _MLX or type(value) in (dict, bool) for key, value in block.items())


def _compare_experts(scopes: Iterable[Mapping[str, Value]], typed: dict[str, object]) -> None:
    """Drop the bits where the experts have others (``expert_dtype`` of DeepSeek V4 beside a block of FP8)."""
    for scope in scopes:
        dtype = first(scope, ("expert_dtype",), text)
        bits = named_bits(dtype) if isinstance(dtype, str) else None
        if bits is not None and typed.get("quant_bits", bits) != bits:
            del typed["quant_bits"]
