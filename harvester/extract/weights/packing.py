"""Counts the parameters of tensors as the model has them, not as they are stored: what is packed counts unpacked.

The rule (DESIGN.md 6): integer and boolean buffers count; scales, zero points and ``g_idx`` do not; a packed tensor
counts the values it holds. How it is packed follows from its name and dtype, how many bits from the shapes beside it:

    GPTQ, AWQ      ``qweight`` I32               32 / bits, bits = 32 x columns of qzeros / columns of scales
    compressed     ``weight_packed`` I32 or U8   32 / bits as the config says; U8 is NVFP4, two each
    MXFP4          ``*_blocks`` U8               two each (gpt-oss)
    NVFP4          ``weight`` U8                 two each, where ``weight_scale`` is F8_E4M3
    bitsandbytes   ``weight`` U8                 two each, where ``absmax`` is there
    MLX            ``weight`` U32                32 / bits, bits = 32 x its columns / columns of scales / group size
    HQQ            ``W_q``                       width / bits as the config says
    EXL2, EXL3     ``q_weight``, ``trellis``     inputs (length of q_invperm) x outputs; 256 each tile
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import prod

#: Names (the last part of a tensor's) that only quantizers write, for what a weight is multiplied or shifted with.
_SIDE = frozenset(
    """
    qzeros g_idx weight_scale weight_scale_inv weight_scale_2 weight_zero_point weight_g_idx weight_shape
    weight_global_scale
    input_scale input_scale_inv input_global_scale input_zero_point output_scale activation_scale k_scale v_scale
    kv_scale scale_weight scale_input absmax quant_map nested_absmax nested_quant_map SCB weight_format q_scale_max
    q_groups q_group_map q_perm q_invperm suh svh comfy_quant bitsandbytes__nf4 bitsandbytes__fp4 scales_and_zeros
    """.split()  # noqa: SIM905
)
#: Names that are a quantizer's only where there is other sign of one.
_PERHAPS_SIDE = frozenset(("scales", "zeros", "biases", "q_scale", "scale", "zero", "zero_point"))
_PACKED = frozenset(("qweight", "weight_packed", "W_q", "q_weight", "trellis"))
_PACKED_IN = {"weight": ("U8", "U32"), "blocks": ("U8",)}
_WIDTH = {"I32": 32, "U32": 32, "I16": 16, "U8": 8, "I8": 8, "I64": 64}
#: MLX writes groups of 64 unless told otherwise (mlx.core.quantize).
_MLX_GROUPS = (64, 32, 128)
_BITS = (1, 2, 3, 4, 5, 6, 8)


@dataclass(frozen=True, slots=True)
class Quantization:
    """What the model's config says of its quantization; None where it says nothing."""

    method: str | None = None
    bits: int | None = None
    group_size: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """The logical parameters, by stored dtype; ``assumed`` tells what the shapes did not."""

    tensors: int
    by_dtype: dict[str, int]
    stored: dict[str, int]
    assumed: str | None

    @property
    def parameters(self) -> int:
        """The sum over all dtypes."""
        return sum(self.by_dtype.values())


