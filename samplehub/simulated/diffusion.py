"""The files of diffusion models: whole pipelines of three generations, a single autoencoder, a LoRA."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from samplehub.content import File, plain_file
from samplehub.simulated.chance import Dice
from samplehub.simulated.common import Made
from samplehub.simulated.documents import json_file
from samplehub.simulated.image_shapes import autoencoder, flux, unet
from samplehub.simulated.plan import Family, Plan, Sketch
from samplehub.simulated.shapes import Shapes, clip_text, linear, t5_encoder
from samplehub.simulated.tokenizers import tokenizer
from samplehub.simulated.weights import OLD_SHARD, Checkpoint, Weights, checkpoint, fill, safetensors, typed
from samplehub.world import Json

_T5_XXL = {"d_ff": 10240, "d_kv": 64, "d_model": 4096, "num_heads": 64, "num_layers": 24, "vocab_size": 32128}


def _clip_config(width: int, inner: int, layers: int, heads: int, kind: str = "CLIPTextModel") -> Json:
    return {
        "architectures": [kind],
        "hidden_size": width,
        "intermediate_size": inner,
        "max_position_embeddings": 77,
        "model_type": "clip_text_model",
        "num_attention_heads": heads,
        "num_hidden_layers": layers,
        "torch_dtype": "float16",
        "vocab_size": 49408,
    }


def _clip_g() -> Shapes:
    return [*clip_text("text_model", 1280, 5120, 32), *linear("text_projection", 1280, 1280, bias=False)]


@dataclass(frozen=True, slots=True)
class Part:
    """A component of a pipeline: its library and class, its config, its tensors for a number of input channels."""

    library: str
    kind: str
    config: Json
    tensors: Callable[[int], Shapes]

    @property
    def stem(self) -> str:
        """The name of its weights, without the ending."""
        return "model" if self.library == "transformers" else "diffusion_pytorch_model"


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation of pipelines: its class, its components with weights, its scheduler and tokenizers."""

    kind: str
    parts: dict[str, Part]
    scheduler: str
    tokenizers: dict[str, str]
    dtypes: tuple[str, ...]


def _vae(latent: int, sample: int, factor: float) -> Part:
    config = {
        "block_out_channels": [128, 256, 512, 512],
        "latent_channels": latent,
        "layers_per_block": 2,
        "sample_size": sample,
        "scaling_factor": factor,
    }
    return Part("diffusers", "AutoencoderKL", config, lambda _: autoencoder(latent, latent == 4))


def _unet_config(widths: list[int], context: int, sample: int) -> Json:
    return {
        "block_out_channels": widths,
        "cross_attention_dim": context,
        "in_channels": 4,
        "layers_per_block": 2,
        "out_channels": 4,
        "sample_size": sample,
    }


_CLIP_L = Part(
    "transformers", "CLIPTextModel", _clip_config(768, 3072, 12, 12), lambda _: clip_text("text_model", 768, 3072, 12)
)
GENERATIONS = {
    "v1": Generation(
        "StableDiffusion",
        {
            "text_encoder": _CLIP_L,
            "unet": Part(
                "diffusers",
                "UNet2DConditionModel",
                _unet_config([320, 640, 1280, 1280], 768, 64) | {"attention_head_dim": 8},
                lambda channels: unet((320, 640, 1280, 1280), (1, 1, 1, 0), 768, channels),
            ),
            "vae": _vae(4, 512, 0.18215),
        },
        "PNDMScheduler",
        {"tokenizer": "clip"},
        ("F32", "F16"),
    ),
    "xl": Generation(
        "StableDiffusionXL",
        {
            "text_encoder": _CLIP_L,
            "text_encoder_2": Part(
                "transformers",
                "CLIPTextModelWithProjection",
                _clip_config(1280, 5120, 32, 20, "CLIPTextModelWithProjection") | {"projection_dim": 1280},
                lambda _: _clip_g(),
            ),
            "unet": Part(
                "diffusers",
                "UNet2DConditionModel",
                _unet_config([320, 640, 1280], 2048, 128)
                | {
                    "addition_embed_type": "text_time",
                    "attention_head_dim": [5, 10, 20],
                    "projection_class_embeddings_input_dim": 2816,
                    "transformer_layers_per_block": [1, 2, 10],
                },
                lambda channels: unet((320, 640, 1280), (0, 2, 10), 2048, channels, added=2816),
            ),
            "vae": _vae(4, 1024, 0.13025),
        },
        "EulerDiscreteScheduler",
        {"tokenizer": "clip", "tokenizer_2": "clip"},
        ("F16",),
    ),
    "flux": Generation(
        "Flux",
        {
            "text_encoder": _CLIP_L,
            "text_encoder_2": Part(
                "transformers",
                "T5EncoderModel",
                {"architectures": ["T5EncoderModel"], "model_type": "t5", "feed_forward_proj": "gated-gelu", **_T5_XXL},
                lambda _: t5_encoder(4096, 10240, 24, 64, 64, 32128),
            ),
            "transformer": Part(
                "diffusers",
                "FluxTransformer2DModel",
                {
                    "attention_head_dim": 128,
                    "guidance_embeds": True,
                    "in_channels": 64,
                    "joint_attention_dim": 4096,
                    "num_attention_heads": 24,
                    "num_layers": 19,
                    "num_single_layers": 38,
                    "pooled_projection_dim": 768,
                },
                lambda _: flux(),
            ),
            "vae": _vae(16, 1024, 0.3611),
        },
        "FlowMatchEulerDiscreteScheduler",
        {"tokenizer": "clip", "tokenizer_2": "t5"},
        ("BF16",),
    ),
}


