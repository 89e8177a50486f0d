"""What is in a simulated repo: a function a kind. To add a kind, write its function and name it in ``KINDS``."""

from collections.abc import Callable

from samplehub.content import plain_file
from samplehub.simulated.architectures import ARCHITECTURES, config_of
from samplehub.simulated.chance import Dice
from samplehub.simulated.common import Made, config, front, labels_of
from samplehub.simulated.diffusion import image_lora, pipeline, vae
from samplehub.simulated.documents import CHAT_TEMPLATE, generation_config, json_file
from samplehub.simulated.gguf import gguf_field, gguf_head
from samplehub.simulated.plan import Plan, Sketch
from samplehub.simulated.weights import (
    Head,
    adapter_head,
    model_heads,
    packed_head,
    plain_head,
    safetensors_head,
    tail,
    weight_map,
)
from samplehub.world import Json

#: pickled archives begin like any zip file
PICKLE = b"PK\x03\x04\0\0\x08\x08\0\0archive/data.pkl"
ONNX = b"\x08\x08\x12\x07pytorch\x1a\x052.4.0"


def make(plan: Plan, sketch: Sketch) -> Made:
    """The files of a model at its newest commit, except README.md and .gitattributes."""
    if sketch.quirk == "empty":
        return Made(())
    made = KINDS[sketch.role.kind](plan, sketch, Dice(plan.seed, "files", sketch.index))
    if sketch.quirk == "no-config":
        kept = tuple(file for file in made.files if file.path.endswith((".bin", ".safetensors")))
        return Made(kept, made.heads)
    if sketch.quirk == "huge":
        shots = (
            plain_file(f"checkpoints/step-{step:05d}/notes.txt", b"loss %d\n" % (9999 - step))
            for step in range(1, 1201)
        )
        return Made((*made.files, *shots), made.heads)
    return made


