"""Against a harvest: the same findings as against the Hub, without a request, and never an answer it does not have."""

import json
from pathlib import Path

import pytest

import harvester.lock
from harvester.extract.document_step import DocumentChange, document_changes
from tests.lock.support import CONFIG, FILES, begin, check, command, kinds, lock, step
from tests.support import Shelf, catalogue, harvest, rows, serving

#: What the models do between two harvests; the class of each is tested against the Hub.
STEPS = {
    "org/labels": {"config.json": {**CONFIG, "id2label": {"0": "POSITIVE", "1": "NEGATIVE"}}},
    "org/stamp": {"config.json": {**CONFIG, "transformers_version": "5.0.0", "torch_dtype": "torch.float32"}},
    "org/spaces": {"config.json": json.dumps(CONFIG, indent=2)},
    "org/dtype": {"config.json": {**CONFIG, "torch_dtype": "bfloat16", "hidden_size": 64.0}},
    "org/rope": {"config.json": {**CONFIG, "rope_scaling": {"type": "linear", "factor": 2.0}}},
    "org/generation": {"generation_config.json": {"max_length": 30}},
    "org/template": {"tokenizer_config.json": {"model_max_length": 512, "chat_template": "x" * 70_000}},
    "org/code": {"config.json": {**CONFIG, "auto_map": {"AutoModel": "m.M"}}, "m.py": "x = 1"},
    "org/weights": {"model.safetensors": b"other"},
    "org/pickle": {"pytorch_model.bin": b"p"},
    "org/licence": {"README.md": "---\nlicense: gpl-3.0\n---\n# A model\n"},
    "org/card": {"README.md": "---\nlicense: mit\ntags:\n- a\n---\n# Words\n"},
    "org/tokenizer": {"tokenizer.json": {"model": {"vocab": {"z": 0}}}},
    "org/same": {},
    "org/gone": {},
}
READ = ("config.json", "generation_config.json", "tokenizer_config.json")


class Harvested:
    """Two harvests, a lock in between, and where they are."""

    def __init__(self, folder: Path):
        self.shelf, self.data, self.path = Shelf(folder / "hub"), folder / "data", folder / "models.lock"
        for name in STEPS:
            begin(self.shelf, name=name)
        with serving(self.shelf.world()) as hub:
            harvest(hub, self.data)
        lock(self.shelf, self.path, *STEPS)
        catalogue(self.data)
        self.before = harvester.lock.check(self.path, data=self.data)
        for name, files in STEPS.items():
            if files:
                step(self.shelf, files, name)
        for folder in (self.shelf.root / "org").glob("gone@*"):
            folder.rename(self.shelf.root / "gone")
        with serving(self.shelf.world()) as hub:
            harvest(hub, self.data)
        catalogue(self.data)


@pytest.fixture(scope="module")
def harvested(tmp_path_factory: pytest.TempPathFactory) -> Harvested:
    return Harvested(tmp_path_factory.mktemp("offline"))


def test_a_harvest_gives_the_findings_of_the_hub(harvested: Harvested) -> None:
    assert harvested.before == []
    offline = harvester.lock.check(harvested.path, data=harvested.data)
    assert kinds(offline) == kinds(check(harvested.shelf, harvested.path))
    assert kinds(offline)["org/labels"] == ["labels"]
    assert kinds(offline)["org/gone"] == ["gone"]
    assert command("check", harvested.path, "--data", harvested.data).code == 1


def test_documents_are_compared_as_in_the_catalogue(harvested: Harvested) -> None:
    """`changes` and the comparison of two documents are one definition in two languages."""
    query = """
        SELECT repo_id, path, kind, field, change, old, new, noise FROM changes WHERE kind IN ('config', 'label')
    """
    stored: dict[tuple[str, str], set[DocumentChange]] = {}
    for name, path, *values in rows(harvested.data, query):
        stored.setdefault((name, path), set()).add(DocumentChange(*values))
    compared = {}
    for name in STEPS.keys() - {"org/gone", "org/same"}:
        for path in READ:
            old, new = (harvested.shelf.root / f"{name}@{at}" / path for at in ("v0", "v1"))
            if changes := document_changes(path, old.read_bytes(), new.read_bytes()):
                compared[name, path] = set(changes)
    assert compared == stored
    assert len(stored) >= 7


def test_what_a_harvest_does_not_know_is_unchecked(harvested: Harvested, tmp_path: Path) -> None:
    other = Shelf(tmp_path / "hub")
    other.put("never/harvested", FILES, hub_id="9" * 24)
    path = tmp_path / "models.lock"
    lock(other, path, "never/harvested")
    (finding,) = harvester.lock.check(path, data=harvested.data)
    assert (finding.kind, command("check", path, "--data", harvested.data).code) == ("unchecked", 3)
    assert "the harvest has no such model" in finding.message
    # A lock that is newer than the harvest is not compared backwards.
    step(harvested.shelf, {"model.safetensors": b"newest"}, "org/same")
    lock(harvested.shelf, tmp_path / "new.lock", "org/same")
    (finding,) = harvester.lock.check(tmp_path / "new.lock", data=harvested.data)
    assert finding.kind == "unchecked"
    assert "before it was locked" in finding.message
    # A branch is not in a harvest; a Hub and a harvest are not asked at once.
    text = (tmp_path / "new.lock").read_text()
    (tmp_path / "branch.lock").write_text(text.replace("locked_at", 'revision = "fp16"\nlocked_at'))
    assert kinds(harvester.lock.check(tmp_path / "branch.lock", data=harvested.data)) == {"org/same": ["unchecked"]}
    assert command("check", path, "--data", harvested.data, "--hub", "sample").code == 2
    assert command("check", path, "--data", tmp_path).code == 2
