"""A model as read to its entry in the lock file: reads its documents, keeps digests and the facts people review."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from harvester.extract.document import extract_document
from harvester.extract.files import FileKind, classify_all
from harvester.extract.kinds import component_paths, default_paths
from harvester.extract.lenient import decode
from harvester.extract.license_classes import license_class
from harvester.lock.entry import LABELS_LISTED, Locked, group_of
from harvester.lock.loading import Loadable
from harvester.lock.snapshot import Reader, Snapshot, digest
from harvester.outcome import Missed, Outcome

#: Documents of one model that are read.
READ_CAP = 100


@dataclass(slots=True)
class Documents:
    """The documents of a model that were read, their typed columns and labels, and why others were not."""

    data: dict[str, bytes] = field(default_factory=dict)
    typed: dict[str, dict[str, object]] = field(default_factory=dict)
    labels: list[tuple[int, str]] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)


def read_documents(reader: Reader, snapshot: Snapshot, model: str) -> Documents:
    """Read the documents that are read by default, and those of components."""
    found = Documents()
    waiting = default_paths(snapshot.files)
    while waiting and len(found.data) + len(found.unread) < READ_CAP:
        path = waiting.pop(0)
        if path in found.data or path in found.unread:
            continue
        data = reader.content(model, snapshot.commit, snapshot.files[path])
        if isinstance(data, Missed):
            if data.outcome is Outcome.FAILED:
                raise Unread(path, data)
            found.unread[path] = str(data.outcome)
            continue
        found.data[path] = data
        extracted = extract_document(path, data)
        if extracted.status not in ("ok", "lenient"):
            found.unread[path] = extracted.reason or extracted.status
        found.typed[path] = extracted.typed
        found.labels = found.labels or extracted.labels
        waiting += [one for one in component_paths(path, data, list(snapshot.files)) if one not in found.data]
    return found


class Unread(Exception):
    """A document could not be read though it is there: what is locked would be incomplete."""

    def __init__(self, path: str, missed: Missed):
        super().__init__(f"{path}: {missed.error}")
        self.missed = missed


def entry(reader: Reader, snapshot: Snapshot, model: str, revision: str, at: datetime) -> tuple[Locked, Loadable]:
    """Return the entry of a model, without what loads it, and what decides that.

    Raises Unread where a document's request failed.
    """
    kinds = dict(zip(snapshot.files, classify_all(list(snapshot.files)), strict=True))
    documents = read_documents(reader, snapshot, model)
    groups = _groups(snapshot, kinds)
    card = snapshot.card
    config = documents.typed.get("config.json", {})
    pipeline = documents.typed.get("model_index.json", {})
    labels = documents.labels
    license = card.license if card else None
    locked = Locked(
        hub_id=snapshot.hub_id,
        commit=snapshot.commit,
        revision=revision,
        locked_at=at.replace(microsecond=0, tzinfo=UTC),
        license=license or "",
        license_name=(card.license_name if card else None) or "",
        license_link=(card.license_link if card else None) or "",
        license_class=license_class(license),
        gated=snapshot.gated,
        disabled=snapshot.disabled,
        architecture=_text(config.get("architecture") or pipeline.get("pipeline_class")),
        model_type=_text(config.get("model_type")),
        parameters=snapshot.parameters,
        dtype=_text(config.get("dtype")) or _dtype(snapshot),
        quantization=_quantization(documents),
        context_length=context_length(documents.typed, snapshot),
        loads_with=[],
        remote_code=[path for path, typed in sorted(documents.typed.items()) if names_code(typed)],
        remote_code_from=sorted({one for typed in documents.typed.values() for one in _repos(typed)}),
        scan="unknown" if snapshot.issues is None else "issues" if snapshot.issues else "safe",
        scan_issues=sorted(snapshot.issues or ()),
        unread=documents.unread,
        card=_card(snapshot),
        embedded_templates=_embedded_templates(documents),
        labels_digest=labels_digest(labels),
        labels={str(index): label for index, label in labels} if len(labels) <= LABELS_LISTED else {},
        **groups,
    )
    return locked, Loadable(snapshot, kinds, documents.typed)


def _groups(snapshot: Snapshot, kinds: dict[str, FileKind]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {
        name: {} for name in ("documents", "tokenizer", "chat_template", "license_files", "code", "weights", "unsafe")
    }
    for path, file in snapshot.files.items():
        group, known = group_of(path, kinds[path]), digest(file)
        if group in found and known:
            found[group][path] = known
    return found


def _card(snapshot: Snapshot) -> str | None:
    file = snapshot.files.get("README.md")
    return (digest(file) or None) if file else None


def _embedded_templates(documents: Documents) -> dict[str, str]:
    """Return digests of the chat templates inside of documents, by document."""
    found = {}
    for path, data in documents.data.items():
        if (template := embedded_template(data)) is not None:
            found[path] = template
    return found


def embedded_template(data: bytes) -> str | None:
    """Return the digest of the chat template in a JSON document: of its text, or of the JSON of several."""
    value = decode(data).value
    template = value.get("chat_template") if isinstance(value, dict) else None
    if not template:
        return None
    return template_digest(template if isinstance(template, str) else json.dumps(template, sort_keys=True, default=str))


def template_digest(template: str) -> str:
    """Return the SHA-256 of the text of a chat template."""
    return f"sha256:{hashlib.sha256(template.encode('utf-8', 'backslashreplace')).hexdigest()}"


def names_code(typed: dict[str, object]) -> bool:
    """Whether a document names code of a repository that loading runs."""
    return bool(typed.get("remote_code") or typed.get("names_code"))


def _repos(typed: dict[str, object]) -> list[str]:
    found = typed.get("remote_code_repos")
    return [str(one) for one in found] if isinstance(found, list) else []


def labels_digest(labels: list[tuple[int, str]]) -> str | None:
    """Return the SHA-256 of a label map, one line `index label` each; None without labels."""
    if not labels:
        return None
    text = "".join(f"{index} {label}\n" for index, label in labels)
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()}"


def context_length(typed: dict[str, dict[str, object]], snapshot: Snapshot) -> int | None:
    """Return the context length in tokens: of a sentence model its own limit, else the config's, the GGUF header's."""
    config = typed.get("config.json", {})
    found = (
        typed.get("sentence_bert_config.json", {}).get("max_seq_length")
        or config.get("context_length_effective")
        or config.get("context_length")
        or snapshot.gguf_context
        or typed.get("tokenizer_config.json", {}).get("model_max_length")
    )
    return found if isinstance(found, int) else None


def _dtype(snapshot: Snapshot) -> str:
    """Return the dtype of most parameters, as reported by the Hub."""
    counts = {name: count for name, count in snapshot.dtypes.items() if isinstance(count, int)}
    return max(counts, key=lambda name: (counts[name], name)) if counts else ""


def _quantization(documents: Documents) -> str:
    """Return how the weights are quantized: method and bits."""
    for path in ("config.json", "quantize_config.json", "hf_quant_config.json"):
        typed = documents.typed.get(path, {})
        method = typed.get("quant_method_effective") or typed.get("quant_method") or typed.get("quant_type")
        bits = typed.get("quant_bits")
        if method or bits:
            return " ".join([_text(method), f"{bits}-bit" if bits else ""]).strip()
    return ""


def _text(value: object) -> str:
    return str(value) if value else ""
