"""Parameters of single-modality models: vision transformers, and speech encoders over raw waves."""

from collections.abc import Mapping

from harvester.extract.config.convert import integer
from harvester.extract.config.estimates.sizes import LARGEST, block, shape_of, size
from harvester.extract.values import Value

#: Vision transformers, each with the rows of its position table beside those of the patches.
VISION: dict[str, int] = {"vit": 1, "deit": 2, "clip_vision_model": 1, "siglip_vision_model": 0, "dinov2": 1}
#: Speech encoders with a convolutional front over the wave.
SPEECH: frozenset[str] = frozenset(("wav2vec2", "hubert", "wavlm", "unispeech", "unispeech-sat"))
_FRONT_CAP = 32


def estimate_vision(scope: Mapping[str, Value], typed: Mapping[str, object]) -> int | None:
    """The parameters of a vision transformer of square images."""
    width, layers = size(typed, "hidden_size"), size(typed, "num_hidden_layers")
    image, patch = size(typed, "image_size"), size(typed, "patch_size")
    model_type = str(scope["model_type"])
    inner = size(typed, "intermediate_size")
    if model_type == "dinov2" and width is not None and scope.get("use_swiglu_ffn") is not True:
        ratio = integer(scope.get("mlp_ratio"))
        inner = width * ratio if ratio is not None and 0 < ratio < 64 else None
    channels = integer(scope.get("num_channels", 3))
    if width is None or layers is None or image is None or patch is None or inner is None or channels is None:
        return None
    if not 0 < channels < 4096 or patch > image:
        return None
    extra = VISION[model_type]
    total = width * (channels * patch * patch + (image // patch) ** 2 + 2 * extra + 3)
    total += layers * (block(width, inner) + (2 * width if model_type == "dinov2" else 0))
    if model_type == "siglip_vision_model":
        total += block(width, inner)  # the attention pooling
    classes = typed.get("num_labels")
    name = typed.get("architecture")
    if isinstance(name, str) and "Classif" in name:
        total += (classes if isinstance(classes, int) and 0 < classes < LARGEST else 0) * width
    elif model_type in ("vit", "deit"):
        total += width * width
    return total


def estimate_speech(scope: Mapping[str, Value], typed: Mapping[str, object]) -> int | None:
    """The parameters of a speech encoder."""
    shape = shape_of(typed)
    widths, kernels = _integers(scope.get("conv_dim")), _integers(scope.get("conv_kernel"))
    kernel = integer(scope.get("num_conv_pos_embeddings"))
    groups = integer(scope.get("num_conv_pos_embedding_groups"))
    if (
        scope.get("add_adapter") is True
        or shape is None
        or not widths
        or len(widths) != len(kernels)
        or not kernel
        or not groups
    ):
        return None
    if not 0 < kernel < LARGEST or not 0 < groups < LARGEST:
        return None
    total = sum(kernel * into * out for kernel, into, out in zip(kernels, [1, *widths], widths, strict=False))
    total += shape.width * (widths[-1] + 1 + kernel * shape.width // groups)
    total += shape.layers * block(shape.width, shape.inner)
    name = typed.get("architecture")
    return total + (shape.vocabulary * shape.width if isinstance(name, str) and "CTC" in name else 0)


def _integers(value: Value) -> list[int]:
    """The list if it is one of few, reasonable integers, else an empty one."""
    if type(value) is not list or len(value) > _FRONT_CAP:
        return []
    return value if all(type(item) is int and 0 < item < LARGEST for item in value) else []
