"""Models that are locked, then changed: what `check` says of the step, in two lines."""

import io
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import harvester.lock
from harvester.cli import cli
from harvester.commands.lock import lock_command
from harvester.ending import guarded
from harvester.lock import Finding
from samplehub import Fault
from samplehub.messages import Reply, Request, text_reply
from tests.support import Shelf, serving

CONFIG = {
    "architectures": ["BertForSequenceClassification"],
    "model_type": "bert",
    "hidden_size": 64,
    "vocab_size": 100,
    "max_position_embeddings": 512,
    "torch_dtype": "float32",
    "id2label": {"0": "NEGATIVE", "1": "POSITIVE"},
    "label2id": {"NEGATIVE": 0, "POSITIVE": 1},
}
FILES: Mapping[str, object] = {
    "config.json": CONFIG,
    "generation_config.json": {"max_length": 20, "temperature": 0.6},
    "tokenizer_config.json": {"model_max_length": 512, "chat_template": "{{ messages }}"},
    "tokenizer.json": {"model": {"vocab": {"a": 0}}},
    "model.safetensors": b"weights",
    "README.md": "---\nlicense: mit\ntags:\n- a\n---\n# A model\n",
}
NAME = "org/model"


@dataclass(kw_only=True)
class Refuse(Fault):
    """An answer that no other attempt would change, and that says nothing about the model."""

    def instead(self, request: Request) -> Reply:
        return text_reply("I'm a teapot", 418)


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


def command(*arguments: object) -> Done:
    """Run a command in this process, without a terminal."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = guarded(lambda: cli(list(map(str, arguments)), standalone_mode=False))
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())  # type: ignore[attr-defined]
    return Done(code, *texts)


def lock(shelf: Shelf, path: Path, *names: str) -> None:
    """Lock models of a shelf."""
    with serving(shelf.world()) as hub:
        wanted = [(name.partition("@")[0], name.partition("@")[2]) for name in names]
        assert lock_command(wanted, path, hub=hub.url, day=None, send_token=False) == 0


def check(shelf: Shelf, path: Path, **options: object) -> list[Finding]:
    """Check a lock file against a shelf."""
    with serving(shelf.world()) as hub:
        return harvester.lock.check(path, hub=hub.url, **options)  # type: ignore[arg-type]


def kinds(findings: list[Finding]) -> dict[str, list[str]]:
    """The classes of the findings of each model."""
    found: dict[str, list[str]] = {}
    for finding in findings:
        found.setdefault(finding.model, []).append(finding.kind)
    return found


def begin(shelf: Shelf, files: Mapping[str, object] = FILES, name: str = NAME) -> None:
    """Put a model on the shelf that can take steps."""
    shelf.put(name, files, revision="v0")


def step(shelf: Shelf, files: Mapping[str, object], name: str = NAME, **said: object) -> None:
    """Let a model take a step: another commit, with these ``files`` (a value None removes one)."""
    owner, _, own = name.partition("/")
    number = sum(1 for _ in (shelf.root / owner).glob(f"{own}@*"))
    old = shelf.root / f"{name}@v{number - 1}"
    kept: dict[str, object] = {
        path.relative_to(old).as_posix(): path.read_bytes() for path in old.rglob("*") if path.is_file()
    }
    kept.pop("hub.json")
    after = {path: content for path, content in {**kept, **files}.items() if content is not None}
    shelf.put(name, after, revision=f"v{number}", **said)