@lru_cache(maxsize=64)
def _weights(generation: str, name: str, channels: int, dtype: str) -> Checkpoint:
    part = GENERATIONS[generation].parts[name]
    return checkpoint(lambda: typed(part.tensors(channels), dtype), part.stem, OLD_SHARD)


def _version(family: Family) -> str:
    """The version of `diffusers` of that time, about eleven a year."""
    return f"0.{3 + int((family.year - 2022.6) * 9.5)}.0"


def _component(plan: Plan, sketch: Sketch, name: str, channels: int, dtype: str) -> list[File]:
    """The config and the weights of a component; a fine-tune changes only the one that paints."""
    part = GENERATIONS[sketch.family.generation].parts[name]
    config = dict(part.config)
    if part.library == "diffusers":
        config = {"_class_name": part.kind, "_diffusers_version": _version(sketch.family), **config}
    if "in_channels" in config and channels != 4:
        config["in_channels"] = channels
    source = sketch.parents[0] if sketch.parents and name not in ("unet", "transformer") else sketch.index
    weights = _weights(sketch.family.generation, name, channels, dtype)
    files = [
        *weights.files(lambda path: fill(plan.seed, source, name, path)),
        *([json_file("config.json", config)] if config else []),
    ]
    return [_below(name, file) for file in files]


def _below(folder: str, file: File) -> File:
    return File(f"{folder}/{file.path}", file.size, file.oid, file.sha256, file.content)


def pipeline(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A diffusers pipeline: ``model_index.json`` and a folder per component."""
    family = sketch.family
    generation = GENERATIONS[family.generation]
    painted = sketch.role.suffix.endswith("inpainting") and family.generation != "flux"
    index: Json = {
        "_class_name": f"{generation.kind}{'Inpaint' if painted else ''}Pipeline",
        "_diffusers_version": _version(family),
        "scheduler": ["diffusers", generation.scheduler],
    }
    index |= {name: [part.library, part.kind] for name, part in generation.parts.items()}
    for name, kind in generation.tokenizers.items():
        index[name] = ["transformers", "CLIPTokenizer" if kind == "clip" else "T5TokenizerFast"]
    files: list[File] = []
    if family.generation == "v1":
        index |= {
            "feature_extractor": ["transformers", "CLIPImageProcessor"],
            "requires_safety_checker": False,
            "safety_checker": [None, None],
        }
        extractor = {"do_resize": True, "feature_extractor_type": "CLIPFeatureExtractor", "size": 224}
        files.append(json_file("feature_extractor/preprocessor_config.json", extractor))
    files.append(json_file("model_index.json", dict(sorted(index.items()))))
    scheduler: Json = {"_class_name": generation.scheduler, "_diffusers_version": _version(family)}
    if family.generation == "flux":
        scheduler |= {"base_shift": 0.5, "max_shift": 1.15, "num_train_timesteps": 1000, "use_dynamic_shifting": True}
    else:
        scheduler |= {"beta_end": 0.012, "beta_start": 0.00085, "num_train_timesteps": 1000, "steps_offset": 1}
    files.append(json_file("scheduler/scheduler_config.json", scheduler))
    dtype = generation.dtypes[dice.below(len(generation.dtypes))] if not sketch.parents else generation.dtypes[-1]
    for name in generation.parts:
        files += _component(plan, sketch, name, 9 if painted and name == "unet" else 4, dtype)
    for name, kind in generation.tokenizers.items():
        files += [
            _below(name, file)
            for file in tokenizer(plan.seed, family.number, kind, 77 if kind == "clip" else 512, chat=False)
        ]
    return Made(tuple(files))


def vae(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A single autoencoder."""
    part = GENERATIONS[sketch.family.generation].parts["vae"]
    weights = _weights(sketch.family.generation, "vae", 4, "F32")
    config = {"_class_name": part.kind, "_diffusers_version": _version(sketch.family), **part.config}
    files = weights.files(lambda path: fill(plan.seed, sketch.index, path))
    return Made((json_file("config.json", config), *files), weights.parts)


@lru_cache(maxsize=16)
def _image_lora(generation: str, rank: int) -> Weights:
    """A LoRA: two tensors for each projection of an attention."""
    return safetensors(lambda: typed(_image_lora_shapes(generation, rank), "F16"))


def _image_lora_shapes(generation: str, rank: int) -> Shapes:
    name = "transformer" if generation == "flux" else "unet"
    found: Shapes = []
    for tensor, shape in GENERATIONS[generation].parts[name].tensors(4):
        stem, _, last = tensor.rpartition(".")
        if last == "weight" and ".attn" in stem and stem.endswith(("to_q", "to_k", "to_v", "to_out.0")):
            found.append((f"{name}.{stem}.lora_A.weight", (rank, shape[1])))
            found.append((f"{name}.{stem}.lora_B.weight", (shape[0], rank)))
    return found


def image_lora(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A LoRA of a diffusion model: only weights, without a config."""
    lora = _image_lora(sketch.family.generation, dice.pick((4, 8, 16, 16, 32)))
    weights = lora.file("pytorch_lora_weights.safetensors", fill(plan.seed, sketch.index))
    sample = plain_file("sample_prompt.txt", f"a painting of a {sketch.topic} in the snow\n".encode())
    return Made((weights, sample) if dice.below(3) == 0 else (weights,), (lora,))
