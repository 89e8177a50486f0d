"""The tensors of each architecture: a size in, names and shapes out, as `transformers` writes them.

A model has therefore as many parameters as its size's label says.
A buffer that a class does not save is absent, and so is an output that shares the input embeddings.
"""

from samplehub.simulated.sizes import Size

#: name and shape
Shape = tuple[str, tuple[int, ...]]
Shapes = list[Shape]


def linear(name: str, out: int, into: int, *, bias: bool = True) -> Shapes:
    """A linear layer."""
    return [(f"{name}.weight", (out, into)), *([(f"{name}.bias", (out,))] if bias else [])]


def norm(name: str, width: int, *, bias: bool = True) -> Shapes:
    """A normalisation, or a bias and a weight for each channel."""
    return [(f"{name}.weight", (width,)), *([(f"{name}.bias", (width,))] if bias else [])]


def conv(name: str, out: int, into: int, *kernel: int, bias: bool = True) -> Shapes:
    """A convolution."""
    return [(f"{name}.weight", (out, into, *kernel)), *([(f"{name}.bias", (out,))] if bias else [])]


def embedding(name: str, rows: int, width: int) -> Shapes:
    """A table of embeddings."""
    return [(f"{name}.weight", (rows, width))]


def _attention(layer: str, size: Size, *, bias: bool, normed: bool) -> Shapes:
    width, kept = size.heads * size.head_width, size.kv_heads * size.head_width
    shapes = [
        *linear(f"{layer}.self_attn.q_proj", width, size.hidden, bias=bias),
        *linear(f"{layer}.self_attn.k_proj", kept, size.hidden, bias=bias),
        *linear(f"{layer}.self_attn.v_proj", kept, size.hidden, bias=bias),
        *linear(f"{layer}.self_attn.o_proj", size.hidden, width, bias=False),
    ]
    for part in ("q_norm", "k_norm") if normed else ():
        shapes += norm(f"{layer}.self_attn.{part}", size.head_width, bias=False)
    return shapes


def _gated(name: str, size: Size, parts: tuple[str, str, str]) -> Shapes:
    gate, up, down = parts
    return [
        *linear(f"{name}.{gate}", size.inner, size.hidden, bias=False),
        *linear(f"{name}.{up}", size.inner, size.hidden, bias=False),
        *linear(f"{name}.{down}", size.hidden, size.inner, bias=False),
    ]


def _decoder(size: Size, labels: int, stem: str = "model", **kind: bool) -> Shapes:
    """A decoder whose layers have ``kind``: bias, normed, experts, or four norms."""
    shapes = embedding(f"{stem}.embed_tokens", size.vocab, size.hidden)
    norms = ["input_layernorm", "post_attention_layernorm"]
    norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"] if kind.get("four_norms") else []
    for number in range(size.layers):
        layer = f"{stem}.layers.{number}"
        shapes += _attention(layer, size, bias=kind.get("bias", False), normed=kind.get("normed", False))
        if kind.get("experts"):
            shapes += linear(f"{layer}.block_sparse_moe.gate", 8, size.hidden, bias=False)
            for expert in range(8):
                shapes += _gated(f"{layer}.block_sparse_moe.experts.{expert}", size, ("w1", "w3", "w2"))
        else:
            shapes += _gated(f"{layer}.mlp", size, ("gate_proj", "up_proj", "down_proj"))
        for name in norms:
            shapes += norm(f"{layer}.{name}", size.hidden, bias=False)
    shapes += norm(f"{stem}.norm", size.hidden, bias=False)
    if labels:
        shapes += linear("score", labels, size.hidden, bias=False)
    elif not size.tied:
        shapes += linear("lm_head", size.vocab, size.hidden, bias=False)
    return shapes


def llama(size: Size, labels: int, task: str) -> Shapes:
    """LLaMA and Mistral."""
    return _decoder(size, labels)


def qwen2(size: Size, labels: int, task: str) -> Shapes:
    """Qwen2: a bias for queries, keys and values."""
    return _decoder(size, labels, bias=True)


def qwen3(size: Size, labels: int, task: str) -> Shapes:
    """Qwen3: queries and keys are normalised."""
    return _decoder(size, labels, normed=True)


