"""The tensors of image models: the parts of diffusion pipelines as `diffusers` writes them, and models of `timm`."""

from samplehub.simulated.shapes import Shapes, conv, linear, norm


def _resnet(stem: str, into: int, out: int, time: int = 0) -> Shapes:
    """A residual block of a UNet or an autoencoder (which has no ``time``)."""
    shapes = norm(f"{stem}.norm1", into) + conv(f"{stem}.conv1", out, into, 3, 3)
    shapes += linear(f"{stem}.time_emb_proj", out, time) if time else []
    shapes += norm(f"{stem}.norm2", out) + conv(f"{stem}.conv2", out, out, 3, 3)
    return shapes + (conv(f"{stem}.conv_shortcut", out, into, 1, 1) if into != out else [])


def _transformer(stem: str, width: int, context: int, depth: int, flat: bool) -> Shapes:
    """An attention block of a UNet, ``depth`` layers deep; ``flat`` projections are linear."""
    project = linear if flat else lambda name, out, into: conv(name, out, into, 1, 1)
    shapes = norm(f"{stem}.norm", width) + project(f"{stem}.proj_in", width, width)
    for number in range(depth):
        layer = f"{stem}.transformer_blocks.{number}"
        for place, seen in ((1, width), (2, context)):
            shapes += norm(f"{layer}.norm{place}", width)
            shapes += linear(f"{layer}.attn{place}.to_q", width, width, bias=False)
            shapes += linear(f"{layer}.attn{place}.to_k", width, seen, bias=False)
            shapes += linear(f"{layer}.attn{place}.to_v", width, seen, bias=False)
            shapes += linear(f"{layer}.attn{place}.to_out.0", width, width)
        shapes += norm(f"{layer}.norm3", width)
        shapes += linear(f"{layer}.ff.net.0.proj", 8 * width, width) + linear(f"{layer}.ff.net.2", width, 4 * width)
    return shapes + project(f"{stem}.proj_out", width, width)


def unet(widths: tuple[int, ...], depths: tuple[int, ...], context: int, channels: int, added: int = 0) -> Shapes:
    """A UNet: the widths of its levels, the depth of their attention (0: none), the width of the text, input channels.

    ``added`` is the width of further conditions (0: there are none), which such models project linearly.
    """
    first, time, flat, last = widths[0], 4 * widths[0], added > 0, len(widths) - 1
    shapes = conv("conv_in", first, channels, 3, 3)
    shapes += linear("time_embedding.linear_1", time, first) + linear("time_embedding.linear_2", time, time)
    if added:
        shapes += linear("add_embedding.linear_1", time, added) + linear("add_embedding.linear_2", time, time)
    skipped, into = [first], first
    for level, width in enumerate(widths):
        stem = f"down_blocks.{level}"
        for place in range(2):
            shapes += _resnet(f"{stem}.resnets.{place}", into, width, time)
            if depths[level]:
                shapes += _transformer(f"{stem}.attentions.{place}", width, context, depths[level], flat)
            skipped.append(width)
            into = width
        if level < last:
            shapes += conv(f"{stem}.downsamplers.0.conv", width, width, 3, 3)
            skipped.append(width)
    deepest = max(depths[-1], depths[-2])
    shapes += _resnet("mid_block.resnets.0", into, into, time) + _resnet("mid_block.resnets.1", into, into, time)
    shapes += _transformer("mid_block.attentions.0", into, context, deepest, flat)
    for level, width in enumerate(reversed(widths)):
        stem = f"up_blocks.{level}"
        depth = depths[last - level]
        for place in range(3):
            shapes += _resnet(f"{stem}.resnets.{place}", into + skipped.pop(), width, time)
            if depth:
                shapes += _transformer(f"{stem}.attentions.{place}", width, context, depth, flat)
            into = width
        if level < last:
            shapes += conv(f"{stem}.upsamplers.0.conv", width, width, 3, 3)
    return shapes + norm("conv_norm_out", first) + conv("conv_out", 4, first, 3, 3)


def autoencoder(latent: int, quantized: bool = True) -> Shapes:
    """The autoencoder of Stable Diffusion; that of FLUX has more ``latent`` channels and no ``quantized`` ones."""
    widths = (128, 256, 512, 512)
    shapes = conv("encoder.conv_in", 128, 3, 3, 3)
    into = 128
    for level, width in enumerate(widths):
        for place in range(2):
            shapes += _resnet(f"encoder.down_blocks.{level}.resnets.{place}", into, width)
            into = width
        if level < 3:
            shapes += conv(f"encoder.down_blocks.{level}.downsamplers.0.conv", width, width, 3, 3)
    shapes += _middle("encoder") + norm("encoder.conv_norm_out", 512) + conv("encoder.conv_out", 2 * latent, 512, 3, 3)
    shapes += conv("decoder.conv_in", 512, latent, 3, 3) + _middle("decoder")
    for level, width in enumerate(reversed(widths)):
        for place in range(3):
            shapes += _resnet(f"decoder.up_blocks.{level}.resnets.{place}", into, width)
            into = width
        if level < 3:
            shapes += conv(f"decoder.up_blocks.{level}.upsamplers.0.conv", width, width, 3, 3)
    shapes += norm("decoder.conv_norm_out", 128) + conv("decoder.conv_out", 3, 128, 3, 3)
    if quantized:
        shapes += conv("quant_conv", 2 * latent, 2 * latent, 1, 1) + conv("post_quant_conv", latent, latent, 1, 1)
    return shapes


