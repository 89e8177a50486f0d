"""Counts the parameters of tensors before quantization, not as stored: packed values count separately.

The rule: integer and boolean buffers count; scales, zero points and ``g_idx`` do not; a packed tensor counts its
values. If nothing is quantized that is the sum over all tensors; ``stored`` is that sum always. How a
tensor is packed follows from its name and dtype, how many bits from the shapes beside it:

    GPTQ, AWQ      ``qweight`` I32               32 / bits, bits = 32 x columns of qzeros / columns of scales
    compressed     ``weight_packed`` I32 or U8   32 / bits as the config says; U8 is NVFP4, two each
    MXFP4          ``*_blocks`` U8               two each (gpt-oss)
    NVFP4          ``weight`` U8                 two each, where ``weight_scale`` is F8_E4M3
    MXFP4          ``weight`` U8                 two each, where ``weight_scale`` has one for 32 (Quark)
    FP4, E8M0      ``weight`` I8 or U8           two each, one scale of F8_E8M0 per 32 values (DeepSeek V4)
    fused experts  ``*_proj`` I8 or U8           two each, where ``*_proj_scale`` has one for 16 or 32 values
    fused experts  ``*_packed`` I32 or U8        as ``weight_packed``
    INT4           ``weight`` I8 or U8           two each, where the config says 4 bits and a scale is for such a group
    bitsandbytes   ``weight`` U8                 two each, where ``absmax`` is there
    BitNet         ``weight`` U8                 four each, where the config says so
    MLX            ``weight`` U32                32 / bits, bits = 32 x its columns / columns of scales / group size,
                                                 4 or 8 bits in groups of 32 or 16 where scales are U8 (MXFP4, NVFP4)
    HQQ            ``W_q``                       width / bits as the config says
    EXL2, EXL3     ``q_weight``, ``trellis``     inputs (length of q_invperm) x outputs; 256 each tile

A tensor of F8_E8M0 is a scale whatever its name. ``scale`` beside a ``weight`` of 8 bits or fewer is one too, and so is
``gate_up_proj_scale`` beside such a ``gate_up_proj``; a norm's ``scale`` and a ``logit_scale`` are parameters.
"""

import re
from collections import Counter
from dataclasses import dataclass
from math import prod

#: Names (the last part of a tensor's) that only quantizers write, for what a weight is multiplied or shifted with.
_SIDE = frozenset(
    """
    qzeros g_idx weight_scale_inv weight_scale_2 weight_zero_point weight_g_idx weight_shape weight_global_scale
    input_global_scale absmax quant_map nested_absmax nested_quant_map SCB weight_format q_scale_max q_groups
    q_group_map q_perm q_invperm suh svh comfy_quant bitsandbytes__nf4 bitsandbytes__fp4 scales_and_zeros
    """.split()  # noqa: SIM905
)
#: Names that are a quantizer's only where there is other sign of one; in other models they are learned.
_PERHAPS_SIDE = frozenset(
    """
    weight_scale input_scale input_scale_inv input_zero_point output_scale activation_scale k_scale v_scale kv_scale
    scale_weight scale_input scales zeros biases q_scale scale zero zero_point
    """.split()  # noqa: SIM905
)
#: Those of them that the packing of the weight beside them follows from.
_TELLING = frozenset(
    ("scales", "qzeros", "q_invperm", "q_perm", "weight_scale", "weight_scale_2", "weight_scale_inv", "scale", "absmax")
)
#: A scale or zero point in one name with the tensor it belongs to, as experts that are one tensor have it.
_FUSED = re.compile(
    r"(.{1,200}?)(?:_weight)?(?:_input|_output|_global|_block)?(?:_scales?(?:_inv|_2)?|_zero_points?|_q?zeros|_shape)\Z"
)
#: Dtypes that matrices have only when they are quantized.
_LOW = frozenset(("I8", "F4", "F6_E2M3", "F6_E3M2", "F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F8_E8M0"))
#: Methods whose packing is not known here (codebooks and the like).
_UNKNOWN_METHODS = frozenset(("aqlm", "vptq", "quip", "quip#", "spqr", "higgs", "squeezellm", "qqq", "torchao"))
_PACKED = frozenset(("qweight", "weight_packed", "W_q", "q_weight", "trellis"))
_PACKED_IN = {"weight": ("U8", "I8", "U32"), "blocks": ("U8",)}
_SCALE = "F8_E8M0"
_WIDTH = {"I32": 32, "U32": 32, "I16": 16, "U8": 8, "I8": 8, "I64": 64}
#: MLX writes groups of 64 by default (mlx.core.quantize); those of floats of 4 or 8 bits have scales of U8.
_MLX_GROUPS, _MLX_FLOAT_GROUPS = (64, 32, 128), (32, 16)
_BITS = (1, 2, 3, 4, 5, 6, 8)


