"""What a file is follows from its path, by one table."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.extract.files import FileKind, classify, classify_all
from harvester.extract.roles import FILE_ROLES, FORMATS, ROLES
from harvester.extract.variants import shard_groups, shard_of, variant_of, without_variant

REAL = Path(__file__).resolve().parents[3] / "shared" / "real"

#: role, format, framework, unsafe: the paths that are so. One line a kind; read it as the table's meaning.
EXPECTED = {
    ("card", "markdown", None, False): ["README.md"],
    ("config", "json", None, False): [
        "config.json", "onnx/config.json", "1_Pooling/config.json", "generation_config.json", "adapter_config.json",
        "model_index.json", "modules.json", "model.safetensors.index.json", "pytorch_model.bin.index.json",
        "model.safetensors.index.fp32.json", "preprocessor_config.json", "processor_config.json", "params.json",
        "sentence_bert_config.json", "quantize_config.json", "quant_config.json", "scheduler/scheduler_config.json",
        "mlc-chat-config.json", "configuration.json", "open_clip_config.json", "data_config.json",
        "tf_model.h5.index.json", "flax_model.msgpack.index.json", "en_US-lessac-medium.onnx.json", "task.json",
        "policy_preprocessor.json", "image_converter.json",
    ],
    ("config", "yaml", None, False): ["config.yaml", "hyperparams.yaml", "v1-inference.yaml", "model_config.yml"],
    ("weights", "safetensors", None, False): [
        "model.safetensors", "model-00001-of-00002.safetensors", "adapter_model.safetensors",
        "unet/x.fp16.safetensors",
    ],
    ("weights", "pickle", "pytorch", True): [
        "pytorch_model.bin", "pytorch_model-00001-of-00002.bin", "adapter_model.bin", "v1-5-pruned.ckpt", "yolo.pt",
        "consolidated.00.pth", "model.pt.zip", "checkpoint.pth.tar", "2_Dense/pytorch_model.bin", "model.pt2",
        "G_0.pth", "license_plate_detector.pt", "results_net.pth", "pytorch_model_fsdp_0/.metadata", "m.torchscript",
        "model.jit", "SLOWFAST_8x8_R50.pyth", "model.pt.xz", "m.torchscript.zip",
    ],
    ("weights", "pickle", None, True): [
        "model.pkl", "supposedly_safe.pkl", "weights.pkl.gz", "a.pickle.bz2", "a.pk", "a.pkl4", "license.pkl",
    ],
    ("weights", "gguf", "gguf", False): [
        "gemma-3-1b-it-Q4_K_M.gguf", "mmproj-model-f16.gguf", "BF16/m-00001-of-00003.GGUF",
        "M-imatrix-Q4_K_M.gguf", "M-IQ4_XS-imatrix.gguf",
    ],
    ("weights", "pickle", "stable-baselines3", True): ["ppo-LunarLander-v2.zip"],
    ("framework_export", "ggml", "ggml", False): ["ggml-base.en.bin", "llama-2-7b.ggmlv3.q4_K_S.bin"],
    ("framework_export", "onnx", "onnx", False): [
        "model.onnx", "onnx/model_quantized.onnx", "onnx/model.onnx_data", "onnx/model.onnx_data_1",
        "model.onnx.data", "m.ort", "unet/weights.pb", "onnx/onnx__MatMul_123", "onnx/Constant_1_attr__value",
        "license_plate.onnx", "tokenizer.onnx",
    ],
    ("framework_export", "h5", "tensorflow", False): ["tf_model.h5", "tf_model-00001-of-00002.h5"],
    ("framework_export", "h5", "keras", False): ["model.weights.h5", "my_model.hdf5"],
    ("framework_export", "keras", "keras", False): ["model.keras"],
    ("framework_export", "saved_model", "tensorflow", False): [
        "saved_model.pb", "variables/variables.data-00000-of-00001", "saved_model/variables/variables.index",
        "frozen.pb",
    ],
    ("framework_export", "tf_checkpoint", "tensorflow", False): [
        "bert_model.ckpt.index", "bert_model.ckpt.data-00000-of-00001", "model.ckpt-1000.meta", "checkpoint",
    ],
    ("framework_export", "tfjs", "tfjs", False): ["group1-shard1of4.bin"],
    ("framework_export", "tflite", "tflite", False): ["64.tflite", "gemma.task", "gemma.litertlm"],
    ("framework_export", "msgpack", "flax", False): ["flax_model.msgpack", "flax_model-00001-of-00002.msgpack"],
    ("framework_export", "coreml", "coreml", False): [
        "coreml/fill-mask/float32_model.mlpackage/Data/com.apple.CoreML/model.mlmodel",
        "coreml/fill-mask/float32_model.mlpackage/Data/com.apple.CoreML/weights/weight.bin",
        "Unet.mlmodelc/coremldata.bin", "Unet.mlmodelc/model.mil", "a.mlmodelc/model.espresso.weights",
        "ggml-base.en-encoder.mlmodelc.zip",
    ],
    ("framework_export", "openvino", "openvino", False): [
        "openvino/openvino_model.xml", "openvino/openvino_model.bin", "openvino_decoder_model.bin",
        "openvino/openvino_model_qint8_quantized.bin",
    ],
    ("framework_export", "rust", "rust", False): ["rust_model.ot"],
    ("framework_export", "orbax", "flax", False): ["2b/manifest.ocdbt", "2b/ocdbt.process_0/d/0a1b2c3d4e5f"],
    ("framework_export", "kenlm", "kenlm", False): ["language_model/5gram.bin", "lm.arpa"],
    ("framework_export", "kaldi", "kaldi", False): ["am/final.mdl", "graph/HCLG.fst"],
    ("framework_export", "msgpack", "spacy", False): ["ner/model", "ner/moves", "attribute_ruler/patterns"],
    ("config", "json", "spacy", False): ["ner/cfg"],
    ("framework_export", "tensorrt", "tensorrt", False): ["unet.engine", "model.plan"],
    ("framework_export", "executorch", "executorch", False): ["model.pte"],
    ("framework_export", "npz", "mlx", True): ["weights.npz", "adapters.npz"],
    ("framework_export", "nemo", "nemo", True): ["parakeet-tdt-0.6b.nemo"],
    ("framework_export", "mlc", "mlc", False): ["params_shard_0.bin"],
    ("framework_export", "pickle", "sklearn", True): ["sklearn_model.joblib", "skops-abc.pkl"],
    ("framework_export", "skops", "sklearn", False): ["model.skops"],
    ("framework_export", "pickle", "paddle", True): ["model_state.pdparams"],
    ("tokenizer", "json", None, False): [
        "tokenizer.json", "tokenizer_config.json", "onnx/tokenizer.json", "special_tokens_map.json",
        "added_tokens.json",
        "chat_template.json", "tekken.json", "tokenizer_2/tokenizer_config.json",
    ],
    ("tokenizer", "jinja", None, False): ["chat_template.jinja", "additional_chat_templates/tool_use.jinja"],
    ("tokenizer", "pickle", None, True): ["tokenizer.pickle", "tokenizer.pkl"],
    ("vocabulary", "pickle", None, True): ["vocab.pkl"],
    ("vocabulary", "msgpack", "spacy", False): ["vocab/lookups.bin", "lemmatizer/lookups/lookups.bin"],
    ("vocabulary", "json", None, False): [
        "vocab.json", "tokenizer/vocab.json", "encoder.json", "shared_vocabulary.json", "unigram.json",
    ],
    ("vocabulary", "text", None, False): ["vocab.txt", "merges.txt", "onnx/vocab.txt", "dict.txt", "tokens.txt",
        "bpe.codes", "vocabulary/labels.txt",
        "language_model/unigrams.txt"],
    ("vocabulary", "sentencepiece", None, False): [
        "spiece.model", "tokenizer.model", "sentencepiece.bpe.model", "source.spm", "tokenizer.model.v3",
        "original/tokenizer.model",
    ],
    ("vocabulary", "tiktoken", None, False): ["qwen.tiktoken"],
    ("license", "text", None, False): [
        "LICENSE", "LICENSE.txt", "NOTICE", "MODEL_LICENSE", "LICENSE-CODE", "COPYING",
        "licenses/LICENSE_MIT", "License Agreement.txt",
    ],
    ("license", "markdown", None, False): ["USE_POLICY.md", "LICENSE.md", "original/USE_POLICY.md", "LICENSE_GEMMA.md"],
    ("code", "python", None, False): ["modeling_chatglm.py", "train_script.py", "handler.py", "license.py",
        "license_plate.py", "tokenizer.py", "results/eval.py"],
    ("code", "notebook", None, False): ["Demo.ipynb"],
    ("code", "source", None, False): ["train.sh", "Dockerfile", "docker/Dockerfile.user", "Makefile", "main.cpp"],
    ("code", "text", None, False): ["requirements.txt"],
    ("training", "pickle", "pytorch", True): [
        "training_args.bin", "training_args (1).bin", "optimizer.pt", "checkpoint-500/optimizer.pt", "scheduler.pt",
        "scaler.pt",
        "rng_state.pth", "rng_state_0.pth", "optimizer.bin", "random_states_0.pkl",
        "global_step500/zero_pp_rank_0_mp_rank_00_optim_states.pt", "global_step500/mp_rank_00_model_states.pt",
        "ppo-LunarLander-v2/policy.optimizer.pth",
    ],
    ("training", "json", None, False): [
        "trainer_state.json", "runs/x/hparams.json", "train_args.json", "all_results.json", "train_results.json",
        "eval_results.json", "mteb_results/STS22.json", "run_logs/timers.json",
    ],
    ("training", "tfevents", None, False): [
        "events.out.tfevents.1626178471.t1v-n-905ccd3e-w-0.30006.3.v2", "runs/Jan01/events.out.tfevents.1.host.1.0",
    ],
    ("training", "text", None, False): ["training.log", "nohup.out", "running_log.txt", "checkpoint-5/latest"],
    ("media", "image", None, False): ["assets/logo.png", "images/cat.JPG", "a.webp", "a.svg"],
    ("media", "audio", None, False): ["samples/a.wav", "a.mp3"],
    ("media", "video", None, False): ["replay.mp4", "a.webm"],
    ("other", "markdown", None, False): [
        "onnx/README.md", "docs/README.md", "README_en.md", "readme.md", "CONTRIBUTING.md",
    ],
    ("other", "text", None, False): [".gitattributes", ".gitignore", "notes.txt", "SYSTEM_PROMPT.txt"],
    ("other", "json", None, False): ["metadata.json", "x.mlpackage/Manifest.json", "data_records.json"],
    ("other", "csv", None, False): ["data/test.tsv"],
    ("other", "npz", None, True): ["stats.npz"],
    ("other", "gguf", None, False): ["m.imatrix.gguf", "Qwen-imatrix.gguf", "imatrix.gguf"],
    ("other", "archive", None, False): ["en_core_web_sm-any-py3-none-any.whl", "model.tar.gz"],
    ("other", None, None, False): [
        "model.safetensors.part01", "m.Q8_0.gguf.part1of2", "m.Q8_0.gguf-split-a", "big.zip.001", "model.z01",
        "danger.dat", ".cache/huggingface/download/chat_template.jinja.metadata", "imatrix.dat",
        "eicar_test_file", "", "/", "a/b/c", "weird\nname",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, paths in EXPECTED.items() for path in paths])
def test_a_path_is_what_the_table_says(kind: tuple[str, str | None, str | None, bool], path: str) -> None:
    assert classify(path) == FileKind(*kind)


def test_neighbours_distinguish_openvino_and_ctranslate2_from_pickles() -> None:
    paths = ["unet/x.xml", "unet/x.bin", "ct2/model.bin", "ct2/vocabulary.txt", "pytorch_model.bin", "model.bin"]
    frameworks = [kind.framework for kind in classify_all(paths)]
    assert frameworks == ["openvino", "openvino", "ctranslate2", None, "pytorch", "pytorch"]
    assert [kind.unsafe for kind in classify_all(paths)] == [False, False, False, False, True, True]


def test_every_row_keeps_to_the_closed_lists() -> None:
    assert {rule.role for rule in ROLES} <= set(FILE_ROLES)
    assert {rule.format for rule in ROLES if rule.format} | {"ctranslate2"} == {format.name for format in FORMATS}
    assert all(rule.patterns.split() for rule in ROLES)


def _genuine_paths() -> list[str]:
    if not REAL.is_dir():
        pytest.skip("the genuine manifests are not beside this checkout (../shared/real)")
    paths = []
    for tree in REAL.glob("manifests/*/tree.json"):
        paths += [entry["path"] for entry in json.loads(tree.read_text())["tree"] if entry["type"] == "file"]
    return paths


def test_genuine_manifests_hold_no_weights_that_are_called_other() -> None:
    heavy = (
        ".safetensors",
        ".bin",
        ".pt",
        ".pth",
        ".ckpt",
        ".gguf",
        ".onnx",
        ".h5",
        ".msgpack",
        ".ot",
        ".tflite",
        ".pb",
    )
    kinds = {path: classify(path) for path in _genuine_paths() if path.endswith(heavy)}
    assert len(kinds) > 100
    assert {kind.role for kind in kinds.values()} <= {"weights", "framework_export", "training"}
    assert all(kind.format for kind in kinds.values())
    assert {path for path, kind in kinds.items() if kind.unsafe} == {
        path
        for path in kinds
        if path.endswith((".bin", ".pt", ".pth", ".ckpt")) and "openvino" not in path and "mlpackage" not in path
    }


@given(st.text(max_size=3000))
def test_any_text_at_all_is_classified(path: str) -> None:
    kind = classify(path)
    assert kind.role in FILE_ROLES
    assert classify_all([path])[0].role in FILE_ROLES
    variant_of(path), without_variant(path), shard_groups([path])


def test_a_path_built_to_be_slow_is_cut() -> None:
    assert classify("results" * 5000 + ".json").role == "training"
    assert shard_of("-1-of-" * 5000) is None


@pytest.mark.parametrize(
    ("path", "variant"),
    [
        ("gemma-3-1b-it-Q4_K_M.gguf", "Q4_K_M"),
        ("m-IQ2_XS.gguf", "IQ2_XS"),
        ("ggml-model-i2_s.gguf", "I2_S"),
        ("llama-2-7b.ggmlv3.q4_K_S.bin", "Q4_K_S"),
        ("UD-Q2_K_XL/R1-UD-Q2_K_XL-00001-of-00005.gguf", "UD-Q2_K_XL"),
        ("Q8_0/model-00001-of-00002.gguf", "Q8_0"),
        ("mmproj-model-f16.gguf", "fp16"),
        ("unet/diffusion_pytorch_model.fp16.safetensors", "fp16"),
        ("m-BF16.gguf", "bf16"),
        ("onnx/model_int8.onnx", "int8"),
        ("onnx/model_q4f16.onnx", "q4f16"),
        ("gptq_model-4bit-128g.safetensors", "4bit-128g"),
        ("model.safetensors", None),
        ("v1-5-pruned-emaonly.ckpt", None),
        ("Qwen2-7B.gguf", None),
    ],
)
def test_the_name_gives_the_quantization(path: str, variant: str | None) -> None:
    assert variant_of(path) == variant


def test_copies_of_one_model_share_a_name_without_variant() -> None:
    copies = ["m-Q4_K_M.gguf", "m-Q8_0-00001-of-00002.gguf", "m-Q8_0-00002-of-00002.gguf", "m-f16.gguf"]
    assert {without_variant(path) for path in copies} == {"m.gguf"}
    assert without_variant("mmproj-model-f16.gguf") != "m.gguf"


def test_missing_shards_are_named() -> None:
    (group,) = shard_groups(
        ["a/model-00001-of-00004.safetensors", "a/model-00003-of-00004.safetensors", "a/model.safetensors"]
    )
    assert (group.group, group.total, group.missing, group.complete) == (
        "a/model-*-of-00004.safetensors",
        4,
        (2, 4),
        False,
    )


def test_shards_may_count_from_zero_or_have_no_total() -> None:
    zero, consolidated = shard_groups(
        ["x.data-00000-of-00002", "x.data-00001-of-00002", "consolidated.00.pth", "consolidated.02.pth"]
    )[::-1]
    assert zero.complete
    assert (consolidated.total, consolidated.missing) == (None, (1,))


def test_a_claimed_million_of_shards_is_counted_not_listed() -> None:
    (group,) = shard_groups(["m-1-of-999999.gguf"])
    assert (len(group.missing), group.missing_count) == (1000, 999_998)
