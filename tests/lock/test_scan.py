"""Small projects in every form that a model is named in, and what a scan finds in them."""

import json
import os
from pathlib import Path

import pytest

from harvester.commands.wanted import wanted_models
from harvester.lock.scan.names import Mention
from harvester.lock.scan.walk import scan
from tests.lock.support import FILES, command
from tests.support import Shelf, serving

PYTHON = '''\
import os
from transformers import AutoModel, AutoTokenizer, pipeline
from sentence_transformers import SentenceTransformer, CrossEncoder
from vllm import LLM

BASE = "org/constant"
SETTING = os.getenv("MODEL", "org/from-setting")
classify = pipeline("text-classification", model="org/pipeline")
ask = pipeline("question-answering", "org/second-argument")
model = AutoModel.from_pretrained("org/pinned", revision="v1.0")
tokenizer = AutoTokenizer.from_pretrained(
    BASE,
)
other = AutoModel.from_pretrained(SETTING)
old = AutoModel.from_pretrained("bert-base-uncased")
local = AutoModel.from_pretrained("./weights")
folder = AutoModel.from_pretrained("my-model")
embed = SentenceTransformer("org/sentences")
rank = CrossEncoder(model_name="org/ranker")
llm = LLM(model="org/served")
snapshot_download("org/snapshot", repo_type="model")
snapshot_download(repo_id="org/dataset", repo_type="dataset")
load_dataset("org/another-dataset")
MODEL_NAME = "org/unused"
run(model="org/keyword")
timm.create_model("hf-hub:org/timm")
peft = PeftModel.from_pretrained(model, "org/adapter")
mime = "application/json"
OWNER = "org"
joined = AutoModel.from_pretrained(f"{OWNER}/joined")
SEVERAL = {"small": "org/mapped", "large": "org/mapped-too"}
chosen = AutoModel.from_pretrained(SEVERAL[size])
for each in ["org/looped"]:
    AutoModel.from_pretrained(each)
parser.add_argument("--generator", default="org/argument")
argued = AutoModel.from_pretrained(args.generator)
path = AutoModel.from_pretrained("outputs/checkpoint-5")
"""See https://huggingface.co/org/in-a-text for more."""
'''
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": ["from_pretrained('org/in-markdown')"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "m = AutoModel.from_pretrained('org/notebook')\n"]},
        {"cell_type": "code", "source": ["!hf download org/from-shell\n"]},
    ],
    "nbformat": 4,
}
PROJECT = {
    "app/main.py": PYTHON,
    "app/broken.py": "print 'python 2'\n# --model org/comment\nx = 1\n",
    "note.ipynb": json.dumps(NOTEBOOK, indent=1),
    "serve.sh": "#!/bin/sh\nvllm serve org/vllm --revision abc1234\n"
    "python -m vllm.entrypoints.openai.api_server \\\n  --model org/api-server\n"
    "hf download org/data --repo-type dataset\nllama-server -hf org/gguf:Q4_K_M\n",
    "Dockerfile": 'FROM python:3.12\nENV MODEL_ID=org/env\nCMD ["vllm", "serve", "org/cmd"]\n'
    "RUN python -c \"AutoModel.from_pretrained('org/in-run')\"\n",
    "k8s/deployment.yaml": "env:\n  - name: MODEL_ID\n    value: org/k8s\n  - name: OTHER\n    value: org/other\n"
    "models:\n  - name: org/below-models\n",
    "compose.json": '{"llm": {"model": "org/json", "image": "org/image"}}',
    "Modelfile": "FROM hf.co/org/ollama:Q8_0\nPARAMETER temperature 1\n",
    "Modelfile.library": "FROM llama3.2\n",
    "values.yaml": "server:\n  model: org/yaml\n  name: org/yaml-name\n"
    "  models:\n    - org/yaml-first\n    - org/yaml-second\n"
    "  args:\n    - --model\n    - org/yaml-args\n  image: ghcr.io/org/image:1\n  dataset: org/some-data\n",
    "settings.toml": '[embedding]\nmodel_name = "org/toml"\nmodels = ["org/toml-one", "org/toml-two"]\n'
    '[tool.x]\nrepo = "org/toml-repo"\n',
    "models.txt": "# ours\norg/listed@v2\norg/listed-too\n",
    "others.txt": "org/perhaps\n",
    "requirements.txt": "torch>=2\nspacy @ https://huggingface.co/org/wheel/resolve/main/x.whl\n",
    ".venv/lib/x.py": 'AutoModel.from_pretrained("org/in-venv")\n',
}
SURE = {
    "org/constant": "app/main.py:6", "org/from-setting": "app/main.py:7", "org/pipeline": "app/main.py:8",
    "org/second-argument": "app/main.py:9", "org/pinned": "app/main.py:10", "bert-base-uncased": "app/main.py:15",
    "org/sentences": "app/main.py:18", "org/ranker": "app/main.py:19", "org/served": "app/main.py:20",
    "org/snapshot": "app/main.py:21", "org/timm": "app/main.py:26", "org/adapter": "app/main.py:27",
    "org/notebook": "note.ipynb:13", "org/from-shell": "note.ipynb:19", "org/vllm": "serve.sh:2",
    "org/api-server": "serve.sh:4", "org/gguf": "serve.sh:6", "org/env": "Dockerfile:2", "org/cmd": "Dockerfile:3",
    "org/ollama": "Modelfile:1", "org/yaml": "values.yaml:2", "org/yaml-first": "values.yaml:5",
    "org/yaml-second": "values.yaml:6", "org/yaml-args": "values.yaml:9", "org/toml": "settings.toml:2",
    "org/toml-one": "settings.toml:3", "org/toml-two": "settings.toml:3", "org/listed": "models.txt:2",
    "org/listed-too": "models.txt:3", "org/wheel": "requirements.txt:2", "org/joined": "app/main.py:30",
    "org/mapped": "app/main.py:31", "org/mapped-too": "app/main.py:31", "org/looped": "app/main.py:33",
    "org/argument": "app/main.py:35", "org/in-run": "Dockerfile:4", "org/k8s": "k8s/deployment.yaml:3",
    "org/below-models": "k8s/deployment.yaml:7", "org/json": "compose.json:1",
}  # fmt: skip
DOUBTFUL = {
    "my-model": "app/main.py:17", "org/unused": "app/main.py:24", "org/keyword": "app/main.py:25",
    "outputs/checkpoint-5": "app/main.py:37", "org/in-a-text": "app/main.py:38", "org/yaml-name": "values.yaml:3",
    "org/toml-repo": "settings.toml:5", "org/perhaps": "others.txt:1",
}  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    for path, content in PROJECT.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    return root


