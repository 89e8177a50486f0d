"""One table of steps: what changes in a repository, and the classes that a careful reader gives it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harvester.lock import Finding
from harvester.lock.file import read
from tests.lock.support import CONFIG, FILES, begin, check, lock, step
from tests.support import Shelf

TOKENIZER: dict[str, Any] = dict(FILES["tokenizer_config.json"])  # type: ignore[call-overload]
CARD = str(FILES["README.md"])


def config(**changed: object) -> dict[str, object]:
    return {"config.json": {**CONFIG, **changed}}


#: What the step is, the files that it writes (None: removes), its classes, and those among them that matter.
STEPS: dict[str, tuple[dict[str, object], set[str]]] = {
    "labels swapped": (config(id2label={"0": "POSITIVE", "1": "NEGATIVE"}, label2id={"POSITIVE": 0, "NEGATIVE": 1}), {"labels"}),
    "a label renamed": (config(id2label={"0": "NEG", "1": "POSITIVE"}, label2id={"NEG": 0, "POSITIVE": 1}), {"labels"}),
    "a label added": (config(id2label={"0": "NEGATIVE", "1": "POSITIVE", "2": "MIXED"}), {"labels"}),
    "labels removed": ({"config.json": {k: v for k, v in CONFIG.items() if k not in ("id2label", "label2id")}}, {"labels"}),
    "only label2id changed": (config(label2id={"NEGATIVE": 1, "POSITIVE": 0}), {"labels"}),
    "another licence": ({"README.md": CARD.replace("license: mit", "license: cc-by-nc-4.0")}, {"licence"}),
    "no licence any more": ({"README.md": CARD.replace("license: mit\n", "")}, {"licence"}),
    "a licence file": ({"LICENSE": "Terms"}, {"licence"}),
    "wider": (config(hidden_size=128), {"architecture"}),
    "another vocabulary size": (config(vocab_size=101), {"architecture", "tokenizer"}),
    "another architecture": (config(architectures=["BertModel"]), {"architecture"}),
    "one more layer, never seen key": (config(num_extra_layers=3), {"architecture"}),
    "a longer context": (config(max_position_embeddings=1024), {"context"}),
    "rope scaling": (config(rope_scaling={"rope_type": "yarn", "factor": 4.0}), {"context"}),
    "rope theta": (config(rope_theta=500000.0), {"context"}),
    "the tokenizer's limit": ({"tokenizer_config.json": {**TOKENIZER, "model_max_length": 1024}}, {"context"}),
    "half precision": (config(torch_dtype="float16"), {"dtype"}),
    "quantized": (config(quantization_config={"quant_method": "gptq", "bits": 4}), {"dtype"}),
    "a quantization document": ({"quantize_config.json": {"bits": 4}}, {"dtype"}),
    "temperature": ({"generation_config.json": {"max_length": 20, "temperature": 0.7}}, {"generation"}),
    "generation defaults removed": ({"generation_config.json": None}, {"generation"}),
    "end of sequence": (config(eos_token_id=[1, 2]), {"generation"}),
    "the template in the tokenizer's config": ({"tokenizer_config.json": {**TOKENIZER, "chat_template": "{{ x }}"}}, {"chat_template"}),
    "a template file": ({"chat_template.jinja": "{{ messages }}"}, {"chat_template"}),
    "no config any more": ({"config.json": None}, {"architecture", "labels"}),
    "no tokenizer's config any more": ({"tokenizer_config.json": None}, {"tokenizer", "chat_template"}),
    "a config with labels in a folder": ({"head/config.json": {"id2label": {"0": "A"}, "num_labels": 1}}, {"architecture", "labels"}),
    "a document of a processor with a template": ({"processor_config.json": {"chat_template": "x"}}, {"config", "chat_template"}),
    "the template in a file of its own": (
        {"tokenizer_config.json": {"model_max_length": 512}, "chat_template.jinja": "{{ messages }}"}, {"noise"},
    ),
    "another template in a file of its own": (
        {"tokenizer_config.json": {"model_max_length": 512}, "chat_template.jinja": "{{ other }}"}, {"chat_template"},
    ),
    "a special token": ({"tokenizer_config.json": {**TOKENIZER, "bos_token": "<s>"}}, {"tokenizer"}),
    "a word of the vocabulary": ({"tokenizer.json": {"model": {"vocab": {"b": 0}}}}, {"tokenizer"}),
    "remote code": ({**config(auto_map={"AutoModel": "modeling.M"}), "modeling.py": "x = 1"}, {"remote_code"}),
    "code that nothing runs": ({"train.py": "x = 1"}, {"files"}),
    "a pickle": ({"pytorch_model.bin": b"pickle"}, {"unsafe"}),
    "weights": ({"model.safetensors": b"other weights"}, {"weights"}),
    "weights in shards": ({"model.safetensors": None, "model-00001-of-00002.safetensors": b"1", "model-00002-of-00002.safetensors": b"2"}, {"weights"}),
    "pickle to safetensors again": ({"model.safetensors": None, "pytorch_model.bin": b"p"}, {"weights", "unsafe"}),
    "the card's text": ({"README.md": CARD + "More.\n"}, {"card"}),
    "a picture": ({"figure.png": b"png"}, {"files"}),
    "white space in a config": ({"config.json": json.dumps(CONFIG, indent=4) + "\n"}, {"noise"}),
    "white space in a tokenizer": ({"tokenizer.json": json.dumps(FILES["tokenizer.json"], indent=1)}, {"noise"}),
    "the order of keys": ({"config.json": dict(reversed(CONFIG.items()))}, {"noise"}),
    "a version stamp": (config(transformers_version="5.0.0"), {"noise"}),
    "where it was saved": (config(_name_or_path="/tmp/x"), {"noise"}),
    "the dtype under its new name": ({"config.json": {**{k: v for k, v in CONFIG.items() if k != "torch_dtype"}, "dtype": "float32"}}, {"noise"}),
    "a whole number as a float": (config(hidden_size=64.0), {"noise"}),
    "an image mean": ({"preprocessor_config.json": {"image_mean": [0.5]}}, {"config"}),
    "an activation": (config(problem_type="multi_label_classification"), {"config"}),
    "no longer JSON": ({"config.json": "<<<<<<< HEAD\n{}"}, {"config"}),
    "several at once": ({**config(id2label={"0": "A", "1": "B"}, hidden_size=65), "model.safetensors": b"w"}, {"labels", "architecture", "weights"}),
}  # fmt: skip
HARMLESS = {"card", "noise", "files", "open"}


def model_of(step_name: str) -> str:
    return f"org/{list(STEPS).index(step_name):03}"


@dataclass(frozen=True)
class Done:
    shelf: Shelf
    path: Path
    locked_at: dict[str, str]
    findings: dict[str, list[Finding]]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Every step taken by a model of its own, all of one author: locked before, checked after."""
    folder = tmp_path_factory.mktemp("steps")
    shelf, path = Shelf(folder / "hub"), folder / "models.lock"
    for name in STEPS:
        begin(shelf, name=model_of(name))
    lock(shelf, path, *map(model_of, STEPS))
    shas = {name: shelf.sha(model_of(name)) for name in STEPS}
    for name, (files, _) in STEPS.items():
        step(shelf, files, model_of(name))
    findings: dict[str, list[Finding]] = {name: [] for name in STEPS}
    for finding in check(shelf, path):
        findings[list(STEPS)[int(finding.model[4:])]].append(finding)
    return Done(shelf, path, shas, findings)