def _whole(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A transformers model: config, tokenizer, weights as safetensors, as a pickle, or both."""
    chat = sketch.role.kind == "instruct" or (sketch.role.kind in ("finetune", "merge", "copy") and sketch.role.of == 1)
    files = [config(sketch, dice), *front(plan, sketch, chat)]
    if (
        sketch.row.task in ("text-generation", "text2text-generation", "image-text-to-text")
        or sketch.row.model_type == "whisper"
    ):
        files.append(generation_config(sketch.family, sketch.row.model_type, chat))
    # a copy has its original's weights
    source = sketch.parents[0] if sketch.role.kind == "copy" else sketch.index
    classes = len(labels_of(sketch)) if sketch.role.kind == "classifier" or sketch.row.model_type == "vit" else 0
    big = sketch.size.hidden >= 8192 or sketch.row.model_type == "mixtral"
    old = sketch.family.number % 3 == 0 if sketch.role.kind in ("base", "copy") else dice.below(3) == 0
    heads: tuple[Head, ...] = ()
    if not old or sketch.role.kind == "base":
        heads = model_heads(sketch.row.model_type, sketch.size, sketch.row.dtype, classes, 3 if big else 1)
        ends = (
            ("model.safetensors",)
            if len(heads) == 1
            else tuple(f"model-{n + 1:05d}-of-{len(heads):05d}.safetensors" for n in range(len(heads)))
        )
        files += [head.file(end, tail(plan.seed, source, end)) for head, end in zip(heads, ends, strict=True)]
        if len(heads) > 1:
            index = weight_map(sketch.row.model_type, sketch.size, sketch.row.dtype, classes, ends)
            files.append(plain_file("model.safetensors.index.json", index))
    if old:
        width = 4 if sketch.row.dtype == "float32" else 2
        files.append(plain_head(PICKLE, sketch.size, width).file("pytorch_model.bin", tail(plan.seed, source, "bin")))
    if sketch.role.kind in ("finetune", "classifier") and dice.below(3) == 0:
        files.append(
            plain_head(PICKLE + b"args", sketch.family.size, 0).file(
                "training_args.bin", tail(plan.seed, source, "args")
            )
        )
    return Made(tuple(files), heads)


def _gguf(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """GGUF files in several quantizations; every other one keeps the config of its original beside them."""
    name = sketch.repo_id.rpartition("/")[2].removesuffix("-GGUF")
    architecture = {"mistral": "llama", "mixtral": "llama"}.get(sketch.row.model_type, sketch.row.model_type)
    kinds = dice.some(("F16", "Q4_0", "Q5_0", "Q8_0"), 2 + dice.below(3))
    heads = [gguf_head(architecture, name, sketch.size, kind, CHAT_TEMPLATE) for kind in kinds]
    files = [
        head.file(f"{name}.{kind}.gguf", tail(plan.seed, sketch.index, kind))
        for kind, head in zip(kinds, heads, strict=True)
    ]
    field = gguf_field(architecture, sketch.size, heads[0], sum(file.size for file in files), CHAT_TEMPLATE)
    if dice.below(2):
        files.append(json_file("config.json", config_of(sketch.row, sketch.size, "", sketch.family.version, {})))
    return Made(tuple(files), gguf=field)


def _packed(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """AWQ or GPTQ: the original's config with a ``quantization_config``, packed weights."""
    method = sketch.role.kind
    settings: Json = {"bits": 4, "group_size": 128, "quant_method": method}
    settings |= {"desc_act": False, "sym": True} if method == "gptq" else {"version": "gemm", "zero_point": True}
    value = config_of(
        sketch.row, sketch.size, "", sketch.family.version, {"quantization_config": settings, "torch_dtype": "float16"}
    )
    head = packed_head(sketch.row.model_type, sketch.size, method)
    files = [
        json_file("config.json", value),
        *front(plan, sketch, True),
        generation_config(sketch.family, sketch.row.model_type, True),
    ]
    files.append(head.file("model.safetensors", tail(plan.seed, sketch.index)))
    if method == "gptq":
        files.append(
            json_file(
                "quantize_config.json",
                {key: settings[key] for key in ("bits", "group_size", "desc_act", "sym")} | {"damp_percent": 0.1},
            )
        )
    return Made(tuple(files), (head,))


def _lora(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A PEFT adapter: no config.json; some carry the tokenizer along."""
    parent = plan.sketch(sketch.parents[0])
    modules = dice.pick((("q_proj", "v_proj"), ("q_proj", "k_proj", "v_proj", "o_proj")))
    rank = dice.pick((8, 16, 32, 64))
    tasks = {"text-generation": "CAUSAL_LM", "text2text-generation": "SEQ_2_SEQ_LM", "fill-mask": "SEQ_CLS"}
    value = {
        "base_model_name_or_path": parent.repo_id
        if dice.below(5)
        else f"/home/{sketch.repo_id.partition('/')[0]}/models/{sketch.family.base}",
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "lora_alpha": rank * dice.pick((1, 2)),
        "lora_dropout": dice.pick((0.0, 0.05, 0.1)),
        "peft_type": "LORA",
        "r": rank,
        "target_modules": list(modules),
        "task_type": tasks.get(parent.row.task),
        "use_dora": False,
    }
    head = adapter_head(sketch.size, rank, modules)
    files = [
        json_file("adapter_config.json", value),
        head.file("adapter_model.safetensors", tail(plan.seed, sketch.index)),
    ]
    if dice.below(2):
        files += front(plan, sketch, False)
    return Made(tuple(files), (head,))


def _embedder(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A sentence-transformers model: an encoder and a pooling module."""
    made = _whole(plan, sketch, dice)
    pooling = {
        "word_embedding_dimension": sketch.size.hidden,
        "pooling_mode_cls_token": False,
        "pooling_mode_mean_tokens": True,
        "pooling_mode_max_tokens": False,
    }
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    versions = {"sentence_transformers": "3.0.1", "transformers": sketch.family.version, "pytorch": "2.4.0"}
    extra = (
        json_file("modules.json", modules),
        json_file("1_Pooling/config.json", pooling),
        json_file("config_sentence_transformers.json", {"__version__": versions, "similarity_fn_name": "cosine"}),
        json_file("sentence_bert_config.json", {"max_seq_length": 256, "do_lower_case": False}),
    )
    return Made((*made.files, *extra), made.heads)


def _onnx(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """An ONNX export: the original's config and tokenizer, the graph in a folder."""
    value = config_of(sketch.row, sketch.size, "", sketch.family.version, {})
    graph = plain_head(ONNX, sketch.size, 4).file("onnx/model.onnx", tail(plan.seed, sketch.index))
    small = plain_head(ONNX, sketch.size, 1).file("onnx/model_quantized.onnx", tail(plan.seed, sketch.index, 8))
    return Made((json_file("config.json", value), *front(plan, sketch, False), graph, small))


def _timm(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A timm model: its config has an ``architecture`` and a ``pretrained_cfg``."""
    name = dice.pick(("resnet50", "convnext_tiny", "efficientnet_b0", "mobilenetv3_large_100"))
    classes = 1000
    value = {
        "architecture": name,
        "num_classes": classes,
        "num_features": dice.pick((768, 1280, 2048)),
        "pretrained_cfg": {
            "tag": "in1k",
            "input_size": [3, 224, 224],
            "interpolation": "bicubic",
            "num_classes": classes,
        },
    }
    shapes = [(f"stages.{n}.conv.weight", "F32", (8, 8)) for n in range(4)] + [("head.fc.weight", "F32", (16, 8))]
    head = safetensors_head(shapes, {"format": "pt"})
    pickle = plain_head(PICKLE, ARCHITECTURES["vit"].sizes[0], 4)
    files = [json_file("config.json", value), head.file("model.safetensors", tail(plan.seed, sketch.index))]
    if dice.below(2):
        files.append(pickle.file("pytorch_model.bin", tail(plan.seed, sketch.index, "bin")))
    return Made(tuple(files), (head,))


def _sklearn(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A pickled estimator; its config.json speaks of columns."""
    value = {
        "sklearn": {
            "columns": ["x0", "x1", "x2"],
            "environment": ["scikit-learn=1.5.0"],
            "model": {"file": "model.pkl"},
            "task": sketch.task,
        }
    }
    pickle = plain_head(b"\x80\x04\x95", sketch.size, 0).file("model.pkl", tail(plan.seed, sketch.index))
    return Made((json_file("config.json", value), pickle))


def _agent(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A reinforcement-learning agent: config.json of another kind, a zip, results."""
    value = {
        "policy_class": {":type:": "<class 'abc.ABCMeta'>"},
        "verbose": 1,
        "n_envs": 16,
        "gamma": 0.999,
        "num_timesteps": 1015808,
    }
    archive = plain_head(b"PK\x03\x04data", sketch.size, 0).file(
        f"ppo-{sketch.topic}.zip", tail(plan.seed, sketch.index)
    )
    results = json_file("results.json", {"mean_reward": round(200 + 80 * dice.unit(), 2), "n_eval_episodes": 10})
    return Made((json_file("config.json", value), archive, results))


KINDS: dict[str, Callable[[Plan, Sketch, Dice], Made]] = {
    "base": _whole,
    "instruct": _whole,
    "finetune": _whole,
    "classifier": _whole,
    "merge": _whole,
    "copy": _whole,
    "gguf": _gguf,
    "awq": _packed,
    "gptq": _packed,
    "lora": _lora,
    "embedder": _embedder,
    "pipeline": pipeline,
    "vae": vae,
    "image-lora": image_lora,
    "onnx": _onnx,
    "timm": _timm,
    "sklearn": _sklearn,
    "agent": _agent,
}
