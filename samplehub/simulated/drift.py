"""What commits do to the files of a model: takes a change and the files before, returns the files after."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from samplehub.content import File, Generated, generated_file, plain_file
from samplehub.simulated.cards import front_matter
from samplehub.simulated.chance import Dice
from samplehub.simulated.changes import Card, Change, ChangeKind
from samplehub.simulated.common import own_checkpoint
from samplehub.simulated.documents import as_json
from samplehub.simulated.licenses import license_file
from samplehub.simulated.plan import Sketch
from samplehub.simulated.weights import fill
from samplehub.world import Json

Files = Mapping[str, File]
CONFIG, CARD = "config.json", "README.md"
_CONTEXT = ("max_position_embeddings", "n_positions", "max_target_positions")
#: files that an author may add or remove silently
_DROPPED = (
    "special_tokens_map.json",
    "training_args.bin",
    "vocab.txt",
    "generation_config.json",
    "sentence_bert_config.json",
)
#: large, yet no weights
_PIECES = ("spiece.model", "tokenizer.model", "tokenizer.json", "training_args.bin")
_ADDED = ("LICENSE", "requirements.txt", "eval_results.json", "inference.py")


@dataclass(frozen=True, slots=True)
class Effect:
    """The true effect of a change: values before and after, as in ``Event``."""

    kind: ChangeKind
    path: str | None
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class Changed:
    """The files after a change, its commit's title, and what it did."""

    files: Files
    title: str
    effect: Effect


def apply(seed: int, sketch: Sketch, files: Files, change: Change, old: Card, new: Card) -> Changed:
    """Make a change; if the files do not allow it, correct the card instead, so that every commit has a change."""
    dice = change.dice(seed)
    made = _MAKERS.get(change.kind, _of_card)(_Task(seed, sketch, files, change, old, new, dice))
    if made is None:
        made = _of_card(_Task(seed, sketch, files, replace(change, kind="card"), old, new, dice))
        assert made is not None
    after = dict(made.files)
    announced_in_card = made.effect.kind == "card" or "card_body" in change.also
    if old.data != new.data or announced_in_card:
        after[CARD] = _readme(files.get(CARD), sketch, change, made.effect.kind, old, new, announced_in_card)
    return replace(made, files=after)


@dataclass(frozen=True, slots=True)
class _Task:
    seed: int
    sketch: Sketch
    files: Files
    change: Change
    old: Card
    new: Card
    dice: Dice


def _readme(
    before: File | None, sketch: Sketch, change: Change, kind: ChangeKind, old: Card, new: Card, tell: bool
) -> File:
    """README.md with the new front matter, and a section about the change if it is announced."""
    text = before.read().decode() if before else f"# {sketch.repo_id.rpartition('/')[2]}\n"
    body = text.removeprefix(_head(old))
    if tell:
        words = {"card": "Corrected some typing errors."}.get(kind, f"Changed: {kind.replace('_', ' ')}.")
        body = f"{body.rstrip()}\n\n## Day {change.day}\n\n{words}\n"
    return plain_file(CARD, (_head(new) + body).encode())


def _head(card: Card) -> str:
    return f"---\n{front_matter(card.data)}---\n\n" if card.data else ""


def _of_card(task: _Task) -> Changed:
    """Only the card."""
    keys = {"license": "license", "task": "pipeline_tag", "base_model": "base_model", "new_version": "new_version"}
    key = keys.get(task.change.kind)
    before, after = (task.old.data.get(key), task.new.data.get(key)) if key else (None, None)
    kind = task.change.kind
    if key and before == after:
        kind, before, after = "card", None, None
    return Changed(task.files, "Update README.md", Effect(kind, CARD, before, after))


def _config(files: Files) -> dict[str, Json]:
    file = files.get(CONFIG)
    if file is None:
        return {}
    try:
        value = json.loads(file.read())
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _with_config(task: _Task, kind: ChangeKind, value: dict[str, Json]) -> Changed:
    """The files with another config.json; the effect has the members that differ (``id2label`` for labels)."""
    old = _config(task.files)
    absent: Json = object()
    keys = {key for key in old.keys() | value.keys() if old.get(key, absent) != value.get(key, absent)} - {"label2id"}
    before = {key: old[key] for key in sorted(keys & old.keys())}
    after = {key: value[key] for key in sorted(keys & value.keys())}
    file = plain_file(CONFIG, as_json(dict(sorted(value.items()))))
    return Changed({**task.files, CONFIG: file}, "Update config.json", Effect(kind, CONFIG, before, after))


def _context(task: _Task) -> Changed | None:
    """Twice the positions; now and then stretched by rope scaling, which older writers put beside it."""
    config = _config(task.files)
    inner = config.get("text_config")
    if isinstance(inner, dict) and "max_position_embeddings" in inner:
        longer = inner | {"max_position_embeddings": inner["max_position_embeddings"] * 2}
        return _with_config(task, "context", config | {"text_config": longer})
    key = next((name for name in _CONTEXT if isinstance(config.get(name), int)), None)
    if key is None or config[key] > 1 << 40:
        return _field(task)
    changed = config | {key: config[key] * 2}
    if "rope_theta" in config and task.dice.below(2):
        changed["rope_scaling"] = {
            "factor": 2.0,
            "original_max_position_embeddings": config[key],
            "rope_type": "yarn",
        }
    return _with_config(task, "context", changed)