def places(mentions: list[Mention], *, sure: bool) -> dict[str, str]:
    certain = {one.name for one in mentions if one.sure}
    found: dict[str, str] = {}
    for one in mentions:
        if (one.name in certain) == sure and one.sure == sure:
            found.setdefault(one.name, f"{one.file}:{one.line}")
    return found


def test_every_form_is_found_with_its_line(project: Path) -> None:
    found = scan(project).mentions
    assert places(found, sure=True) == SURE
    assert places(found, sure=False) == DOUBTFUL


def test_the_revision_that_the_code_loads_is_kept(project: Path) -> None:
    revisions = {one.name: one.revision for one in scan(project).mentions if one.revision}
    assert revisions == {"org/pinned": "v1.0", "org/vllm": "abc1234", "org/listed": "v2"}


def test_doubtful_names_are_asked_about(project: Path) -> None:
    asked: list[str] = []

    def take(question: str) -> bool:
        asked.append(question.partition(":")[0])
        return question.startswith("org/keyword")

    names = {name for name, _ in wanted_models((), None, project, take=take)}
    assert names == {*SURE, "org/keyword"}
    assert set(asked) == DOUBTFUL.keys()


def test_what_is_no_code_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "large.py").write_bytes(b"#" * 1_000_001)
    (tmp_path / "binary.py").write_bytes(b"\0AutoModel.from_pretrained('org/x')")
    (tmp_path / "deep.py").write_text("(" * 50_000)
    (tmp_path / "wide.yaml").write_text("model: " + "a/" * 100_000)
    (tmp_path / "bad.ipynb").write_text("[")
    os.symlink("/etc/passwd", tmp_path / "link.py")
    os.symlink(tmp_path, tmp_path / "loop")
    found = scan(tmp_path)
    assert found.mentions == []
    assert found.skipped == {"are larger than 1,000,000 bytes": 1, "are binary": 1, "are links or special files": 1}


def test_a_folder_beside_the_code_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "org/model").mkdir(parents=True)
    (tmp_path / "a.py").write_text("AutoModel.from_pretrained('org/model')")
    assert scan(tmp_path).mentions == []


def test_without_a_terminal_doubtful_names_are_left_out_and_named(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/sure", FILES)
    code = tmp_path / "code"
    code.mkdir()
    (code / "a.py").write_text("AutoModel.from_pretrained('org/sure')\nMODEL = 'org/perhaps'\n")
    path = tmp_path / "models.lock"
    with serving(shelf.world()) as hub:
        done = command("lock", "--scan", code, "--hub", hub.url, "--output", path)
        assert (done.code, done.out) == (0, f"{path}: 1 model locked, 1 in all\n"), done.err
        assert "left out, because it may be no model: org/perhaps: a.py:2" in done.err
        every = command("lock", "--scan", code, "--hub", hub.url, "--yes", "--output", path)
    assert every.code == 1
    assert "org/perhaps was not locked: no such model, or it is private" in every.err
    assert "org/sure is locked already" in every.err
