"""Steps between genuine versions of documents, and the classes that a reader gives them."""

from pathlib import Path

import pytest

from tests.lock.support import begin, check, kinds, lock, step
from tests.support import SHARED, Shelf

CONFIGS = SHARED / "real/configs"
pytestmark = pytest.mark.skipif(not CONFIGS.is_dir(), reason="the genuine documents of ../shared/real are not there")
#: The document; the folders of the version before and after; the classes.
STEPS: tuple[tuple[str, str, str, set[str]], ...] = (
    ("config.json", "bigscience__bloom@01425565", "bigscience__bloom", {"architecture", "dtype"}),
    ("config.json", "bigscience__bloom@436425e3", "bigscience__bloom@85e429fe", {"dtype", "generation"}),
    ("config.json", "adept__fuyu-8b", "adept__fuyu-8b@6859cfe0", {"architecture", "generation"}),
    ("config.json", "adept__fuyu-8b@6859cfe0", "adept__fuyu-8b@d804d9c8", {"generation"}),
    ("config.json", "EleutherAI__gpt-j-6B@9dd387f3", "EleutherAI__gpt-j-6B@b380a478", {"context", "dtype"}),
    ("config.json", "EleutherAI__gpt-j-6B@b380a478", "EleutherAI__gpt-j-6B@bb23a2a1", {"dtype"}),
    ("tokenizer_config.json", "EleutherAI__gpt-j-6B@066e4128", "EleutherAI__gpt-j-6B@b71ae8bc", {"context"}),
    ("config.json", "internlm__internlm-20b@6f404c1e", "internlm__internlm-20b@b8825fe3", {"context"}),
    (
        "config.json", "internlm__internlm-20b", "internlm__internlm-20b@6f404c1e",
        {"architecture", "generation", "remote_code"},
    ),
    ("tokenizer_config.json", "internlm__internlm-20b", "internlm__internlm-20b@b8825fe3", {"remote_code", "tokenizer"}),
    ("config.json", "_unk__Qwen2-7B-Instruct", "_unk__Qwen2-7B-Instruct@5e62c78f", {"context", "remote_code"}),
    ("config.json", "_legacy__bert-base-cased@2d2cf4f9", "_legacy__bert-base-cased@38e5f9c0", {"architecture"}),
    (
        "tokenizer_config.json", "microsoft__DialoGPT-small@3522e829", "microsoft__DialoGPT-small@364722ef",
        {"chat_template", "context"},
    ),
    ("generation_config.json", "FlagAlpha__Atom-7B", "FlagAlpha__Atom-7B@334d8dc1", {"generation"}),
    ("config.json", "FlagAlpha__Atom-7B", "FlagAlpha__Atom-7B@748818e8", {"dtype"}),
    ("config.json", "emotibot-inc__Zhuzhi-6B", "emotibot-inc__Zhuzhi-6B@5ceb63f1", {"noise"}),
    ("config.json", "google__vit-base-patch16-224-in21k@29acf29b", "google__vit-base-patch16-224-in21k@5abdadb5", {"noise"}),
    ("modules.json", "dunzhang__stella_en_1.5B_v5", "dunzhang__stella_en_1.5B_v5@129dc50d", {"architecture"}),
    ("model_index.json", "runwayml__stable-diffusion-v1-5@2e7465d9", "runwayml__stable-diffusion-v1-5@2f09ee2c", {"noise"}),
    (
        "model_index.json", "runwayml__stable-diffusion-v1-5@1f638b0d", "runwayml__stable-diffusion-v1-5@2e7465d9",
        {"generation"},
    ),
    (
        "preprocessor_config.json", "IDEA-Research__grounding-dino-tiny@06fa2e0d",
        "IDEA-Research__grounding-dino-tiny@3748bf6b", {"config"},
    ),
    (
        "quantize_config.json", "TheBloke__Wizard-Vicuna-30B-Uncensored-GPTQ@3d70af25",
        "TheBloke__Wizard-Vicuna-30B-Uncensored-GPTQ@4ee669ba", {"dtype"},
    ),
    ("config.json", "_unk__VQA_Model", "_unk__VQA_Model@a647bb4d", {"config"}),
    ("config.json", "_unk__ipex-codegen", "_unk__ipex-codegen@7c598e42", {"architecture"}),
)  # fmt: skip


def test_genuine_steps_have_the_classes_that_a_reader_gives_them(tmp_path: Path) -> None:
    shelf, path = Shelf(tmp_path / "hub"), tmp_path / "models.lock"
    names = [f"org/{number:02}" for number in range(len(STEPS))]
    for name, (document, old, _, _) in zip(names, STEPS, strict=True):
        begin(shelf, {document: (CONFIGS / old / document).read_bytes(), "model.safetensors": b"w"}, name)
    lock(shelf, path, *names)
    for name, (document, _, new, _) in zip(names, STEPS, strict=True):
        step(shelf, {document: (CONFIGS / new / document).read_bytes()}, name)
    found = kinds(check(shelf, path))
    # Version stamps come along with most steps.
    loud = {name: set(found[name]) - {"noise"} or {"noise"} for name in names}
    assert loud == {name: classes for name, (_, _, _, classes) in zip(names, STEPS, strict=True)}
