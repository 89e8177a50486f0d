"""The parts of a composite config: its language part, and its vision, audio and encoder parts."""

from collections.abc import Mapping

from harvester.extract.config.convert import double, first, integer, mapping, text
from harvester.extract.values import Value

#: Keys of the language part in a composite config, the most likely first.
LANGUAGE = (
    "text_config",
    "llm_config",
    "language_config",
    "language_model_config",
    "lm_config",
    "llm_cfg",
    "text_model_config",
    "llm",
    "language_model",
    "language",
    "text_backbone_config",
    "thinker_config",
    "vlm_config",
    "decoder",
    "decoder_config",
    "generator",
    "text_config_dict",
)
VISION = (
    "vision_config",
    "visual",
    "visual_config",
    "vision_encoder_config",
    "vision_tower_config",
    "vision_tower_cfg",
    "vision_model_config",
    "visual_tokenizer_config",
    "image_encoder_config",
    "vit_config",
    "siglip_config",
    "image_config",
    "vision_backbone_config",
    "backbone_config",
    "vision_config_dict",
    "vision_encoder",
    "vision_cfg",
    "vision_model",
    "vision_tower",
    "vision",
    "visual_encoder",
    "image_encoder",
    "vit",
)
AUDIO = (
    "audio_config",
    "audio_encoder_config",
    "audio_encoder",
    "audio_model_config",
    "audio_tower_config",
    "speech_config",
    "speech_encoder",
    "speech_encoder_config",
    "whisper_config",
    "sound_config",
    "audio_cfg",
    "audio_tower",
    "audio_model",
    "audio",
)
ENCODER = ("encoder", "encoder_config", "text_encoder", "question_encoder")
_ALL = frozenset((*LANGUAGE, *VISION, *AUDIO, *ENCODER))
#: Keys of a part that is not a language part, whatever it contains.
_OTHER_SENSES = frozenset(("image_size", "patch_size", "num_mel_bins", "conv_dim", "in_channels", "sampling_rate"))
#: How deep a language part may lie: thinker_config.text_config is the deepest genuine one.
_DEPTH = 4

_WIDTH = ("hidden_size", "d_model", "width", "embed_dim", "n_embd", "dim", "hidden_dim")
_LAYERS = (
    "num_hidden_layers",
    "depth",
    "num_layers",
    "n_layer",
    "n_layers",
    "layers",
    "encoder_layers",
    "num_blocks",
    "conf_num_hidden_layers",
)
_HEADS = (
    "num_attention_heads",
    "num_heads",
    "n_head",
    "n_heads",
    "attention_heads",
    "heads",
    "encoder_attention_heads",
)
_INNER = ("intermediate_size", "encoder_ffn_dim", "ffn_dim", "mlp_dim", "n_inner", "d_ff")
_POSITIONS = ("max_position_embeddings", "max_source_positions", "n_positions")
_FLAT_ENCODER = {
    "encoder_num_hidden_layers": ("encoder_layers", "num_encoder_layers", "encoder_num_hidden_layers"),
    "encoder_num_attention_heads": (
        "encoder_attention_heads",
        "num_encoder_attention_heads",
        "encoder_num_attention_heads",
    ),
    "encoder_intermediate_size": ("encoder_ffn_dim",),
    "encoder_context_length": ("max_source_positions", "max_encoder_position_embeddings"),
}
_DECODER_LAYERS = frozenset(("decoder_layers", "num_decoder_layers", "decoder_num_hidden_layers"))


def is_flat(root: Mapping[str, Value]) -> bool:
    """Whether the config has no part: an empty one, or a string under its key, does not count."""
    words = False
    for key, value in root.items():
        if type(value) is dict and value:
            if key in _ALL:
                return False
            words = words or "vocab_size" in value
    return not words or _unlisted(root) is None


def language_scopes(root: Mapping[str, Value]) -> list[Mapping[str, Value]]:
    """The config itself, then its language part, then that one's, as far as they nest."""
    scopes = [root]
    for _ in range(_DEPTH):
        part = _part(scopes[-1:], LANGUAGE) or _unlisted(scopes[-1])
        if part is None:
            break
        scopes.append(part)
    return scopes


def _unlisted(scope: Mapping[str, Value]) -> Mapping[str, Value] | None:
    """The language part under an unknown key: the only part with a width, layers and a vocabulary.

    There is none if the config itself has a width or layers.
    """
    found = None
    for key, part in scope.items():
        if type(part) is not dict or "vocab_size" not in part or key in _ALL or not _OTHER_SENSES.isdisjoint(part):
            continue
        if _says(part, _WIDTH) and _says(part, _LAYERS):
            if found is not None:
                return None
            found = part
    return None if found is None or _says(scope, _WIDTH) or _says(scope, _LAYERS) else found


def _says(scope: Mapping[str, Value], keys: tuple[str, ...]) -> bool:
    return any(scope.get(key) is not None for key in keys)


