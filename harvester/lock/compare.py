"""Compares a locked model with what is there now: which files differ, what that means, class by class.

Comes in: the entry of the lock, a snapshot, and a reader for the documents that differ. Goes out: differences by class.
"""

import json
import re
from dataclasses import dataclass, field

from harvester.extract.card import body_of, read_card
from harvester.extract.document import extract_document
from harvester.extract.document_step import DocumentChange, Unreadable, document_changes
from harvester.extract.files import FileKind, classify, classify_all
from harvester.extract.kinds import CARD, kind_of
from harvester.extract.lenient import decode
from harvester.extract.license_classes import license_class
from harvester.hub.answers import Sibling
from harvester.lock.build import embedded_template, names_code, template_digest
from harvester.lock.classes import Difference
from harvester.lock.entry import LABELS_LISTED, Locked, group_of
from harvester.lock.fields import class_of_file, classes_of_field
from harvester.lock.snapshot import Reader, Snapshot, digest, sibling
from harvester.outcome import Missed, Outcome

#: Changed documents of one model whose contents are compared; of more only that they changed is reported.
COMPARED_CAP = 100
_JSON = re.compile(r"\.(?:json|jsonl)\Z")


class Unanswered(Exception):
    """A request that the comparison needs failed; the model counts as unchecked."""

    def __init__(self, path: str, missed: Missed):
        super().__init__(f"{path}: {missed.error or missed.outcome}")


@dataclass(slots=True)
class Step:
    """What changed from the locked commit to another: differences by class, and what announces them."""

    found: dict[str, list[Difference]] = field(default_factory=dict)
    announced_by: list[str] = field(default_factory=list)

    def add(self, name: str, difference: Difference) -> None:
        """Add a difference to a class."""
        self.found.setdefault(name, []).append(difference)


def compare(reader: Reader, name: str, locked: Locked, now: Snapshot) -> Step:
    """Compare the files of a model with those that are locked. Raises Unanswered, HubUnavailable."""
    step = Step()
    _licence(step, locked, now)
    comparison = _Comparison(reader, name, locked, now, step)
    comparison.files()
    comparison.templates()
    comparison.code()
    comparison.card()
    return step


def _licence(step: Step, locked: Locked, now: Snapshot) -> None:
    card = now.card
    for key in ("license", "license_name", "license_link") if now.card_complete else ("license",):
        was, is_ = getattr(locked, key) or None, (getattr(card, key) if card else None) or None
        if was != is_:
            step.add("licence", _difference(None, key, was, is_))
            if key == "license":
                classes = license_class(was), license_class(is_)
                step.add("licence", Difference(None, "license_class", "changed", *classes))


def _difference(path: str | None, key: str | None, old: str | None, new: str | None) -> Difference:
    change = "added" if old is None else "removed" if new is None else "changed"
    return Difference(path, key, change, old, new)