def _field(task: _Task) -> Changed | None:
    """A member added, removed, or of another JSON type."""
    config = _config(task.files)
    if not config:
        return None
    if isinstance(config.get("eos_token_id"), int) and task.dice.below(3) == 0:
        value = config | {"eos_token_id": [config["eos_token_id"], config["eos_token_id"] + 1]}
        return _with_config(task, "config_field", value)
    if "use_cache" in config and task.dice.below(2):
        value = {key: item for key, item in config.items() if key != "use_cache"}
        return _with_config(task, "config_field", value)
    value = config | {"attn_implementation": "eager" if config.get("attn_implementation") == "sdpa" else "sdpa"}
    return _with_config(task, "config_field", value)


def _architecture(task: _Task) -> Changed | None:
    """The class renamed, as when code moves into a library."""
    config = _config(task.files)
    classes = config.get("architectures")
    if not isinstance(classes, list) or not classes:
        return None
    name = str(classes[0])
    renamed = name.removeprefix("Flash") if name.startswith("Flash") else f"Flash{name}"
    return _with_config(task, "architecture", config | {"architectures": [renamed, *classes[1:]]})


def _noise(task: _Task) -> Changed | None:
    """A newer writer, another order of the keys, or other spaces: nothing that matters."""
    config, file = _config(task.files), task.files.get(CONFIG)
    if file is None or not config:
        return None
    way = task.dice.below(4)
    data = file.read()
    if way == 0:
        data = as_json(dict(reversed(config.items())))
    elif way == 1:
        data = json.dumps(config, indent=4, ensure_ascii=False).encode() + b"\n"
    if data != file.read():
        return Changed({**task.files, CONFIG: plain_file(CONFIG, data)}, "Format", Effect("noise", CONFIG, None, None))
    newer = config | {"transformers_version": f"5.{task.change.day}.0"}
    return _with_config(task, "noise", newer)


def _labels(task: _Task) -> Changed | None:
    """One label renamed, two that changed places, or one more."""
    config = _config(task.files)
    labels = config.get("id2label")
    if not isinstance(labels, dict) or len(labels) < 2:
        return None
    names = [str(name) for name in labels.values()]
    place = task.dice.below(len(names) - 1)
    match task.change.kind:
        case "labels_renamed":
            names[place] = f"{names[place]}_{task.change.day}"
        case "labels_permuted":
            names[place], names[place + 1] = names[place + 1], names[place]
        case _:
            names.append(f"other_{task.change.day}")
    value = config | {
        "id2label": {str(number): name for number, name in enumerate(names)},
        "label2id": {name: number for number, name in enumerate(names)},
    }
    return _with_config(task, task.change.kind, value)


def _weights(task: _Task) -> Changed | None:
    """Weights uploaded again; a pickle without safetensors is replaced by safetensors."""
    pickle = task.files.get("pytorch_model.bin")
    heavy = [file for file in task.files.values() if isinstance(file.content, Generated) and file.path not in _PIECES]
    safe = any(file.path.endswith(".safetensors") for file in heavy)
    if pickle is not None and not safe and task.sketch.role.kind in ("finetune", "classifier", "merge", "copy", "base"):
        files = own_checkpoint(task.sketch).files(
            lambda path: fill(task.seed, task.sketch.index, "migrated", task.change.day, path)
        )
        if len(files) == 1:
            (new,) = files
            kept = {path: file for path, file in task.files.items() if file is not pickle}
            effect = Effect("migrated", new.path, pickle.path, new.path)
            return Changed({**kept, new.path: new}, "Adding `safetensors` variant of this model", effect)
    if not heavy:
        return None
    renewed: dict[str, File] = {}
    for file in heavy:
        assert isinstance(file.content, Generated)
        content = replace(file.content, fill=fill(task.seed, task.sketch.index, file.path, task.change.day))
        renewed[file.path] = generated_file(file.path, content)
    effect = Effect(
        "weights",
        None,
        {file.path: file.sha256 for file in heavy},
        {file.path: file.sha256 for file in renewed.values()},
    )
    return Changed({**task.files, **renewed}, "Upload folder using huggingface_hub", effect)


def _added(task: _Task) -> Changed | None:
    """An additional file."""
    free = [name for name in _ADDED if name not in task.files]
    path = task.dice.pick(free) if free else f"runs/day-{task.change.day}/trainer_state.json"
    if path == "LICENSE":
        file = license_file(
            path, task.dice.pick(("apache-2.0", "mit")), task.sketch.repo_id.partition("/")[0], "", 2026
        )
    else:
        file = plain_file(path, f"# {task.sketch.topic}, day {task.change.day}\n".encode())
    return Changed({**task.files, path: file}, f"Upload {path}", Effect("file_added", path, None, path))


def _removed(task: _Task) -> Changed | None:
    """A removed file."""
    there = [name for name in _DROPPED if name in task.files]
    if not there:
        return None
    path = task.dice.pick(there)
    files = {name: file for name, file in task.files.items() if name != path}
    return Changed(files, f"Delete {path}", Effect("file_removed", path, path, None))


_MAKERS: dict[ChangeKind, Callable[[_Task], Changed | None]] = {
    "context": _context,
    "config_field": _field,
    "architecture": _architecture,
    "noise": _noise,
    "labels_renamed": _labels,
    "labels_permuted": _labels,
    "labels_added": _labels,
    "weights": _weights,
    "file_added": _added,
    "file_removed": _removed,
}