def read_parts(root: Mapping[str, Value], scopes: list[Mapping[str, Value]], typed: dict[str, object]) -> None:
    """Fill the columns of the vision, audio and encoder parts, and the language part's model type."""
    if len(scopes) > 1:
        _put(typed, "text_model_type", text(scopes[-1].get("model_type")))
    encoder = _part(scopes, ENCODER)
    if encoder is not None:
        inner = _part([encoder], LANGUAGE)
        chain = [encoder] if inner is None else [encoder, inner]
        _put(typed, "encoder_model_type", text(encoder.get("model_type")))
        _put_first(typed, "encoder_hidden_size", chain, _WIDTH)
        _put_first(typed, "encoder_num_hidden_layers", chain, _LAYERS)
        _put_first(typed, "encoder_num_attention_heads", chain, _HEADS)
        _put_first(typed, "encoder_intermediate_size", chain, _INNER)
        _put_first(typed, "encoder_context_length", chain, _POSITIONS)
    vision = _part(scopes, VISION)
    audio = _part(scopes, AUDIO)
    if encoder is not None:
        if vision is None and ("image_size" in encoder or "patch_size" in encoder):
            vision = encoder
        elif audio is None and ("num_mel_bins" in encoder or "conv_dim" in encoder):
            audio = encoder
    if vision is not None:
        _read_vision(vision, root, typed)
    if audio is not None:
        _put(typed, "audio_model_type", text(audio.get("model_type")))
        _put_first(typed, "audio_hidden_size", [audio], _WIDTH)
        _put_first(typed, "audio_num_hidden_layers", [audio], _LAYERS)
        _put_first(typed, "num_mel_bins", [audio], ("num_mel_bins",))


def read_flat_encoder(scope: Mapping[str, Value], typed: dict[str, object]) -> None:
    """Fill the encoder's columns of an encoder-decoder that writes both side by side."""
    if scope.keys().isdisjoint(_DECODER_LAYERS) or not any(scope.get(key) is not None for key in _DECODER_LAYERS):
        return
    for column, keys in _FLAT_ENCODER.items():
        _put_first(typed, column, [scope], keys)
    if "encoder_num_hidden_layers" not in typed and "num_decoder_layers" in scope:
        _put_first(typed, "encoder_num_hidden_layers", [scope], ("num_layers",))  # T5 and its kin


def read_blocks(scope: Mapping[str, Value], typed: dict[str, object]) -> None:
    """Fill what MPT and DBRX write in blocks of their own within the language part."""
    attention, feed_forward = mapping(scope.get("attn_config")), mapping(scope.get("ffn_config"))
    if attention.get("rope") is not False:
        _put(typed, "rope_theta", double(attention.get("rope_theta")))
    _put(typed, "num_key_value_heads", integer(attention.get("kv_n_heads")))
    window = integer(attention.get("sliding_window_size"))
    _put(typed, "sliding_window", window if window is not None and window > 0 else None)
    experts = integer(feed_forward.get("moe_num_experts"))
    _put(typed, "num_experts", experts)
    _put(typed, "num_experts_per_token", integer(feed_forward.get("moe_top_k")))
    width = "intermediate_size" if experts is None else "moe_intermediate_size"
    _put(typed, width, integer(feed_forward.get("ffn_hidden_size")))


def read_image_sizes(scope: Mapping[str, Value], typed: dict[str, object]) -> None:
    """Fill ``image_size`` and ``patch_size`` where they are square."""
    for column in ("image_size", "patch_size"):
        if column not in typed and column in scope:
            _put(typed, column, square(scope[column]))


def square(value: Value) -> int | None:
    """The side of a square in pixels: an integer, two equal ones, or an object of equal height and width."""
    if type(value) is dict:
        value = [value.get("height"), value.get("width")]
    return integer(value)


def _read_vision(vision: Mapping[str, Value], root: Mapping[str, Value], typed: dict[str, object]) -> None:
    inner = _part([vision], ("vision_config", "backbone_config"))
    chain = [vision] if inner is None else [vision, inner]
    if "num_hidden_layers" not in vision:
        chain += _without_prefix(vision)
    # Qwen2-VL calls the width embed_dim, and hidden_size what it hands to the language part.
    hands_over = "embed_dim" in vision and "depth" in vision
    _put(typed, "vision_model_type", text(vision.get("model_type")))
    _put_first(typed, "vision_hidden_size", chain, ("embed_dim", *_WIDTH) if hands_over else _WIDTH)
    _put_first(typed, "vision_num_hidden_layers", chain, _LAYERS)
    _put_first(typed, "vision_num_attention_heads", chain, _HEADS)
    _put_first(typed, "vision_intermediate_size", chain, _INNER)
    for scope in chain:
        read_image_sizes(scope, typed)


def _without_prefix(part: Mapping[str, Value]) -> list[Mapping[str, Value]]:
    """The part under the usual names, where all of them have one word before them (Kimi: ``vt_hidden_size``)."""
    for key in part:
        if key.endswith("_num_hidden_layers") and not key.startswith("text_"):
            prefix = key[: -len("num_hidden_layers")]
            return [{name.removeprefix(prefix): part[name] for name in part if name.startswith(prefix)}]
    return []


def _part(scopes: list[Mapping[str, Value]], names: tuple[str, ...]) -> Mapping[str, Value] | None:
    for scope in scopes:
        for name in names:
            if name in scope and mapping(scope[name]):
                return mapping(scope[name])
    return None


def _put(typed: dict[str, object], column: str, value: object) -> None:
    if value is not None:
        typed[column] = value


def _put_first(typed: dict[str, object], column: str, scopes: list[Mapping[str, Value]], keys: tuple[str, ...]) -> None:
    for scope in scopes:
        value = first(scope, keys, integer)
        if value is not None:
            typed[column] = value
            return