class _Comparison:
    """The files of one model, compared."""

    def __init__(self, reader: Reader, name: str, locked: Locked, now: Snapshot, step: Step):
        self._reader, self._name, self._locked, self._now, self._step = reader, name, locked, now, step
        self._was = locked.files
        self._kinds = dict(zip(now.files, classify_all(list(now.files)), strict=True))
        self._is = {path: known for path, file in now.files.items() if (known := digest(file))}
        self._compared = 0
        #: documents that name code now
        self._coded = {path for path in locked.remote_code if path in self._is}

    def _kind(self, path: str) -> FileKind:
        return self._kinds.get(path) or classify(path)

    def files(self) -> None:
        """Class each file that differs."""
        for path in sorted(self._was.keys() | self._is.keys()):
            old, new = self._was.get(path), self._is.get(path)
            if old == new or path == CARD.file_name:
                continue
            kind = self._kind(path)
            if old is None and group_of(path, kind) is None:
                continue
            if old is None:
                self._added(path, kind, new)
            elif new is None:
                self._removed(path, kind, old)
            else:
                self._changed(path, kind, old, new)

    def _added(self, path: str, kind: FileKind, new: str | None) -> None:
        if kind.unsafe:
            self._step.add("unsafe", Difference(path, None, "added", None, new))
            return
        name = class_of_file(path, kind)
        if name == "remote_code":
            return
        if self._documented(path) and _JSON.search(path):
            data = self._read(self._now.commit, self._now.files[path])
            if data is not None:
                self._learn_code(path, data)
                self._contents(path, data)
        self._step.add(_whole(path, name), Difference(path, None, "added", None, new))

    def _contents(self, path: str, data: bytes) -> None:
        """Report the labels and the chat template that a new document has."""
        labels = extract_document(path, data).labels
        for index, label in labels[:LABELS_LISTED]:
            self._step.add("labels", Difference(path, str(index), "added", None, label))
        if (template := embedded_template(data)) is not None:
            self._step.add("chat_template", Difference(path, "chat_template", "added", None, template))

    def _removed(self, path: str, kind: FileKind, old: str) -> None:
        name = class_of_file(path, kind)
        if name == "remote_code":
            return
        self._step.add(_whole(path, name), Difference(path, None, "removed", old, None))
        if path == "config.json":
            for index, label in self._locked.labels.items():
                self._step.add("labels", Difference(path, index, "removed", label, None))
        if (template := self._locked.embedded_templates.get(path)) is not None:
            self._step.add("chat_template", Difference(path, "chat_template", "removed", template, None))

    def _changed(self, path: str, kind: FileKind, old: str, new: str) -> None:
        name = class_of_file(path, kind)
        if name == "remote_code":
            return
        changed = Difference(path, "content", "changed", old, new)
        if not _JSON.search(path) or name == "weights" or self._compared >= COMPARED_CAP:
            self._step.add(name, changed)
            return
        self._compared += 1
        after = self._read(self._now.commit, self._now.files[path])
        before = self._read(self._locked.commit, sibling(path, old))
        if after is not None and self._documented(path):
            self._learn_code(path, after)
        if before is None or after is None:
            self._unexplained(path, name, changed, after)
        elif self._documented(path):
            self._document(path, name, changed, before, after)
        elif _same_json(before, after):
            self._step.add("noise", changed)
        else:
            self._step.add(name, changed)

    def _documented(self, path: str) -> bool:
        return group_of(path, self._kind(path)) == "documents"

    def _read(self, commit: str, file: Sibling) -> bytes | None:
        """Return a file; None where the Hub does not give it (gated, a commit that is gone, too large)."""
        data = self._reader.content(self._now.name, commit, file)
        if isinstance(data, Missed):
            if data.outcome in (Outcome.FAILED, Outcome.MISMATCH) and commit == self._now.commit:
                raise Unanswered(file.path, data)
            return None
        return data

    def _learn_code(self, path: str, data: bytes) -> None:
        if names_code(extract_document(path, data).typed):
            self._coded.add(path)
        else:
            self._coded.discard(path)

    def _document(self, path: str, name: str, changed: Difference, before: bytes, after: bytes) -> None:
        try:
            rows = document_changes(path, before, after)
        except Unreadable as error:
            self._step.add(name, Difference(path, None, "changed", None, f"cannot be compared: {error}"))
            return
        for row in rows:
            difference = Difference(path, row.field, row.change, row.old, row.new)
            for one in _classes(path, row):
                self._step.add(one, difference)
        if not rows:
            self._step.add("noise", changed)

    def _unexplained(self, path: str, name: str, changed: Difference, after: bytes | None) -> None:
        """Class a document of which one version cannot be read: by what the lock says of it, else by its kind."""
        found = 0
        if after is not None and path == "config.json":
            found = self._facts(path, after)
        if not found:
            self._step.add(name, changed)

    def _facts(self, path: str, after: bytes) -> int:
        extracted = extract_document(path, after)
        was = {int(index): label for index, label in self._locked.labels.items()}
        now = dict(extracted.labels)
        found = 0
        for index in sorted(was.keys() | now.keys()):
            if was.get(index) != now.get(index):
                found += 1
                self._step.add("labels", _difference(path, str(index), was.get(index), now.get(index)))
        for name, key in (("architecture", "architecture"), ("architecture", "model_type"), ("dtype", "dtype")):
            old, new = getattr(self._locked, key) or None, extracted.typed.get(key) or None
            if old is not None and new is not None and old != new:
                found += 1
                self._step.add(name, _difference(path, key, old, str(new)))
        return found

    def templates(self) -> None:
        """Pass over a chat template that moved from a document into a file of its own (as transformers 5 saves it)."""
        differences = self._step.found.get("chat_template", [])
        taken = [one for one in differences if one.field == "chat_template" and one.change == "removed"]
        for one in taken:
            path = str(one.path)
            new = path.rpartition("/")[0] + "/chat_template.jinja" if "/" in path else "chat_template.jinja"
            put = next((other for other in differences if other.path == new and other.change == "added"), None)
            data = self._read(self._now.commit, self._now.files[new]) if put else None
            if (
                put
                and data is not None
                and template_digest(data.decode("utf-8", "replace")) == (self._locked.embedded_templates.get(path))
            ):
                for moved in (one, put):
                    differences.remove(moved)
                    self._step.add("noise", moved)
        if not differences:
            self._step.found.pop("chat_template", None)

    def code(self) -> None:
        """Compare what loading runs: documents that name code, and the code itself."""
        was = set(self._locked.remote_code)
        for path in sorted(self._coded - was):
            if not any(one.path == path for one in self._step.found.get("remote_code", ())):
                self._step.add("remote_code", Difference(path, None, "added", None, None))
        runs = bool(was or self._coded)
        for path in sorted(self._was.keys() | self._is.keys()):
            kind = self._kind(path)
            old, new = self._was.get(path), self._is.get(path)
            if old == new or kind.role != "code" or class_of_file(path, kind) != "remote_code":
                continue
            self._step.add("remote_code" if runs else "files", _difference(path, None, old, new))

    def card(self) -> None:
        """Compare the card: what it announces, or that it is all that changed."""
        old, new = self._was.get(CARD.file_name), self._is.get(CARD.file_name)
        if old == new:
            return
        difference = _difference(CARD.file_name, None, old, new)
        if not set(self._step.found) - {"noise", "files"}:
            self._step.add("card", difference)
            return
        before = self._read(self._locked.commit, sibling(CARD.file_name, old)) if old else b""
        after = self._read(self._now.commit, self._now.files[CARD.file_name]) if new else b""
        if before is None or after is None:
            return
        was, is_ = read_card(before), read_card(after)
        if body_of(before) != body_of(after):
            self._step.announced_by.append("card_body")
        if was.tags != is_.tags:
            self._step.announced_by.append("tag")
        if is_.new_version and is_.new_version != was.new_version:
            self._step.announced_by.append("new_version")


