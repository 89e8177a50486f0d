"""The files of diffusion models: whole pipelines, a single autoencoder, a LoRA."""

from samplehub.content import plain_file
from samplehub.simulated.chance import Dice
from samplehub.simulated.common import Made, front
from samplehub.simulated.documents import json_file
from samplehub.simulated.plan import Plan, Sketch
from samplehub.simulated.weights import safetensors_head, tail
from samplehub.world import Json

_VAE = {
    "_class_name": "AutoencoderKL",
    "_diffusers_version": "0.30.0",
    "block_out_channels": [128, 256, 512, 512],
    "latent_channels": 4,
    "layers_per_block": 2,
    "sample_size": 512,
    "scaling_factor": 0.18215,
}


def pipeline(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A diffusers pipeline: ``model_index.json`` and a folder a component."""
    painted = sketch.role.suffix.endswith("inpainting")
    index: Json = {
        "_class_name": "StableDiffusionInpaintPipeline" if painted else "StableDiffusionPipeline",
        "_diffusers_version": "0.30.0",
        "feature_extractor": ["transformers", "CLIPImageProcessor"],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "PNDMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    unet = {
        "_class_name": "UNet2DConditionModel",
        "_diffusers_version": "0.30.0",
        "attention_head_dim": 8,
        "block_out_channels": [320, 640, 1280, 1280],
        "cross_attention_dim": 768,
        "in_channels": 9 if painted else 4,
        "out_channels": 4,
        "sample_size": 64,
    }
    text = {
        "architectures": ["CLIPTextModel"],
        "hidden_size": 768,
        "max_position_embeddings": 77,
        "model_type": "clip_text_model",
        "num_attention_heads": 12,
        "num_hidden_layers": 12,
        "torch_dtype": "float32",
        "vocab_size": 49408,
    }
    scheduler = {
        "_class_name": "PNDMScheduler",
        "beta_end": 0.012,
        "beta_start": 0.00085,
        "num_train_timesteps": 1000,
        "steps_offset": 1,
    }
    files = [
        json_file("model_index.json", index),
        json_file(
            "feature_extractor/preprocessor_config.json",
            {"do_resize": True, "feature_extractor_type": "CLIPFeatureExtractor", "size": 224},
        ),
        json_file("scheduler/scheduler_config.json", scheduler),
        json_file("text_encoder/config.json", text),
        json_file("unet/config.json", unet),
        json_file("vae/config.json", _VAE),
    ]
    files += [
        plain_file(f"tokenizer/{file.path}", file.read(), file.oid)
        for file in front(plan, sketch, False)
        if file.path.endswith((".json", ".txt")) and file.path != "preprocessor_config.json"
    ]
    width = 2 if dice.below(2) else 4
    for part, layers in (("unet", 4), ("vae", 2), ("text_encoder", 3)):
        shapes = [
            (f"{part}.blocks.{layer}.weight", "F16" if width == 2 else "F32", (13, 16)) for layer in range(layers)
        ]
        head = safetensors_head(shapes, {"format": "pt"})
        name = "model" if part == "text_encoder" else "diffusion_pytorch_model"
        # a fine-tune leaves the autoencoder as it was
        source = sketch.parents[0] if part == "vae" and sketch.parents else sketch.index
        files.append(head.file(f"{part}/{name}.safetensors", tail(plan.seed, source, part)))
    return Made(tuple(files))


def vae(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A single autoencoder."""
    head = safetensors_head([("decoder.blocks.0.weight", "F32", (9, 9))], {"format": "pt"})
    weights = head.file("diffusion_pytorch_model.safetensors", tail(plan.seed, sketch.index))
    return Made((json_file("config.json", _VAE), weights), (head,))


def image_lora(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A LoRA of a diffusion model: only weights, without a config."""
    shapes = [(f"unet.down_blocks.{n}.lora_{side}.weight", "F16", (4, 8)) for n in range(4) for side in ("down", "up")]
    head = safetensors_head(shapes, {"ss_network_dim": "16", "ss_base_model_version": "sd_v1"})
    return Made((head.file("pytorch_lora_weights.safetensors", tail(plan.seed, sketch.index)),), (head,))