def mixtral(size: Size, labels: int, task: str) -> Shapes:
    """Mixtral: eight experts per layer."""
    return _decoder(size, labels, experts=True)


def gemma3(size: Size, labels: int, task: str) -> Shapes:
    """Gemma 3: a decoder, and SigLIP in front of it."""
    text = _decoder(size, 0, "language_model.model", normed=True, four_norms=True)
    tower = "vision_tower.vision_model"
    shapes = [
        *text,
        ("multi_modal_projector.mm_input_projection_weight", (1152, size.hidden)),
        *norm("multi_modal_projector.mm_soft_emb_norm", 1152, bias=False),
        *conv(f"{tower}.embeddings.patch_embedding", 1152, 3, 14, 14),
        *embedding(f"{tower}.embeddings.position_embedding", 4096, 1152),
    ]
    return [*shapes, *_tower(tower, 1152, 4304, 27), *norm(f"{tower}.post_layernorm", 1152)]


def _tower(stem: str, width: int, inner: int, layers: int) -> Shapes:
    """The layers of a CLIP or SigLIP encoder."""
    shapes: Shapes = []
    for number in range(layers):
        layer = f"{stem}.encoder.layers.{number}"
        for part in ("k_proj", "v_proj", "q_proj", "out_proj"):
            shapes += linear(f"{layer}.self_attn.{part}", width, width)
        shapes += norm(f"{layer}.layer_norm1", width) + norm(f"{layer}.layer_norm2", width)
        shapes += linear(f"{layer}.mlp.fc1", inner, width) + linear(f"{layer}.mlp.fc2", width, inner)
    return shapes


def clip_text(stem: str, width: int, inner: int, layers: int) -> Shapes:
    """The text encoder of CLIP."""
    return [
        *embedding(f"{stem}.embeddings.token_embedding", 49408, width),
        *embedding(f"{stem}.embeddings.position_embedding", 77, width),
        *_tower(stem, width, inner, layers),
        *norm(f"{stem}.final_layer_norm", width),
    ]


def clip(size: Size, labels: int, task: str) -> Shapes:
    """CLIP: two towers, and a projection of each."""
    tower = "vision_model"
    return [
        ("logit_scale", ()),
        *clip_text("text_model", 512, 2048, 12),
        (f"{tower}.embeddings.class_embedding", (size.hidden,)),
        *conv(f"{tower}.embeddings.patch_embedding", size.hidden, 3, 32, 32, bias=False),
        *embedding(f"{tower}.embeddings.position_embedding", 50, size.hidden),
        *norm(f"{tower}.pre_layrnorm", size.hidden),
        *_tower(tower, size.hidden, size.inner, size.layers),
        *norm(f"{tower}.post_layernorm", size.hidden),
        *linear("visual_projection", 512, size.hidden, bias=False),
        *linear("text_projection", 512, 512, bias=False),
    ]


def gpt2(size: Size, labels: int, task: str) -> Shapes:
    """GPT-2, whose layers are stored transposed."""
    stem, width = "transformer", size.hidden
    shapes = embedding(f"{stem}.wte", size.vocab, width) + embedding(f"{stem}.wpe", size.context, width)
    for number in range(size.layers):
        layer = f"{stem}.h.{number}"
        shapes += norm(f"{layer}.ln_1", width) + norm(f"{layer}.ln_2", width)
        for name, out, into in (
            ("attn.c_attn", 3 * width, width),
            ("attn.c_proj", width, width),
            ("mlp.c_fc", size.inner, width),
            ("mlp.c_proj", width, size.inner),
        ):
            shapes += [(f"{layer}.{name}.weight", (into, out)), (f"{layer}.{name}.bias", (out,))]
    shapes += norm(f"{stem}.ln_f", width)
    return [*shapes, *(linear("score", labels, width, bias=False) if labels else [])]