def test_each_step_has_the_classes_that_a_reader_gives_it(done: Done) -> None:
    found = {name: {finding.kind for finding in findings} for name, findings in done.findings.items()}
    assert found == {name: classes for name, (_, classes) in STEPS.items()}
    for findings in done.findings.values():
        assert {finding.kind for finding in findings if not finding.matters} <= HARMLESS
        assert {finding.kind for finding in findings if finding.matters}.isdisjoint(HARMLESS)
        assert all(finding.message and finding.commits_known for finding in findings)
        assert {len(finding.commits) for finding in findings} == {1}


def test_labels_are_named_by_index(done: Done) -> None:
    (finding,) = done.findings["labels swapped"]
    rows = [(one.field, one.change, one.old, one.new) for one in finding.differences]
    assert rows == [("0", "permuted", "NEGATIVE", "POSITIVE"), ("1", "permuted", "POSITIVE", "NEGATIVE")]
    assert finding.announced_by == ()


def test_a_licence_has_its_class_before_and_after(done: Done) -> None:
    (finding,) = done.findings["another licence"]
    rows = {one.field: (one.old, one.new) for one in finding.differences}
    assert rows == {"license": ("mit", "cc-by-nc-4.0"), "license_class": ("permissive", "non-commercial")}


def test_a_lock_file_says_what_a_reviewer_looks_at(done: Done) -> None:
    model = read(done.path)[0]
    entry = model.locked
    assert (model.name, entry.commit, entry.gated) == ("org/000", next(iter(done.locked_at.values())), "no")
    assert (entry.license, entry.license_class) == ("mit", "permissive")
    assert (entry.architecture, entry.dtype, entry.context_length) == ("BertForSequenceClassification", "float32", 512)
    assert (entry.loads_with, entry.remote_code, entry.scan) == (["transformers"], [], "safe")
    assert entry.labels == {"0": "NEGATIVE", "1": "POSITIVE"}
    assert list(entry.documents) == ["config.json", "generation_config.json", "tokenizer_config.json"]
    assert list(entry.tokenizer) == ["tokenizer.json"]
    assert list(entry.embedded_templates) == ["tokenizer_config.json"]
    assert entry.weights["model.safetensors"].startswith("sha256:")
