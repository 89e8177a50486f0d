"""A library of hostile documents by name, and a world in which a share of the models have one.

Each is what somebody might upload to break a reader: too deep, too long, too many, of the wrong type, or text that has
a meaning for the next program. To add one, add a function with ``@_named`` that maps path to bytes.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from samplehub.content import Commit, File, InMemory, Tree, chain, lfs_file, plain_file, sha256_of
from samplehub.reading import read_commit
from samplehub.world import After, Moved, Order, Reading, Repo, Words, World

Files = dict[str, bytes]
HOSTILE: dict[str, Callable[[], Files]] = {}
#: how often a long run is repeated
LONG = 100_000
#: endings of files that are stored as LFS files
_LFS = (".safetensors", ".gguf", ".bin")


def _named(function: Callable[[], Files]) -> Callable[[], Files]:
    HOSTILE[function.__name__.strip("_").replace("_", "-")] = function
    return function


def _config(text: str) -> Files:
    return {"config.json": text.encode()}


def _card(front_matter: str, body: str = "# A model\n") -> Files:
    return {"README.md": f"---\n{front_matter}\n---\n{body}".encode()}


@_named
def deep_lists() -> Files:
    """Lists in lists, never closed."""
    return _config("[" * LONG)


@_named
def deep_objects() -> Files:
    """Objects in objects, well-formed."""
    return _config('{"a":' * 5_000 + "1" + "}" * 5_000)


@_named
def long_integer() -> Files:
    """A width of 5,000 digits, which Python refuses to convert."""
    return _config('{"model_type": "bert", "hidden_size": ' + "9" * 5_000 + "}")


@_named
def wide_integer() -> Files:
    """Integers beyond 64 bits for BIGINT columns."""
    return _config(json.dumps({"model_type": "bert", "hidden_size": 2**70, "vocab_size": -(2**63) - 1}))


@_named
def endless_exponent() -> Files:
    """Numbers that are infinite once read."""
    return _config('{"model_type": "llama", "rope_theta": 1e999999, "rms_norm_eps": -1e400, "vocab_size": 1e30}')


@_named
def lone_surrogates() -> Files:
    """Invalid text: half of a surrogate pair, in a key and in values."""
    return _config('{"model_type": "\\ud800", "architectures": ["A\\udfff"], "\\ud83d": 1}')


@_named
def control_characters() -> Files:
    """NUL, escape sequences of terminals, text that runs backwards."""
    return _config(json.dumps({"model_type": "a\0b", "note": "\x1b[2J\x1b]0;owned\x07", "name": "\u202egnp.exe"}))


@_named
def not_utf8() -> Files:
    """Bytes of no encoding."""
    return {"config.json": b'{"model_type": "b\xa5rt\xff\xfe"}'}


@_named
def utf16() -> Files:
    """JSON in UTF-16 with its mark."""
    return {"config.json": '{"model_type": "bert", "hidden_size": 8}'.encode("utf-16")}


@_named
def equal_keys() -> Files:
    """One key twenty thousand times."""
    return _config("{" + ",".join(f'"hidden_size": {n}' for n in range(20_000)) + "}")


@_named
def many_keys() -> Files:
    """Twenty thousand different keys."""
    return _config(json.dumps({f"key_{n}": n for n in range(20_000)}))


@_named
def odd_labels() -> Files:
    """Label maps with keys and values of every kind."""
    labels = {"0": None, "-1": "minus", "1e3": ["a"], "x": {"y": 1}, "9" * 400: "far", "": ""}
    return _config(json.dumps({"model_type": "bert", "id2label": labels, "label2id": [1, 2], "num_labels": "many"}))


@_named
def wrong_types() -> Files:
    """Every known field with a value of another type."""
    value = {
        "model_type": ["bert"], "architectures": {"a": 1}, "hidden_size": [1, "2"], "num_hidden_layers": "twelve",
        "num_attention_heads": {"0": 8}, "vocab_size": True, "torch_dtype": 16, "rope_scaling": [1, 2],
        "quantization_config": "4bit", "text_config": [], "vision_config": "none", "auto_map": 1,
        "max_position_embeddings": None, "sliding_window": "off", "layer_types": {"a": "b"}, "eos_token_id": [[]],
    }  # fmt: skip
    return _config(json.dumps(value))


@_named
def nested_parts() -> Files:
    """Language parts within language parts."""
    value: object = {"hidden_size": 8}
    for _ in range(200):
        value = {"text_config": value, "llm_config": 1}
    return _config(json.dumps(value))


@_named
def spreadsheet_formula() -> Files:
    """Text that a spreadsheet runs, and that SQL may end at."""
    return _config(json.dumps({"model_type": "=cmd|'/C calc'!A0", "architectures": ["'; DROP TABLE models; --"]}))


@_named
def large_config() -> Files:
    """A config above every cap."""
    return _config('{"model_type": "bert", "blob": "' + "x" * 12_000_000 + '"}')


@_named
def roaming_components() -> Files:
    """Indexes whose parts are outside the repository, or are the index itself."""
    index = {"_class_name": "Pipeline", "unet": ["diffusers", "../../x"], "../../etc": ["a", "b"], ".": ["c", "d"]}
    modules = [{"idx": 0, "name": "0", "path": "../../../etc/passwd", "type": "x"}, {"path": "/"}, {"path": 5}, 7]
    return {"model_index.json": json.dumps(index).encode(), "modules.json": json.dumps(modules).encode()}


@_named
def open_number() -> Files:
    """A number of YAML that Python does not read."""
    return _card("co2_eq_emissions: 24_\nlicense: mit")


@_named
def odd_numbers() -> Files:
    """Numbers and dates at the edge of YAML's grammar."""
    return _card("co2_eq_emissions:\n  emissions: 0x_\ndate: 0000-00-00\nvalue: 190:20:30\nbig: 1_000__0\nfar: .e9")


