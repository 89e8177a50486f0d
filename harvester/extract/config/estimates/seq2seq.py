"""Parameters of encoder-decoders: BART and its kin, T5 and its kin, Whisper."""

from collections.abc import Mapping
from dataclasses import dataclass

from harvester.extract.config.convert import integer
from harvester.extract.config.estimates.sizes import LARGEST, Shape, block, has_head, shape_of, size
from harvester.extract.values import Value


@dataclass(frozen=True, slots=True)
class Seq2Seq:
    """What sets a family of encoder-decoders apart."""

    #: rows of each of the two position tables beside the declared ones
    extra_positions: int = 0
    t5: bool = False
    speech: bool = False


SEQ2SEQ: dict[str, Seq2Seq] = {
    **dict.fromkeys(("bart", "mbart", "plbart", "mvp"), Seq2Seq(extra_positions=2)),
    **dict.fromkeys(("marian", "pegasus", "blenderbot", "blenderbot-small", "m2m_100"), Seq2Seq()),
    **dict.fromkeys(("t5", "mt5", "umt5"), Seq2Seq(t5=True)),
    "whisper": Seq2Seq(speech=True),
}


def estimate_seq2seq(model: Seq2Seq, scope: Mapping[str, Value], typed: Mapping[str, object]) -> int | None:
    """The parameters of an encoder-decoder, or of its encoder where only that was saved."""
    shape = shape_of(typed)
    encoder_layers = size(typed, "encoder_num_hidden_layers") or (shape.layers if shape and model.t5 else None)
    if shape is None or not shape.vocabulary or encoder_layers is None or "CausalLM" in str(typed.get("architecture")):
        return None
    if model.t5:
        return _t5(scope, typed, shape, encoder_layers)
    inner = size(typed, "encoder_intermediate_size") or shape.inner
    width = shape.width
    total = shape.vocabulary * width + encoder_layers * block(width, inner)
    total += shape.layers * (block(width, shape.inner) + 4 * width * width + 6 * width)
    if model.speech:
        mels = integer(scope.get("num_mel_bins"))
        source = size(typed, "encoder_context_length")
        if mels is None or source is None or not 0 < mels < LARGEST:
            return None
        return total + 3 * width * (mels + width) + (source + shape.positions) * width
    total += 2 * (shape.positions + model.extra_positions) * width
    if not shape.tied and has_head(typed):
        total += shape.vocabulary * width
    return total


def _t5(scope: Mapping[str, Value], typed: Mapping[str, object], shape: Shape, encoder_layers: int) -> int:
    attention = 4 * shape.width * shape.heads * shape.head
    kind = scope.get("feed_forward_proj")
    mlp = (3 if type(kind) is str and kind.startswith("gated") else 2) * shape.width * shape.inner
    total = shape.vocabulary * shape.width + encoder_layers * (attention + mlp + 2 * shape.width)
    name = typed.get("architecture")
    if isinstance(name, str) and "Encoder" in name:
        return total
    total += shape.layers * (2 * attention + mlp + 3 * shape.width)
    return total + (shape.vocabulary * shape.width if not shape.tied and has_head(typed) else 0)