def _middle(side: str) -> Shapes:
    stem = f"{side}.mid_block"
    shapes = _resnet(f"{stem}.resnets.0", 512, 512) + _resnet(f"{stem}.resnets.1", 512, 512)
    shapes += norm(f"{stem}.attentions.0.group_norm", 512)
    for part in ("to_q", "to_k", "to_v", "to_out.0"):
        shapes += linear(f"{stem}.attentions.0.{part}", 512, 512)
    return shapes


def flux() -> Shapes:
    """The transformer of FLUX: 19 layers with two streams, 38 with one."""
    width, text = 3072, 4096
    shapes = linear("x_embedder", width, 64) + linear("context_embedder", width, text)
    for part, into in (("timestep_embedder", 256), ("guidance_embedder", 256), ("text_embedder", 768)):
        stem = f"time_text_embed.{part}"
        shapes += linear(f"{stem}.linear_1", width, into) + linear(f"{stem}.linear_2", width, width)
    for number in range(19):
        stem = f"transformer_blocks.{number}"
        shapes += linear(f"{stem}.norm1.linear", 6 * width, width)
        shapes += linear(f"{stem}.norm1_context.linear", 6 * width, width)
        for part in ("to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj", "to_out.0", "to_add_out"):
            shapes += linear(f"{stem}.attn.{part}", width, width)
        for part in ("norm_q", "norm_k", "norm_added_q", "norm_added_k"):
            shapes += norm(f"{stem}.attn.{part}", 128, bias=False)
        for part in ("ff", "ff_context"):
            shapes += linear(f"{stem}.{part}.net.0.proj", 4 * width, width)
            shapes += linear(f"{stem}.{part}.net.2", width, 4 * width)
    for number in range(38):
        stem = f"single_transformer_blocks.{number}"
        shapes += linear(f"{stem}.norm.linear", 3 * width, width) + linear(f"{stem}.proj_mlp", 4 * width, width)
        shapes += linear(f"{stem}.proj_out", width, 5 * width)
        for part in ("to_q", "to_k", "to_v"):
            shapes += linear(f"{stem}.attn.{part}", width, width)
        shapes += norm(f"{stem}.attn.norm_q", 128, bias=False) + norm(f"{stem}.attn.norm_k", 128, bias=False)
    return shapes + linear("norm_out.linear", 2 * width, width) + linear("proj_out", 64, width)


def resnet(depths: tuple[int, ...], wide: bool, classes: int) -> Shapes:
    """A ResNet of `timm`; a ``wide`` one has bottlenecks. Running means and variances are stored too."""

    def normed(name: str, width: int) -> Shapes:
        return [*norm(name, width), (f"{name}.running_mean", (width,)), (f"{name}.running_var", (width,))]

    shapes = conv("conv1", 64, 3, 7, 7, bias=False) + normed("bn1", 64)
    into = 64
    for level, depth in enumerate(depths, 1):
        inner = 32 << level
        out = inner * (4 if wide else 1)
        for number in range(depth):
            stem = f"layer{level}.{number}"
            kernels = (
                ((inner, into, 1), (inner, inner, 3), (out, inner, 1)) if wide else ((out, into, 3), (out, out, 3))
            )
            for place, (wider, narrower, kernel) in enumerate(kernels, 1):
                shapes += conv(f"{stem}.conv{place}", wider, narrower, kernel, kernel, bias=False)
                shapes += normed(f"{stem}.bn{place}", wider)
            if into != out:
                shapes += conv(f"{stem}.downsample.0", out, into, 1, 1, bias=False) + normed(
                    f"{stem}.downsample.1", out
                )
            into = out
    return shapes + linear("fc", classes, into)


def convnext(depths: tuple[int, ...], widths: tuple[int, ...], classes: int) -> Shapes:
    """A ConvNeXt of `timm`."""
    shapes = conv("stem.0", widths[0], 3, 4, 4) + norm("stem.1", widths[0])
    for level, (depth, width) in enumerate(zip(depths, widths, strict=True)):
        if level:
            stem, before = f"stages.{level}.downsample", widths[level - 1]
            shapes += norm(f"{stem}.0", before) + conv(f"{stem}.1", width, before, 2, 2)
        for number in range(depth):
            stem = f"stages.{level}.blocks.{number}"
            shapes += [
                (f"{stem}.gamma", (width,)),
                *conv(f"{stem}.conv_dw", width, 1, 7, 7),
                *norm(f"{stem}.norm", width),
            ]
            shapes += linear(f"{stem}.mlp.fc1", 4 * width, width) + linear(f"{stem}.mlp.fc2", width, 4 * width)
    return shapes + norm("head.norm", widths[-1]) + linear("head.fc", classes, widths[-1])