def _whole(path: str, name: str) -> str:
    """Return the class of a document that was added or removed: a config is the architecture."""
    return "architecture" if kind_of(path).name == "config" else name


def _classes(path: str, row: DocumentChange) -> tuple[str, ...]:
    if row.noise or _same_number(row.old, row.new) or _same_modules(row):
        return ("noise",)
    return ("labels",) if row.kind == "label" else classes_of_field(path, row.field)


#: Lists that PEFT saves in any order, because they are sets.
_SETS = ("target_modules", "modules_to_save", "exclude_modules")


def _same_modules(row: DocumentChange) -> bool:
    """Whether only the order of a set of modules changed."""
    if row.field not in _SETS or row.old is None or row.new is None:
        return False
    old, new = (decode(text.encode()).value for text in (row.old, row.new))
    return isinstance(old, list) and isinstance(new, list) and sorted(map(str, old)) == sorted(map(str, new))


def _same_number(old: str | None, new: str | None) -> bool:
    """Whether two JSON texts are one number, written as 1 and 1.0."""
    if old is None or new is None or len(old) > 40 or len(new) > 40 or "true" in (old, new) or "false" in (old, new):
        return False
    try:
        return float(old) == float(new)
    except ValueError:
        return False


def _same_json(old: bytes, new: bytes) -> bool:
    """Whether two files hold the same JSON value."""
    before, after = decode(old), decode(new)
    if before.status not in ("ok", "lenient") or after.status not in ("ok", "lenient"):
        return False
    try:
        return json.dumps(before.value, sort_keys=True, default=str) == json.dumps(
            after.value, sort_keys=True, default=str
        )
    except (ValueError, RecursionError):
        return False
