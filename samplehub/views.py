"""Repos as the Hub's JSON: the fields of a row, in the Hub's order, by endpoint (docs/hub-protocol.md 2, 3)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from samplehub.content import Commit, File
from samplehub.messages import bad_request
from samplehub.world import Json, Reading, Repo, iso

#: omitted from an answer; None is written as null
ABSENT: Json = object()


@dataclass(frozen=True, slots=True)
class Seen:
    """A repo at a commit; without one at its head, whose files are computed only when a field needs them."""

    repo: Repo
    revision: Commit | None
    blobs: bool = False
    siblings_cap: int | None = None

    @property
    def commit(self) -> Commit:
        """The commit that is shown."""
        return self.revision or self.repo.head

    @property
    def read(self) -> Reading:
        """What the Hub read from the files of that commit."""
        return self.repo.reading(self.commit)


def sibling(file: File, blobs: bool) -> Json:
    """One entry of ``siblings``: the name, and with ``blobs`` its ids and sizes."""
    if not blobs:
        return {"rfilename": file.path}
    entry: Json = {"rfilename": file.path, "blobId": file.oid, "size": file.size}
    if file.sha256 is not None:
        entry["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    return entry


def _known(value: Json) -> Json:
    return ABSENT if value is None else value


def _base_models(seen: Seen) -> Json:
    known = seen.repo.facts.base_models
    if known is None:
        return ABSENT
    return {"relation": known.relation, "models": [{"_id": hub_id, "id": name} for hub_id, name in known.models]}


def _siblings(seen: Seen) -> Json:
    files = list(seen.commit.tree.files.values())[: seen.siblings_cap]
    return [sibling(file, seen.blobs) for file in files]


def _used_storage(seen: Seen) -> Json:
    return sum(file.size for file in seen.commit.tree.files.values() if file.sha256 is not None)


def _providers(seen: Seen) -> Json:
    """Who serves the model; as the official client reads it, the model's own name is left out."""
    facts = seen.repo.facts
    rows = [
        {"provider": name, "providerId": facts.repo_id.lower(), "status": "live", "task": facts.pipeline_tag or ""}
        for name in facts.providers
    ]
    return rows or ABSENT


def _children(seen: Seen) -> Json:
    return {kind: seen.repo.children.get(kind, 0) for kind in ("adapter", "merge", "quantized", "finetune")}


#: Every field by the name ``expand`` knows it by, in the order of the recorded answers. A field is added here.
FIELDS: dict[str, Callable[[Seen], Json]] = {
    "author": lambda seen: seen.repo.author,
    "private": lambda seen: seen.repo.facts.private,
    "disabled": lambda seen: seen.repo.facts.disabled,
    "gated": lambda seen: seen.repo.facts.gated,
    "lastModified": lambda seen: iso(seen.repo.facts.last_modified),
    "sha": lambda seen: seen.commit.oid,
    "pipeline_tag": lambda seen: _known(seen.repo.facts.pipeline_tag),
    "library_name": lambda seen: _known(seen.repo.words.library_name),
    "tags": lambda seen: seen.repo.words.tags,
    "likes": lambda seen: seen.repo.facts.likes,
    "downloads": lambda seen: seen.repo.facts.downloads,
    "downloadsAllTime": lambda seen: seen.repo.facts.downloads_all_time,
    "trendingScore": lambda seen: seen.repo.facts.trending_score,
    "mask_token": lambda seen: _known(seen.read.mask_token),
    "widgetData": lambda seen: _known(seen.read.widget_data),
    "model-index": lambda seen: seen.read.model_index,
    "config": lambda seen: _known(seen.read.config),
    "cardData": lambda seen: _known(seen.read.card_data),
    "transformersInfo": lambda seen: _known(seen.read.transformers_info),
    "gguf": lambda seen: _known(seen.read.gguf),
    "baseModels": _base_models,
    "siblings": _siblings,
    "spaces": lambda seen: seen.repo.facts.spaces[:100],
    "createdAt": lambda seen: iso(seen.repo.facts.created_at),
    "safetensors": lambda seen: _known(seen.read.safetensors),
    "childrenModelCount": _children,
    "evalResults": lambda seen: _known(seen.read.eval_results),
    "inference": lambda seen: "warm" if seen.repo.facts.providers else ABSENT,
    "inferenceProviderMapping": _providers,
    "resourceGroup": lambda _: ABSENT,
    "usedStorage": _used_storage,
    "xetEnabled": lambda _: True,
}
#: Fields that ``expand`` takes in a listing, in the order of the Hub's 400 (docs/hub-protocol.md 2.1). A request for
#: one model takes two more.
LISTING_OPTIONS = (
    "author", "baseModels", "cardData", "config", "createdAt", "disabled", "downloads", "downloadsAllTime",
    "evalResults", "gated", "inference", "inferenceProviderMapping", "lastModified", "library_name", "likes",
    "mask_token", "model-index", "pipeline_tag", "private", "safetensors", "sha", "siblings", "spaces", "tags",
    "transformersInfo", "trendingScore", "widgetData", "gguf", "resourceGroup", "xetEnabled",
)  # fmt: skip
MODEL_OPTIONS = (*LISTING_OPTIONS, "childrenModelCount", "usedStorage")

#: The plain listing row and the full model info, in the order of the recorded answers; ``modelId`` repeats ``id``.
PLAIN = (
    "likes", "trendingScore", "private", "downloads", "tags", "pipeline_tag", "library_name", "createdAt", "modelId",
)  # fmt: skip
FULL_LISTING = ("author", "gated", "disabled", "lastModified", "sha", *PLAIN, "siblings")
INFO = (
    "private", "pipeline_tag", "library_name", "tags", "downloads", "likes", "modelId", "author", "sha", "lastModified",
    "gated", "disabled", "mask_token", "widgetData", "model-index", "config", "cardData", "transformersInfo", "gguf",
    "siblings", "spaces", "createdAt", "safetensors", "usedStorage",
)  # fmt: skip


def expanded(names: Sequence[str], options: Sequence[str]) -> tuple[str, ...]:
    """The requested fields in the Hub's order.

    Raises ``Refusal`` (400, listing the ``options``) for an unknown name. The text gives the positions of
    the wrong names, and never repeats them.
    """
    if wrong := wrong_places(names, options):
        raise bad_request(refused_fields(options, wrong))
    return tuple(name for name in FIELDS if name in names)


def wrong_places(names: Sequence[str], options: Sequence[str]) -> list[int]:
    """The positions of unknown names."""
    return [place for place, name in enumerate(names) if name not in options]


def refused_fields(options: Sequence[str], places: Iterable[int]) -> str:
    """The Hub's text of a 400 for ``expand``."""
    listed = "|".join(f'"{name}"' for name in options)
    return "\n".join(f"✖ Invalid option: expected one of {listed}\n  → at expand[{place}]" for place in places)


def view(seen: Seen, names: Iterable[str]) -> Json:
    """A repo as JSON: ``_id``, ``id`` and the named fields, those left out that the Hub leaves out."""
    row: Json = {"_id": seen.repo.facts.hub_id, "id": seen.repo.facts.repo_id}
    for name in names:
        value = seen.repo.facts.repo_id if name == "modelId" else FIELDS[name](seen)
        if value is not ABSENT:
            row[name] = value
    return row