def _encoder(stem: str, size: Size, types: int) -> Shapes:
    """The embeddings and layers of a BERT."""
    width = size.hidden
    shapes = [
        *embedding(f"{stem}.embeddings.word_embeddings", size.vocab, width),
        *embedding(f"{stem}.embeddings.position_embeddings", size.context, width),
        *embedding(f"{stem}.embeddings.token_type_embeddings", types, width),
        *norm(f"{stem}.embeddings.LayerNorm", width),
    ]
    for number in range(size.layers):
        layer = f"{stem}.encoder.layer.{number}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            shapes += linear(f"{layer}.attention.{part}", width, width)
        shapes += norm(f"{layer}.attention.output.LayerNorm", width)
        shapes += linear(f"{layer}.intermediate.dense", size.inner, width)
        shapes += linear(f"{layer}.output.dense", width, size.inner) + norm(f"{layer}.output.LayerNorm", width)
    return shapes


def bert(size: Size, labels: int, task: str) -> Shapes:
    """BERT: for masks, for labels, for spans, or bare with its pooler."""
    shapes, width = _encoder("bert", size, 2), size.hidden
    if task == "fill-mask":
        return [
            *shapes,
            ("cls.predictions.bias", (size.vocab,)),
            *linear("cls.predictions.transform.dense", width, width),
            *norm("cls.predictions.transform.LayerNorm", width),
        ]
    if task == "question-answering":
        return shapes + linear("qa_outputs", 2, width)
    if task != "token-classification":
        shapes += linear("bert.pooler.dense", width, width)
    if not labels:
        # the bare class has no prefix
        return [(name.removeprefix("bert."), shape) for name, shape in shapes]
    return shapes + linear("classifier", labels, width)


def roberta(size: Size, labels: int, task: str) -> Shapes:
    """RoBERTa: the same, with heads of its own."""
    shapes, width = _encoder("roberta", size, 1), size.hidden
    if task == "fill-mask":
        return [
            *shapes,
            ("lm_head.bias", (size.vocab,)),
            *linear("lm_head.dense", width, width),
            *norm("lm_head.layer_norm", width),
        ]
    if task == "question-answering":
        return shapes + linear("qa_outputs", 2, width)
    if task == "token-classification":
        return shapes + linear("classifier", labels, width)
    if labels:
        return shapes + linear("classifier.dense", width, width) + linear("classifier.out_proj", labels, width)
    shapes += linear("roberta.pooler.dense", width, width)
    return [(name.removeprefix("roberta."), shape) for name, shape in shapes]


def t5_encoder(width: int, inner: int, layers: int, heads: int, head: int, vocab: int) -> Shapes:
    """The encoder of T5 (version 1.1) with its embeddings."""
    return embedding("shared", vocab, width) + _t5_stack("encoder", width, inner, layers, heads, head)


def _t5_stack(stem: str, width: int, inner: int, layers: int, heads: int, head: int) -> Shapes:
    shapes: Shapes = []
    kinds = ("SelfAttention", "EncDecAttention") if stem == "decoder" else ("SelfAttention",)
    for number in range(layers):
        block = f"{stem}.block.{number}.layer"
        for place, kind in enumerate(kinds):
            for part in ("q", "k", "v"):
                shapes += linear(f"{block}.{place}.{kind}.{part}", heads * head, width, bias=False)
            shapes += linear(f"{block}.{place}.{kind}.o", width, heads * head, bias=False)
            if number == 0 and place == 0:
                shapes += embedding(f"{block}.{place}.{kind}.relative_attention_bias", 32, heads)
            shapes += norm(f"{block}.{place}.layer_norm", width, bias=False)
        feed = f"{block}.{len(kinds)}"
        for name, out, into in (("wi_0", inner, width), ("wi_1", inner, width), ("wo", width, inner)):
            shapes += linear(f"{feed}.DenseReluDense.{name}", out, into, bias=False)
        shapes += norm(f"{feed}.layer_norm", width, bias=False)
    return shapes + norm(f"{stem}.final_layer_norm", width, bias=False)


def t5(size: Size, labels: int, task: str) -> Shapes:
    """T5 in its version 1.1: the output has weights of its own."""
    dimensions = (size.hidden, size.inner, size.layers, size.heads, size.head_width)
    return [
        *t5_encoder(*dimensions, size.vocab),
        *_t5_stack("decoder", *dimensions),
        *linear("lm_head", size.vocab, size.hidden, bias=False),
    ]


