"""One locked model: its table in the lock file, typed, and which file of a repository has its place where in it."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from harvester.extract.files import FileKind
from harvester.extract.kinds import CARD, EVAL_RESULTS, LICENSE, OTHER, kind_of
from harvester.lock.fields import class_of_file

#: Labels of a model that are listed; of more only the digest is stored, and documents are compared.
LABELS_LISTED = 1_000
_SHA = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
_DIGEST = Annotated[str, msgspec.Meta(pattern=r"^(git:[0-9a-f]{40}|sha256:[0-9a-f]{64})$")]
_SHA256 = Annotated[str, msgspec.Meta(pattern=r"^sha256:[0-9a-f]{64}$")]
_Text = Annotated[str, msgspec.Meta(min_length=1)]
_Files = dict[str, _DIGEST]
#: Where files are listed in the table of a model.
GROUPS = ("documents", "tokenizer", "chat_template", "license_files", "code", "weights", "unsafe")


class Locked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A model as locked. The order of the fields is that of the file; digests are ``git:`` blob ids or ``sha256:``."""

    hub_id: _Text
    commit: _SHA
    #: branch that the model is compared with; empty: main
    revision: str = ""
    locked_at: datetime
    license: str = ""
    license_name: str = ""
    license_link: str = ""
    license_class: str
    gated: str
    disabled: bool = False
    architecture: str = ""
    model_type: str = ""
    parameters: int | None = None
    dtype: str = ""
    quantization: str = ""
    context_length: int | None = None
    loads_with: list[str]
    #: documents that name code of a repository, which loading runs
    remote_code: list[str]
    #: other repositories whose code these name; it is not pinned by this lock
    remote_code_from: list[str] = msgspec.field(default_factory=list)
    scan: str
    scan_issues: list[str] = msgspec.field(default_factory=list)
    #: documents that could not be read, and why
    unread: dict[str, str] = msgspec.field(default_factory=dict)
    card: _DIGEST | None = None
    #: digests of the chat templates inside of documents
    embedded_templates: dict[str, _SHA256] = msgspec.field(default_factory=dict)
    labels_digest: _SHA256 | None = None
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    documents: _Files = msgspec.field(default_factory=dict)
    tokenizer: _Files = msgspec.field(default_factory=dict)
    chat_template: _Files = msgspec.field(default_factory=dict)
    license_files: _Files = msgspec.field(default_factory=dict)
    code: _Files = msgspec.field(default_factory=dict)
    weights: _Files = msgspec.field(default_factory=dict)
    unsafe: _Files = msgspec.field(default_factory=dict)

    @property
    def files(self) -> dict[str, str]:
        """The digests of all locked files by path, the card included."""
        found = {} if self.card is None else {CARD.file_name: self.card}
        for group in GROUPS:
            found |= getattr(self, group)
        return found


class Model(msgspec.Struct, frozen=True):
    """A locked model with its name and its line in the lock file."""

    name: str
    locked: Locked
    line: int = 1


def group_of(path: str, kind: FileKind) -> str | None:
    """Return where a file is listed in the table of a model; None: nowhere. The card is a field of its own."""
    if path == CARD.file_name:
        return "card"
    document = kind_of(path)
    if document not in (OTHER, LICENSE, EVAL_RESULTS):
        return "documents"
    match class_of_file(path, kind):
        case "chat_template" | "tokenizer" | "weights" as group:
            return group
        case "licence":
            return "license_files"
        case "remote_code":
            return "code"
        case "config" | "architecture" | "dtype" | "generation":
            return "documents"
        case _:
            return "unsafe" if kind.unsafe else None


def values_of(locked: Locked) -> dict[str, Any]:
    """Return the table of a model as TOML values, in the order of its fields; what is None or empty is left out."""
    found = {name: getattr(locked, name) for name in locked.__struct_fields__}
    kept = {name: value for name, value in found.items() if value not in (None, "", {}) and value is not False}
    return {name: value for name, value in kept.items() if value or name in ("loads_with", "remote_code")}
