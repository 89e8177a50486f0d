"""What is in a simulated repo: a function a kind. To add a kind, write its function and name it in ``KINDS``."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from samplehub.content import File, plain_file
from samplehub.simulated.architectures import config_of
from samplehub.simulated.chance import Dice
from samplehub.simulated.common import Made, config, front, license_of, own_checkpoint, own_pickles
from samplehub.simulated.diffusion import image_lora, pipeline, vae
from samplehub.simulated.documents import CHAT_TEMPLATE, generation_config, json_file
from samplehub.simulated.evaluations import evaluations
from samplehub.simulated.gguf import MIXES, gguf, gguf_field
from samplehub.simulated.image_shapes import convnext, resnet
from samplehub.simulated.plan import Plan, Sketch
from samplehub.simulated.weights import (
    ADAPTED,
    PICKLE,
    Weights,
    adapter,
    elements,
    fill,
    opaque,
    packed_checkpoint,
    safetensors,
    typed,
)
from samplehub.world import Json

ONNX = b"\x08\x08\x12\x07pytorch\x1a\x052.4.0"
#: the largest graph that holds its weights itself, and the largest file that the Hub takes, in bytes
MOST_ONNX, MOST_FILE = 2_000_000_000, 50_000_000_000


def make(plan: Plan, sketch: Sketch) -> Made:
    """The files of a model at its newest commit, except README.md and .gitattributes."""
    if sketch.quirk == "empty":
        return Made(())
    made = KINDS[sketch.role.kind](plan, sketch, Dice(plan.seed, "files", sketch.index))
    if sketch.quirk == "no-config":
        kept = tuple(file for file in made.files if file.path.endswith((".bin", ".safetensors")))
        return Made(kept, made.weights)
    licensed = license_of(sketch, Dice(plan.seed, "license", sketch.index))
    made = replace(made, files=(*made.files, *licensed, *evaluations(plan, sketch)))
    if sketch.quirk == "huge":
        shots = (
            plain_file(f"checkpoints/step-{step:05d}/notes.txt", b"loss %d\n" % (9999 - step))
            for step in range(1, 1201)
        )
        return Made((*made.files, *shots), made.weights)
    return made


def _whole(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A transformers model: config, tokenizer, weights as safetensors, as pickles, or both."""
    chat = sketch.role.kind == "instruct" or (sketch.role.kind in ("finetune", "merge", "copy") and sketch.role.of == 1)
    files = [config(sketch, dice), *front(plan, sketch, chat)]
    if (
        sketch.row.task in ("text-generation", "text2text-generation", "image-text-to-text")
        or sketch.row.model_type == "whisper"
    ):
        files.append(generation_config(sketch.family, sketch.row.model_type, chat))

    # a copy has its original's weights
    source = sketch.parents[0] if sketch.role.kind == "copy" else sketch.index

    def filled(path: str) -> bytes:
        return fill(plan.seed, source, path)

    old = is_pickled(plan, sketch)
    weights: tuple[Weights, ...] = ()
    if not old or sketch.role.kind == "base":
        safe = own_checkpoint(sketch)
        weights = safe.parts
        files += safe.files(filled)
    if old:
        files += own_pickles(sketch).files(filled)
    if sketch.role.kind in ("finetune", "classifier") and dice.below(3) == 0:
        arguments = opaque(PICKLE + b"args", 5240 + 64 * dice.below(9))
        files.append(arguments.file("training_args.bin", fill(plan.seed, source, "args")))
    return Made(tuple(files), weights)


def is_pickled(plan: Plan, sketch: Sketch) -> bool:
    """Whether a model's weights are pickled: nearly all in 2022, few from 2024 on; a copy's as its original's."""
    of = sketch.family.number if sketch.role.kind in ("base", "copy") else f"model {sketch.index}"
    share = max(0.05, 0.95 - (sketch.family.year - 2022.2) * 0.45)
    return Dice(plan.seed, "pickled", of).unit() < share


