"""Reduces what people write as a model's name to the name; anything else is classified, not dropped."""

import re
from dataclasses import dataclass
from functools import lru_cache

from harvester.schema.former_names import FORMER_NAMES

#: Characters kept of a reference that is no name.
MAX_REFERENCE = 500

_HUB_URL = re.compile(
    r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)/(?:api/)?(?:models/)?(?P<rest>[^?#\s]+)|hf://(?P<hf>\S+)",
    re.IGNORECASE,
)
_DATASET_URL = re.compile(
    r"(?:(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)/)?datasets/(?P<rest>[^?#\s]+)", re.IGNORECASE
)
#: A name on the Hub: letters, digits, ``-``, ``_``, ``.``, at most one slash (huggingface_hub, ``validate_repo_id``).
_NAME = re.compile(r"\w[\w.-]{0,95}(?:/\w[\w.-]{0,95})?", re.ASCII)
#: A Markdown link: its target is more precise than its text.
_LINK = re.compile(r"\[[^\]\[]{0,300}\]\((?P<target>[^()\s]{1,400})\)")
#: Separators between several models in one text.
_BETWEEN = re.compile(r" ?[+,;|&] ?| (?:and )?")
_REVISION = re.compile(r"(?<=[\w.-])@[\w./-]+$")
#: A variant, as llama.cpp and Ollama write it behind a name: ``owner/name:Q4_K_M``.
_VARIANT = re.compile(r"(?<=[\w.-]):[\w.-]+$")
_PATH = re.compile(r"[~./\\]|[A-Za-z]:[\\/]|file:")
#: Folders that training libraries write, which are not names of models.
_CHECKPOINT = re.compile(
    r"(?:^|/)(?:checkpoint[-_]\d+|global_step\d+|epoch[-_]?\d+|outputs?|results?|tmp|ckpts?|checkpoints?)(?:/|$)"
)
#: Pages of the Hub that are no owner.
_PAGES = frozenset(("datasets", "spaces", "papers", "collections", "docs", "blog", "models", "tasks", "learn", "posts"))


@dataclass(frozen=True, slots=True)
class Reference:
    """A model that was referred to. Kind: ``repo`` (a name on the Hub), ``path`` (on a disk), ``url``, ``text``."""

    name: str
    kind: str


@lru_cache(maxsize=1 << 12)
def reference(value: str) -> Reference | None:
    """Read one reference to a model; None if it names nothing (empty, ``.``, ``null``, ``#``).

    A Hub URL is cut to the name (``https://huggingface.co/a/b/tree/main`` is ``a/b``), ``a/b@revision`` loses the
    revision. A path is kept as written. A name is not looked up: ``models/llama`` may also be a folder.
    """
    value = " ".join(value[: 2 * MAX_REFERENCE].split())[:MAX_REFERENCE]
    link = _LINK.fullmatch(value)
    value = (link["target"] if link else value).strip("\"'<>`").removeprefix("@")
    if value[:1] + value[-1:] in ("()", "[]"):
        value = value[1:-1].strip("\"'` ")
    if value.lower() in ("", ".", "./", "none", "null", "n/a", "-"):
        return None
    url = _HUB_URL.match(value)
    if url:
        parts = [part for part in (url["rest"] or url["hf"]).split("/") if part]
        owned = parts[:2] if len(parts) > 1 and parts[1] not in ("tree", "blob", "resolve", "raw") else parts[:1]
        name = "/".join(owned).partition("@")[0].partition(":")[0].removesuffix(".git")
        if parts and parts[0].lower() not in _PAGES and _NAME.fullmatch(name):
            return Reference(name, "repo")
        return Reference(value, "url")
    if "://" in value:
        return Reference(value, "url")
    value = _REVISION.sub("", value.partition("#")[0].rstrip())
    if not value:
        return None
    if value.count("/") == 1:
        value = _VARIANT.sub("", value)
    elif value.count("/") == 2:
        value = value.removesuffix("/")
    if _PATH.match(value) or "\\" in value or value.count("/") > 1 or value.endswith("/") or _CHECKPOINT.search(value):
        return Reference(value, "path")
    return Reference(value, "repo" if _NAME.fullmatch(value) else "text")


def references(value: str) -> list[Reference]:
    """Read a reference to one model, or to several in one text (``base/model+lora/adapter``, as recipes write)."""
    if "/" in value:
        text = " ".join(value[: 2 * MAX_REFERENCE].split())[:MAX_REFERENCE]
        for parts, owned in ((text.split("+"), False), (_BETWEEN.split(text), True)):
            # A word of a sentence is not a model: without a plus between them, each must have an owner.
            if len(parts) > 1 and (not owned or all("/" in part for part in parts)):
                read = [reference(part) for part in parts]
                if all(one is not None and one.kind == "repo" for one in read):
                    return list(dict.fromkeys(one for one in read if one is not None))
    one = reference(value)
    return [] if one is None else [one]


def current_name(name: str) -> str:
    """The current name of a model that had no owner before (``gpt2``); any other name unchanged."""
    return FORMER_NAMES.get(name.lower(), name)


def dataset_name(value: str) -> str | None:
    """A dataset as written, a Hub URL or ``datasets/a/b`` cut to its name; None if it is empty."""
    value = " ".join(value.split())[:MAX_REFERENCE]
    url = _DATASET_URL.match(value)
    return "/".join([part for part in url["rest"].split("/") if part][:2]) or None if url else value or None
