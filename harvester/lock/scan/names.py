"""What a name of a model looks like in code, and how sure it is one. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from harvester.hub.answers import is_repo_id
from harvester.schema.former_names import FORMER_NAMES

_OWNED = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)
_BARE = re.compile(r"[A-Za-z0-9][\w.-]{2,95}", re.ASCII)
_REVISION = re.compile(r"[\w][\w./-]{0,99}", re.ASCII)
#: Endings of file names; no repository is called like that, or its name says that it holds such files (`-GGUF`).
_FILE = re.compile(
    r"\.(?:py|json|jsonl|ya?ml|toml|txt|md|csv|tsv|parquet|cfg|ini|sh|pt|pth|bin|ckpt|pkl|safetensors|gguf|onnx|h5|zip|"
    r"tar|gz|png|jpe?g|html?|js|ts|lock|log|so|whl|ipynb)\Z",
    re.IGNORECASE,
)
#: First parts of paths on a disk rather than owners of models.
_FOLDERS = frozenset(
    """
    app apps assets bin build cache checkpoint checkpoints ckpt ckpts config configs data datasets dist docs etc home
    lib logs mnt model models opt out output outputs results root runs scripts src srv test tests tmp usr var weights
    workspace work application text image audio
    """.split()  # noqa: SIM905
)
_HUBS = ("huggingface.co", "www.huggingface.co", "hf.co")
#: First parts of a path on the Hub that are no owners.
_PAGES = frozenset(
    """
    datasets spaces papers collections docs blog models tasks learn posts api buckets jobs front cli catalog join
    organizations settings
    """.split()  # noqa: SIM905
)
#: What follows the name of a model in a link, before a revision.
_PARTS = ("resolve", "tree", "blob", "raw")
#: Links to the Hub in a text.
LINK = re.compile(r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/[^\s\"'`<>()\[\]{},|\\]{3,300}")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a file. ``sure``: it is where a model is expected; else ``why`` says what it may be."""

    name: str
    file: str
    line: int
    how: str
    sure: bool
    why: str = ""
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A name as written, taken apart."""

    name: str
    revision: str
    sure: bool
    why: str = ""


def named(text: object, *, bare: bool = False) -> Named | None:
    """Return the model that a text names, or None: `owner/name`, `owner/name@revision`, or a link to the Hub.

    ``bare``: also a name without an owner, which is sure only if it is one of those the Hub had in its first years.
    """
    if not isinstance(text, str) or not 3 <= len(text) <= 300:
        return None
    text = text.strip()
    if linked := _linked(text):
        return linked
    text = re.sub(r"^hf[-_]hub:", "", text)
    name, at, revision = text.partition("@")
    if at and not _REVISION.fullmatch(revision):
        return None
    revision = "" if revision == "main" else revision
    if name in FORMER_NAMES:
        return Named(name, revision, True)
    if _FILE.search(name) or not is_repo_id(name):
        return None
    if _OWNED.fullmatch(name):
        owner = name.partition("/")[0].lower()
        if owner in _FOLDERS:
            return Named(name, revision, False, "may be a path")
        return Named(name, revision, True)
    if bare and _BARE.fullmatch(name) and "/" not in name:
        return Named(name, revision, False, "has no owner, so it may be a local folder")
    return None


def _linked(text: str) -> Named | None:
    """Return the model that a link leads to; an Ollama name (`hf.co/owner/name:Q4_K_M`) is one."""
    if "://" not in text and not text.startswith(("hf.co/", "huggingface.co/", "www.huggingface.co/")):
        return None
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        return None
    if (parts.hostname or "").lower() not in _HUBS:
        return None
    steps = [step for step in parts.path.split("/") if step]
    if len(steps) < 2 or steps[0] in _PAGES:
        return None
    if steps[1] in _PARTS and steps[0] in FORMER_NAMES:
        return Named(steps[0], "", True)
    name = f"{steps[0]}/{steps[1].partition(':')[0].removesuffix('.git')}".rstrip(".")
    if (
        steps[1] in _PARTS
        or _FILE.search(name)
        or steps[0] in _HUBS
        or not _OWNED.fullmatch(name)
        or not is_repo_id(name)
    ):
        return None
    revision = steps[3] if len(steps) > 3 and steps[2] in _PARTS else ""
    return Named(name, "" if revision == "main" else revision, True)