@dataclass(frozen=True, slots=True)
class Quantization:
    """What the model's config says of its quantization; None where it says nothing."""

    method: str | None = None
    bits: int | None = None
    group_size: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """The logical parameters, by stored dtype; ``assumed`` says what the shapes did not determine."""

    tensors: int
    by_dtype: dict[str, int]
    stored: dict[str, int]
    assumed: str | None

    @property
    def parameters(self) -> int:
        """The sum over all dtypes."""
        return sum(self.by_dtype.values())


@dataclass(frozen=True, slots=True)
class _Beside:
    """What a tensor says about the weight beside it: dtype, dimensions and size of the last one (0 for a scalar)."""

    dtype: str
    dimensions: int
    last: int


@dataclass(frozen=True, slots=True)
class _Named:
    """A tensor kept whole: its name, dtype and shape; ``side`` where it is a quantizer's whatever is beside it."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    side: bool = False


def _two_each(shape: tuple[int, ...], scale: _Named, given: Quantization) -> bool:
    """Whether a scale of 8 bits, or one as the config says, covers 16 or 32 values, two to a byte."""
    if len(scale.shape) != len(shape):
        return False
    differ = [(size, held) for size, held in zip(shape, scale.shape, strict=True) if size != held]
    step = {_SCALE: 16, "U8": 16, "F8_E4M3": 8}.get(scale.dtype)
    return len(differ) == 1 and (differ[0][0] == differ[0][1] * (step or 0) or _in_fours(*differ[0], given))


def _in_fours(size: int, scales: int, given: Quantization) -> bool:
    """Whether so many bytes with so many scales are two values each, as the config says: 4 bits in groups."""
    return given.bits == 4 and bool(given.group_size) and 2 * size == scales * (given.group_size or 0)


class Packing:
    """Takes the tensors of one header one by one; keeps shapes only of packed ones and of tensors beside them."""

    def __init__(self, quantization: Quantization | None = None) -> None:
        self._given = quantization or Quantization()
        self._tensors = 0
        self._plain: Counter[str] = Counter()
        self._stored: Counter[str] = Counter()
        self._perhaps: Counter[tuple[str, str]] = Counter()
        self._packed: list[tuple[str, str, str, tuple[int, ...]]] = []
        self._beside: dict[str, _Beside] = {}
        self._low: dict[str, tuple[str, tuple[int, ...]]] = {}
        self._low_modules: set[str] = set()
        self._fused: list[_Named] = []
        self._fused_packed: set[str] = set()
        self._scales: list[_Named] = []
        self._quantized = bool(self._given.bits or self._given.method)

    @property
    def tensors(self) -> int:
        """How many were added."""
        return self._tensors

    @property
    def dtypes(self) -> int:
        """How many dtypes they have."""
        return len(self._stored)

    def add(self, name: str, dtype: str, shape: tuple[int, ...]) -> None:
        """One tensor: its name, dtype as the header writes it, shape (empty for a scalar)."""
        self._tensors += 1
        size = prod(shape)
        self._stored[dtype] += size
        module, _, leaf = name.rpartition(".")
        if leaf.endswith(("_blocks", "_scales")) and dtype == "U8":
            module, leaf = name[: -len("_blocks")], leaf[-len("blocks") :]
        if leaf in _TELLING:
            self._beside[name] = _Beside(dtype, len(shape), shape[-1] if shape else 0)
        low = dtype in _LOW or dtype == "U8"
        if low and leaf == "weight":
            self._low_modules.add(module)
        if leaf in _SIDE or dtype == _SCALE or (leaf in _PERHAPS_SIDE and dtype == "U8"):
            self._quantized = True
            if _FUSED.match(leaf):
                self._fused.append(_Named(name, dtype, shape, side=True))
        elif leaf.endswith("_packed") and leaf != "weight_packed" and dtype in ("I32", "U8"):
            stem = name.removesuffix("_packed").removesuffix("_weight")
            self._fused_packed.add(stem)
            self._packed.append((stem, "weight_packed", dtype, shape))
        elif leaf == "scale":
            self._scales.append(_Named(module, dtype, shape))
        elif leaf in _PERHAPS_SIDE:
            self._perhaps[leaf, dtype] += size
        elif (leaf in _PACKED and dtype in _WIDTH) or (leaf in ("weight", "blocks") and dtype in _PACKED_IN[leaf]):
            self._packed.append((module, leaf, dtype, shape))
        elif _FUSED.match(leaf):
            self._fused.append(_Named(name, dtype, shape))
        else:
            self._plain[dtype] += size
            if low and len(shape) > 1:
                self._low[name] = (dtype, shape)
            self._quantized |= dtype in _LOW and len(shape) > 1

    def counted(self) -> Counted:
        """The counts of all that was added."""
        by_dtype = Counter(self._plain)
        assumed: set[str] = set()
        quantized = self._quantized
        for module, leaf, dtype, shape in self._packed:
            values, assumption = self._values(module, leaf, dtype, shape)
            quantized |= values != prod(shape) or leaf != "weight" or self._of(module, "weight_scale") is not None
            by_dtype[dtype] += values
            assumed |= {assumption} if assumption else set()
        for (leaf, dtype), size in self._perhaps.items():
            if not quantized or leaf == "zero":
                by_dtype[dtype] += size
        for scale in self._scales:
            if scale.name not in self._low_modules:
                by_dtype[scale.dtype] += prod(scale.shape)
        self._count_fused(by_dtype)
        if self._given.method in _UNKNOWN_METHODS:
            assumed.add(f"the packing of {self._given.method} is not known: counted as stored")
        # A dtype of empty tensors is reported; one that only scales have is not.
        kept = {dtype: size for dtype, size in by_dtype.items() if size or not self._stored[dtype]}
        return Counted(self._tensors, kept, dict(self._stored), "; ".join(sorted(assumed)) or None)

    def _count_fused(self, by_dtype: Counter[str]) -> None:
        """Leave out what scales a fused tensor, and count that one's values where it holds two each."""
        unpacked: set[str] = set()
        for one in self._fused:
            found = _FUSED.match(one.name)
            stem = found[1] if found else one.name
            if stem in self._fused_packed:
                continue
            base = next((name for name in (stem, f"{stem}_weight") if name in self._low), None)
            if base is None:
                by_dtype[one.dtype] += 0 if one.side else prod(one.shape)
                continue
            dtype, shape = self._low[base]
            if base not in unpacked and dtype in ("U8", "I8") and _two_each(shape, one, self._given):
                unpacked.add(base)
                by_dtype[dtype] += prod(shape)

    def _values(self, module: str, leaf: str, dtype: str, shape: tuple[int, ...]) -> tuple[int, str | None]:
        """The number of values in a tensor that may be packed, and what had to be assumed."""
        size = prod(shape)
        if leaf == "weight" and dtype == "I8":
            return self._of_signed_bytes(module, shape), None
        if leaf == "weight":
            return self._of_bytes(module, shape) if dtype == "U8" else self._of_words(module, shape)
        if leaf == "blocks" or (leaf == "weight_packed" and dtype == "U8"):
            return size * 2, None
        if leaf == "trellis":
            return (prod(shape[:2]) * 256, None) if len(shape) == 3 else (size, None)
        if leaf == "q_weight":
            inputs = self._of(module, "q_invperm") or self._of(module, "q_perm")
            if inputs and inputs.dimensions == 1 and len(shape) == 2:
                return inputs.last * shape[1], None
        bits = self._bits_of_columns(module, shape) if leaf == "qweight" else None
        if bits is None and self._given.bits in _BITS:
            bits = self._given.bits
        if bits is None:
            return size * _WIDTH[dtype] // 4, "4 bits assumed for packed weights"
        return size * _WIDTH[dtype] // bits, None

    def _of(self, module: str, leaf: str) -> _Beside | None:
        return self._beside.get(f"{module}.{leaf}" if module else leaf)

    def _of_bytes(self, module: str, shape: tuple[int, ...]) -> tuple[int, str | None]:
        """A ``weight`` of U8: 4 bits if there is a scale for every 16 or 32 values, else whole bytes."""
        size, scale = prod(shape), self._of(module, "weight_scale") or self._of(module, "scale")
        blocks = bool(
            scale
            and scale.dimensions > 1
            and shape
            and (shape[-1] in (scale.last * 8, scale.last * 16) or _in_fours(shape[-1], scale.last, self._given))
        )
        nvfp4 = (scale is not None and scale.dtype == "F8_E4M3") or self._of(module, "weight_scale_2") is not None
        four = (self._given.method, self._given.bits) == ("bitsandbytes", 4) and shape[1:] == (1,)
        if blocks or nvfp4 or four or self._of(f"{module}.weight" if module else "weight", "absmax"):
            return size * 2, None
        # Four ternary values a byte (transformers, ``integrations/bitnet.py``).
        return (size * 4 if self._given.method == "bitnet" and scale else size), None

    def _of_signed_bytes(self, module: str, shape: tuple[int, ...]) -> int:
        """A ``weight`` of I8: two values per byte if a scale of 8 bits is for 16 or 32, else whole bytes."""
        for leaf in ("scale", "weight_scale", "weight_scale_inv"):
            scale = self._of(module, leaf)
            step = {_SCALE: 16, "U8": 16, "F8_E4M3": 8}.get(scale.dtype) if scale and scale.dimensions > 1 else None
            if scale and step and shape[-1:] == (scale.last * step,):
                return prod(shape) * 2
            if scale and scale.dimensions > 1 and shape and _in_fours(shape[-1], scale.last, self._given):
                return prod(shape) * 2
        return prod(shape)

    def _of_words(self, module: str, shape: tuple[int, ...]) -> tuple[int, str | None]:
        """A ``weight`` of U32, as MLX packs it."""
        size, scales = prod(shape), self._of(module, "scales")
        if not scales or not shape or not scales.last:
            return size, None
        floats, given = scales.dtype == "U8", self._given
        usual = _MLX_FLOAT_GROUPS if floats else _MLX_GROUPS
        for group in (given.group_size,) if given.group_size else usual:
            bits, rest = divmod(32 * shape[-1], scales.last * group)
            possible = not rest and bits in ((4, 8) if floats else _BITS)
            if possible and (given.group_size or given.bits in (None, bits)):
                known = floats or given.group_size or given.bits
                return size * 32 // bits, None if known else "groups of 64 assumed for MLX weights"
        return size * 8, "4 bits assumed for packed weights"

    def _bits_of_columns(self, module: str, shape: tuple[int, ...]) -> int | None:
        """Bits of a GPTQ or AWQ weight, from the tensors of its module."""
        scales, zeros = self._of(module, "scales"), self._of(module, "qzeros")
        if not scales or not scales.last:
            return None
        for columns in ([zeros.last] if zeros and zeros.dimensions else []) + ([shape[-1]] if shape else []):
            bits, rest = divmod(32 * columns, scales.last)
            if not rest and bits in _BITS:
                return bits
        return None