@_named
def growing_aliases() -> Files:
    """Aliases of aliases: a billion items from a few lines."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return _card("\n".join(lines))


@_named
def long_runs() -> Files:
    """Long lines of one character, which make some patterns backtrack."""
    runs = "\n".join(f"{name}: {character * LONG}" for name, character in (("a", "\t"), ("b", " "), ("c", "-")))
    return _card(f"license: mit\n{runs}", "".join(f"{character * LONG}\n" for character in "\t #[](*-_`<|"))


@_named
def open_brackets() -> Files:
    """Flow lists that are never closed."""
    return _card("tags: " + "[" * LONG)


@_named
def strange_card() -> Files:
    """Every known field of a card with a value of another type."""
    return _card(
        "license: [mit, {a: b}]\nlanguage: {en: 1}\ntags: 5\ndatasets: [[x]]\nbase_model: {url: [1]}\n"
        "model-index: {results: none}\nlibrary_name: [a]\npipeline_tag: {b: c}\nmetrics: !!python/object:os.system ls"
    )


@_named
def false_weights() -> Files:
    """Headers that announce more than the file contains."""
    return {
        "model.safetensors": (2**63 + 5).to_bytes(8, "little") + b'{"a":{}}',
        "other.safetensors": (60).to_bytes(8, "little") + b'{"a":{"dtype":[],"shape":[-1,1e400]}}'.ljust(60),
        "model.gguf": b"GGUF" + (3).to_bytes(4, "little") + b"\xff" * 16,
    }


class HostileWorld:
    """Another world in which a ``share`` of the models have a document of the library, in an additional commit."""

    def __init__(self, world: World, share: float, seed: int = 0) -> None:
        self._world, self._share, self._seed = world, share, seed
        self._made = lru_cache(maxsize=512)(self._make)

    @property
    def name(self) -> str:
        """What is served."""
        return f"{self._world.name}, {self._share:.2%} of them hostile"

    def at(self, day: int) -> World:
        """The same on another day."""
        moved = self._world.at(day)
        return self if moved is self._world else HostileWorld(moved, self._share, self._seed)

    def find(self, repo_id: str) -> Repo | Moved | None:
        """The repo of that name."""
        found = self._world.find(repo_id)
        return self._shown(found) if isinstance(found, Repo) else found

    def by_hub_id(self, hub_id: str) -> Repo | None:
        """The repo of that ``_id``."""
        found = self._world.by_hub_id(hub_id)
        return None if found is None else self._shown(found)

    def walk(self, order: Order, after: After | None) -> Iterator[Repo]:
        """Every repo in order."""
        return map(self._shown, self._world.walk(order, after))

    def document_of(self, hub_id: str) -> str | None:
        """The name of the hostile document of a model; None if it has none."""
        digest = hashlib.blake2b(f"{self._seed} {hub_id}".encode(), digest_size=8).digest()
        if int.from_bytes(digest[:6], "big") / 2**48 >= self._share:
            return None
        return sorted(HOSTILE)[int.from_bytes(digest[6:], "big") % len(HOSTILE)]

    def _shown(self, repo: Repo) -> Repo:
        return repo if self.document_of(repo.facts.hub_id) is None else self._made(repo)

    def _make(self, repo: Repo) -> Repo:
        name = self.document_of(repo.facts.hub_id)
        assert name is not None
        return Repo(repo.facts, _Spoiled(repo, files_of(name, int(repo.facts.hub_id[-1], 16) % 4)))


@lru_cache(maxsize=128)
def files_of(name: str, variant: int) -> tuple[File, ...]:
    """The files of a hostile document; variants differ by blank lines at the end, so that each must be read."""
    files = []
    for path, data in HOSTILE[name]().items():
        data += b"\n" * variant
        if path.endswith(_LFS):
            content = InMemory(data)
            files.append(lfs_file(path, content, sha256_of(content)))
        else:
            files.append(plain_file(path, data))
    return tuple(files)


class _Spoiled:
    """The source of a repo that got hostile files in its newest commit."""

    def __init__(self, repo: Repo, files: tuple[File, ...]) -> None:
        self._repo, self._files = repo, files

    def history(self) -> tuple[Commit, ...]:
        """The commits, and one on top."""
        steps = [commit.step for commit in reversed(self._repo.commits)]
        tree = Tree([*{**steps[-1].tree.files, **{file.path: file for file in self._files}}.values()])
        return chain([*steps, replace(steps[-1], title="Update files", message="", at=steps[-1].at + 1, tree=tree)])

    def reading(self, commit: Commit) -> Reading:
        """What the Hub can read of it."""
        return read_commit(commit)

    def words(self) -> Words:
        """As before."""
        return self._repo.words

    def children(self) -> Mapping[str, int]:
        """As before."""
        return self._repo.children

    def git_tags(self) -> Mapping[str, str]:
        """None: they would belong to other commits."""
        return {}