def _gguf(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """GGUF files in several quantizations; every other one keeps the config of its original beside them."""
    name = sketch.repo_id.rpartition("/")[2].removesuffix("-GGUF")
    model_type, size = sketch.row.model_type, sketch.size
    chosen = {"Q4_K_M", *dice.some(tuple(MIXES), 2 + dice.below(4))}
    made = {kind: gguf(model_type, name, size, kind, CHAT_TEMPLATE) for kind in MIXES if kind in chosen}
    made = {kind: weights for kind, weights in made.items() if weights.length < MOST_FILE}
    mark = dice.pick((".", "-"))
    files = [
        weights.file(f"{name}{mark}{kind}.gguf", fill(plan.seed, sketch.index, kind)) for kind, weights in made.items()
    ]
    first = next(iter(made.values()))
    field = gguf_field(model_type, size, first, sum(file.size for file in files), CHAT_TEMPLATE)
    if dice.below(2):
        files.append(json_file("config.json", config_of(sketch.row, size, "", sketch.family.version, {})))
    return Made(tuple(files), gguf=field)


def _packed(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """AWQ or GPTQ: the original's config with a ``quantization_config``, packed weights."""
    method = sketch.role.kind
    settings: Json = {"bits": 4, "group_size": 128, "quant_method": method}
    settings |= {"desc_act": False, "sym": True} if method == "gptq" else {"version": "gemm", "zero_point": True}
    extra: Json = {"quantization_config": settings}
    value = config_of(sketch.row, sketch.size, "", sketch.family.version, extra)
    value |= {key: "float16" for key in ("dtype", "torch_dtype") if key in value}
    weights = packed_checkpoint(sketch.row.name, sketch.size, method)
    files = [
        json_file("config.json", value),
        *front(plan, sketch, True),
        generation_config(sketch.family, sketch.row.model_type, True),
        *weights.files(lambda path: fill(plan.seed, sketch.index, path)),
    ]
    if method == "gptq":
        files.append(
            json_file(
                "quantize_config.json",
                {key: settings[key] for key in ("bits", "group_size", "desc_act", "sym")} | {"damp_percent": 0.1},
            )
        )
    return Made(tuple(files), weights.parts)


def _lora(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A PEFT adapter: no config.json; some carry the tokenizer along."""
    parent = plan.sketch(sketch.parents[0])
    modules = dice.pick(ADAPTED.get(sketch.row.model_type, ADAPTED[""]))
    rank = dice.pick((8, 8, 16, 16, 16, 32, 64))
    tasks = {"text-generation": "CAUSAL_LM", "text2text-generation": "SEQ_2_SEQ_LM", "fill-mask": "SEQ_CLS"}
    value = {
        "base_model_name_or_path": parent.repo_id
        if dice.below(5)
        else f"/home/{sketch.repo_id.partition('/')[0]}/models/{sketch.family.base}",
        "bias": "none",
        "fan_in_fan_out": sketch.row.model_type == "gpt2",
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
    lora = adapter(sketch.row.name, sketch.size, parent.task or "", rank, modules)
    files = [
        json_file("adapter_config.json", value),
        lora.file("adapter_model.safetensors", fill(plan.seed, sketch.index)),
    ]
    if dice.below(2):
        files += front(plan, sketch, False)
    return Made(tuple(files), (lora,))


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
    return Made((*made.files, *extra), made.weights)


def _onnx(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """An ONNX export: the original's config and tokenizer, the graph in a folder."""
    value = config_of(sketch.row, sketch.size, "", sketch.family.version, {})
    count = elements(sketch.row.name, sketch.size, 2 if sketch.row.model_type == "vit" else 0, sketch.task or "")
    files = [json_file("config.json", value), *front(plan, sketch, False)]
    for name, width in (("onnx/model.onnx", 4), ("onnx/model_quantized.onnx", 1)):
        graph = count * width + 400_000
        if graph > MOST_ONNX:
            data = opaque(b"", count * width)
            files.append(data.file(f"{name}_data", fill(plan.seed, sketch.index, name, "data")))
            graph = 400_000
        files.append(opaque(ONNX, graph).file(name, fill(plan.seed, sketch.index, name)))
    return Made(tuple(files))


#: models of `timm` by the part of the name that says which: the architecture, its tensors, its features
_TIMM = {
    "resnet18": ("resnet18", resnet((2, 2, 2, 2), False, 1000), 512),
    "resnet50": ("resnet50", resnet((3, 4, 6, 3), True, 1000), 2048),
    "convnext-tiny": ("convnext_tiny", convnext((3, 3, 9, 3), (96, 192, 384, 768), 1000), 768),
}


@lru_cache(maxsize=len(_TIMM))
def _timm_weights(name: str) -> Weights:
    return safetensors(lambda: typed(_TIMM[name][1], "F32"))


def _timm(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A timm model: its config has an ``architecture`` and a ``pretrained_cfg``."""
    name, shapes, features = _TIMM[sketch.role.suffix.split("_")[1]]
    classes = 1000
    value = {
        "architecture": name,
        "num_classes": classes,
        "num_features": features,
        "pretrained_cfg": {
            "tag": "in1k",
            "input_size": [3, 224, 224],
            "interpolation": "bicubic",
            "num_classes": classes,
        },
    }
    weights = _timm_weights(sketch.role.suffix.split("_")[1])
    files = [json_file("config.json", value), weights.file("model.safetensors", fill(plan.seed, sketch.index))]
    if dice.below(2):
        pickle = opaque(PICKLE, weights.length + 200 * len(shapes))
        files.append(pickle.file("pytorch_model.bin", fill(plan.seed, sketch.index, "bin")))
    return Made(tuple(files), (weights,))


def _small(plan: Plan, sketch: Sketch, path: str, magic: bytes, length: int) -> File:
    """A file of some kilobytes in a format that is not read here."""
    return opaque(magic, length).file(path, fill(plan.seed, sketch.index))


def _sklearn(plan: Plan, sketch: Sketch, dice: Dice) -> Made:
    """A pickled estimator; its config.json names columns."""
    value = {
        "sklearn": {
            "columns": ["x0", "x1", "x2"],
            "environment": ["scikit-learn=1.5.0"],
            "model": {"file": "model.pkl"},
            "task": sketch.task,
        }
    }
    pickle = _small(plan, sketch, "model.pkl", b"\x80\x04\x95", 20_000 + dice.below(400_000))
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
    algorithm = sketch.role.suffix.split("-")[1]
    archive = _small(plan, sketch, f"{algorithm}-{sketch.topic}.zip", b"PK\x03\x04data", 140_000 + dice.below(9_000))
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