class Packing:
    """Takes the tensors of one header one by one; keeps shapes only of packed ones and of what stands beside them."""

    def __init__(self, quantization: Quantization | None = None) -> None:
        self._given = quantization or Quantization()
        self._tensors = 0
        self._plain: Counter[str] = Counter()
        self._stored: Counter[str] = Counter()
        self._perhaps: dict[str, tuple[str, str, int]] = {}
        self._packed: list[tuple[str, str, str, tuple[int, ...]]] = []
        self._beside: defaultdict[str, dict[str, tuple[str, tuple[int, ...]]]] = defaultdict(dict)
        self._kinds: set[str] = set()

    @property
    def tensors(self) -> int:
        """How many were added."""
        return self._tensors

    def add(self, name: str, dtype: str, shape: tuple[int, ...]) -> None:
        """One tensor: its name, dtype as the header writes it, shape (empty for a scalar)."""
        self._tensors += 1
        size = prod(shape)
        self._stored[dtype] += size
        module, _, leaf = name.rpartition(".")
        if leaf.endswith(("_blocks", "_scales")) and dtype == "U8":
            module, leaf = name[: -len("_blocks")], leaf[-len("blocks") :]
        if leaf in _SIDE or (leaf in _PERHAPS_SIDE and dtype == "U8"):
            self._beside[module][leaf] = (dtype, shape)
            self._kinds.add(leaf)
        elif leaf in _PERHAPS_SIDE:
            self._beside[module][leaf] = (dtype, shape)
            self._perhaps[name] = (leaf, dtype, size)
        elif (leaf in _PACKED and dtype in _WIDTH) or (leaf in ("weight", "blocks") and dtype in _PACKED_IN[leaf]):
            self._packed.append((module, leaf, dtype, shape))
        else:
            self._plain[dtype] += size

    def counted(self) -> Counted:
        """The counts of all that was added."""
        by_dtype = Counter(self._plain)
        assumed: set[str] = set()
        quantized = bool(self._kinds or self._given.bits)
        for module, leaf, dtype, shape in self._packed:
            values, assumption = self._values(module, leaf, dtype, shape)
            quantized |= values != prod(shape) or leaf != "weight"
            by_dtype[dtype] += values
            assumed |= {assumption} if assumption else set()
        for leaf, dtype, size in self._perhaps.values():
            # A norm's ``scale`` is a parameter; next to quantized weights only these three are a quantizer's.
            if not quantized or leaf in ("scale", "zero"):
                by_dtype[dtype] += size
        kept = {dtype: size for dtype, size in by_dtype.items() if size}
        return Counted(self._tensors, kept, dict(self._stored), "; ".join(sorted(assumed)) or None)

    def _values(self, module: str, leaf: str, dtype: str, shape: tuple[int, ...]) -> tuple[int, str | None]:
        """How many values a tensor that may be packed holds, and what had to be assumed for it."""
        size, beside = prod(shape), self._beside.get(module, {})
        if leaf == "weight":
            return self._weight(module, dtype, shape)
        if leaf == "blocks" or (leaf == "weight_packed" and dtype == "U8"):
            return size * 2, None
        if leaf == "trellis":
            return (prod(shape[:2]) * 256, None) if len(shape) == 3 else (size, None)
        if leaf == "q_weight":
            inputs = beside.get("q_invperm") or beside.get("q_perm")
            if inputs and len(inputs[1]) == 1 and len(shape) == 2:
                return inputs[1][0] * shape[1], None
        bits = _bits_of_columns(shape, beside) if leaf == "qweight" else None
        if bits is None and self._given.bits in _BITS:
            bits = self._given.bits
        if bits is None:
            return size * _WIDTH[dtype] // 4, "4 bits assumed for packed weights"
        return size * _WIDTH[dtype] // bits, None

    def _weight(self, module: str, dtype: str, shape: tuple[int, ...]) -> tuple[int, str | None]:
        size, beside = prod(shape), self._beside.get(module, {})
        if dtype == "U8":
            nvfp4 = beside.get("weight_scale", ("", ()))[0] == "F8_E4M3" or "weight_scale_2" in beside
            bitsandbytes = "absmax" in self._beside.get(f"{module}.weight", {})
            return (size * 2 if nvfp4 or bitsandbytes else size), None
        scales = beside.get("scales")
        if not scales or not shape or not scales[1]:
            return size, None
        if not scales[1][-1]:
            return size, None
        groups = (self._given.group_size,) if self._given.group_size else _MLX_GROUPS
        for group in groups:
            bits, rest = divmod(32 * shape[-1], scales[1][-1] * group)
            if not rest and bits in _BITS and (self._given.group_size or self._given.bits in (None, bits)):
                known = self._given.group_size or self._given.bits
                return size * 32 // bits, None if known else "groups of 64 assumed for MLX weights"
        return size * 8, "4 bits assumed for packed weights"


def _bits_of_columns(shape: tuple[int, ...], beside: dict[str, tuple[str, tuple[int, ...]]]) -> int | None:
    """Bits of a GPTQ or AWQ weight, from the tensors of its module."""
    scales, zeros = beside.get("scales"), beside.get("qzeros")
    if not scales or not scales[1] or not scales[1][-1]:
        return None
    outputs = scales[1][-1]
    for columns in ([zeros[1][-1]] if zeros and zeros[1] else []) + ([shape[-1]] if shape else []):
        bits, rest = divmod(32 * columns, outputs)
        if not rest and bits in _BITS:
            return bits
    return None