def whisper(size: Size, labels: int, task: str) -> Shapes:
    """Whisper, whose keys have no bias."""
    width = size.hidden
    shapes = conv("model.encoder.conv1", width, 80, 3) + conv("model.encoder.conv2", width, width, 3)
    shapes += embedding("model.encoder.embed_positions", 1500, width)
    shapes += embedding("model.decoder.embed_tokens", size.vocab, width)
    shapes += embedding("model.decoder.embed_positions", size.context, width)
    for stem, kinds in (("encoder", ("self_attn",)), ("decoder", ("self_attn", "encoder_attn"))):
        for number in range(size.layers):
            layer = f"model.{stem}.layers.{number}"
            for kind in kinds:
                shapes += linear(f"{layer}.{kind}.k_proj", width, width, bias=False)
                for part in ("v_proj", "q_proj", "out_proj"):
                    shapes += linear(f"{layer}.{kind}.{part}", width, width)
                shapes += norm(f"{layer}.{kind}_layer_norm", width)
            shapes += linear(f"{layer}.fc1", size.inner, width) + linear(f"{layer}.fc2", width, size.inner)
            shapes += norm(f"{layer}.final_layer_norm", width)
        shapes += norm(f"model.{stem}.layer_norm", width)
    return shapes


def wav2vec2(size: Size, labels: int, task: str) -> Shapes:
    """Wav2Vec2: convolutions over the sound, then an encoder; letters or labels."""
    stem, width = "wav2vec2", size.hidden
    shapes: Shapes = [(f"{stem}.masked_spec_embed", (width,))]
    for number, kernel in enumerate((10, 3, 3, 3, 3, 2, 2)):
        into = 512 if number else 1
        shapes += conv(f"{stem}.feature_extractor.conv_layers.{number}.conv", 512, into, kernel, bias=False)
    shapes += norm(f"{stem}.feature_extractor.conv_layers.0.layer_norm", 512)
    shapes += norm(f"{stem}.feature_projection.layer_norm", 512)
    shapes += linear(f"{stem}.feature_projection.projection", width, 512)
    positions = f"{stem}.encoder.pos_conv_embed.conv"
    shapes += [
        (f"{positions}.bias", (width,)),
        (f"{positions}.parametrizations.weight.original0", (1, 1, 128)),
        (f"{positions}.parametrizations.weight.original1", (width, width // 16, 128)),
        *norm(f"{stem}.encoder.layer_norm", width),
    ]
    for number in range(size.layers):
        layer = f"{stem}.encoder.layers.{number}"
        for part in ("k_proj", "v_proj", "q_proj", "out_proj"):
            shapes += linear(f"{layer}.attention.{part}", width, width)
        shapes += norm(f"{layer}.layer_norm", width) + norm(f"{layer}.final_layer_norm", width)
        shapes += linear(f"{layer}.feed_forward.intermediate_dense", size.inner, width)
        shapes += linear(f"{layer}.feed_forward.output_dense", width, size.inner)
    if labels:
        return shapes + linear("projector", 256, width) + linear("classifier", labels, 256)
    return shapes + linear("lm_head", size.vocab, width)


def vit(size: Size, labels: int, task: str) -> Shapes:
    """A vision transformer for patches of 16 pixels."""
    stem, width = "vit", size.hidden
    shapes: Shapes = [
        (f"{stem}.embeddings.cls_token", (1, 1, width)),
        (f"{stem}.embeddings.position_embeddings", (1, 197, width)),
        *conv(f"{stem}.embeddings.patch_embeddings.projection", width, 3, 16, 16),
    ]
    for number in range(size.layers):
        layer = f"{stem}.encoder.layer.{number}"
        for part in ("attention.query", "attention.key", "attention.value", "output.dense"):
            shapes += linear(f"{layer}.attention.{part}", width, width)
        shapes += linear(f"{layer}.intermediate.dense", size.inner, width)
        shapes += linear(f"{layer}.output.dense", width, size.inner)
        shapes += norm(f"{layer}.layernorm_before", width) + norm(f"{layer}.layernorm_after", width)
    return shapes + norm(f"{stem}.layernorm", width) + linear("classifier", labels, width)
