"""A model card in (``README.md``, or the card data the Hub hands out), one typed ``Card`` out. No content raises."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from harvester.extract import card_body, evaluations, languages
from harvester.extract.card_body import PaperRow
from harvester.extract.evaluations import EvaluationRow, number_of
from harvester.extract.front_matter import MAX_BYTES, FrontMatterError, Yaml, excerpt, parse, text_of, to_json
from harvester.extract.ids import dataset_name, reference
from harvester.extract.languages import LanguageRow

#: Entries kept of a list, characters kept of an entry and of a long text (the gate's, say).
MAX_ENTRIES = 2000
MAX_ENTRY = 1000
MAX_LONG = 64 * 1024
#: Bytes of a card that are read; genuine ones stay below 1 MB.
MAX_CARD = 16 * 1024 * 1024

_OPENING = re.compile(r"\s*+---[ \t]*+\r?\n")
_SPACE = re.compile(r"\s*+")
_CLOSING = re.compile(r"^---[ \t]*+\r?$", re.MULTILINE)
_KEY_LINE = re.compile(r"\s*+[\w-]{1,60}+[ \t]*+:")
#: HTML comments at the very top that are passed over on the way to the front matter.
_COMMENTS = 1_000
#: Keys of a mapping in a list that give its name.
_NAMED = ("name", "id", "type", "model", "repo_id", "path", "url")
#: Keys of a mapping that give the name of a model, the most specific first.
_MODEL_KEYS = (
    "repo_url", "url", "repo_id", "model_id", "repo", "id", "model", "path", "link", "href", "model_name", "name",
)  # fmt: skip
#: Text with commas that is a list of these and nothing else was meant as a list.
_LISTED = re.compile(r"[\w.+-]{1,96}(?:/[\w.+-]{1,96})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The contents of a card.

    Empty and None mean nothing is stated; texts are as written unless a field says otherwise.

    ``status``: ok; lenient (readable, see ``reason``); absent (no front matter); invalid, not_object, oversized
    (``reason`` gives the line). ``front_matter`` is JSON text. ``body_length`` counts characters without white space at
    both ends; it and ``sections`` are None if only card data was read. ``base_models`` are verbatim: lineage reduces
    them to names; ``body_base_models`` are those that the text says it was trained from. ``gate`` is the text that
    users of a gated model must agree to.
    """

    status: str
    reason: str | None = None
    front_matter: str | None = None
    body_length: int | None = None
    sections: tuple[str, ...] | None = None
    license: str | None = None
    licenses: tuple[str, ...] = ()
    license_name: str | None = None
    license_link: str | None = None
    languages: tuple[LanguageRow, ...] = ()
    datasets: tuple[str, ...] = ()
    base_models: tuple[str, ...] = ()
    base_model_relation: str | None = None
    body_base_models: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    papers: tuple[PaperRow, ...] = ()
    evaluations: tuple[EvaluationRow, ...] = ()
    pipeline_tag: str | None = None
    library_name: str | None = None
    new_version: str | None = None
    co2_grams: float | None = None
    co2_source: str | None = None
    gate: str | None = None


def read_card(data: bytes) -> Card:
    """Read ``README.md``: the YAML front matter and facts from the body.

    Broken front matter gives status ``invalid`` with line and reason, the body still measured.
    """
    if len(data) > MAX_CARD:
        return Card(status="oversized", reason=f"{len(data)} bytes, more than {MAX_CARD}")
    text, oddity = _decoded(data)
    split = _split(text)
    if card_body.is_cut(split.body):
        oddity = oddity or f"headings and papers of the first {card_body.MAX_BODY} characters of the body alone"
    card = Card(
        status="absent",
        reason="no front matter" + (f"; {oddity}" if oddity else ""),
        body_length=len(split.body.strip()),
        sections=card_body.sections(split.body),
        papers=tuple(card_body.papers(split.body, "card_body")),
        body_base_models=card_body.trained_from(split.body),
    )
    if split.block is None:
        return card
    if not split.ends:
        return replace(card, status="invalid", reason=f"line {split.line - 1}: front matter begins and never ends")
    if len(split.block) > MAX_BYTES:
        return replace(
            card, status="oversized", reason=f"line {split.line}: front matter of {len(split.block)} characters"
        )
    try:
        parsed = parse(split.block)
    except FrontMatterError as error:
        return replace(card, status="invalid", reason=f"line {error.line + split.line - 1}: {_printable(error.reason)}")
    value = {} if parsed.value is None else parsed.value
    if not isinstance(value, dict):
        reason = f"line {split.line}: front matter is {_kind(value)}, no mapping"
        return replace(card, status="not_object", reason=reason, front_matter=to_json(value))
    if parsed.oddity and parsed.oddity_line and not oddity:
        oddity = f"line {parsed.oddity_line + split.line - 1}: {_printable(parsed.oddity)}"
    oddity = oddity or split.oddity
    return _filled(replace(card, status="lenient" if oddity else "ok", reason=oddity), value, "card")


def body_of(data: bytes) -> str:
    """Return the text of ``README.md`` without its front matter and the white space at both ends."""
    return _split(_decoded(data[:MAX_CARD])[0]).body.strip()


def read_card_data(value: Mapping[str, Any]) -> Card:
    """Read the card data that the Hub hands out (``cardData``, decoded JSON): the same, without a body."""
    return _filled(Card(status="ok"), dict(value), "hub")


def _decoded(data: bytes) -> tuple[str, str | None]:
    """The text, and what is odd about its bytes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), "line 1: UTF-16, not UTF-8"
    oddity = None
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        text = data.decode(errors="replace")
        line = data.count(b"\n", 0, error.start) + 1
        oddity = f"line {line}: not UTF-8"
    text = text.lstrip("\ufeff")
    return text if "\n" in text else text.replace("\r", "\n"), oddity


@dataclass(frozen=True, slots=True)
class _Split:
    """Front matter (None: there is none), the number of its first line, whether it ends, and the body."""

    block: str | None
    line: int
    ends: bool
    body: str
    oddity: str | None = None


def _split(text: str) -> _Split:
    below = _below_comments(text)
    opening = _OPENING.match(text, below)
    # A rule at the top of a page is no front matter; a key in the next line says that it was meant.
    meant = opening and _KEY_LINE.match(text, opening.end())
    if not opening or (below and not meant):
        return _Split(None, 1, True, text)
    line = text.count("\n", 0, opening.end()) + 1
    oddity = f"line {line - 1}: front matter below a comment, where the Hub does not look" if below else None
    closing = _CLOSING.search(text, opening.end())
    if closing:
        return _Split(text[opening.end() : closing.start()], line, True, text[closing.end() :], oddity)
    return _Split("" if meant else None, line, False, text)


def _below_comments(text: str) -> int:
    """The end of the HTML comments at the very top; 0 if there are none, or one that never ends."""
    end = 0
    for _ in range(_COMMENTS):
        start = _SPACE.match(text, end).end()  # type: ignore[union-attr]
        if not text.startswith("<!--", start):
            return end
        closed = text.find("-->", start + 4)
        if closed < 0:
            return 0
        end = closed + 3
    return 0


def _filled(card: Card, value: dict[str, Yaml], source: str) -> Card:
    """The card with all that its front matter says."""
    co2 = value.get("co2_eq_emissions", value.get("co2"))
    emitted = co2 if isinstance(co2, dict) else {"emissions": co2}
    tags = _texts(value.get("tags"))
    licenses = _texts(value.get("license", value.get("licence")))
    gate = [_text(value.get(f"extra_gated_{part}"), MAX_LONG) for part in ("heading", "description", "prompt")]
    index = value.get("model-index", value.get("model_index"))
    return replace(
        card,
        front_matter=to_json(value),
        license=licenses[0] if licenses else None,
        licenses=tuple(licenses),
        license_name=_text(value.get("license_name")),
        license_link=_text(value.get("license_link")),
        languages=tuple(languages.rows(_texts(value.get("language", value.get("languages")), keys=True), source)),
        datasets=tuple(dict.fromkeys(name for item in _texts(value.get("datasets")) if (name := dataset_name(item)))),
        base_models=tuple(dict.fromkeys(_models(value.get("base_model")))),
        base_model_relation=_text(value.get("base_model_relation")),
        metrics=tuple(_texts(value.get("metrics"), keys=True)),
        tags=tuple(tags),
        papers=(*_papers(value, tags, source), *card.papers),
        evaluations=tuple(evaluations.rows(index, source)),
        pipeline_tag=_text(value.get("pipeline_tag")),
        library_name=_text(value.get("library_name")),
        new_version=_text(value.get("new_version")),
        co2_grams=number_of(emitted.get("emissions")),
        co2_source=_text(emitted.get("source")),
        gate="\n\n".join(part for part in gate if part) or None,
    )


def _papers(value: dict[str, Yaml], tags: list[str], source: str) -> list[PaperRow]:
    """Papers named in the front matter: its own fields, its tags, and links anywhere in it."""
    bare = [text for key in ("arxiv", "paper", "papers", "doi") for text in _texts(value.get(key))]
    bare += [tag.partition(":")[2] for tag in tags if tag.startswith(("arxiv:", "doi:"))]
    named = [row for text in bare if (row := card_body.paper_of(text, source))]
    # A results table of a megabyte is no place for papers.
    rest = {key: item for key, item in value.items() if key not in ("model-index", "model_index", "widget")}
    return list(dict.fromkeys([*named, *card_body.papers(excerpt(rest, MAX_LONG), source)]))


def _texts(value: Yaml, *, keys: bool = False) -> list[str]:
    """One text or many, empty ones left out; of a mapping its name (``- name: squad``).

    ``keys``: a mapping without a name lists by its keys (``accuracy: 0.9``, ``en: English``).
    """
    found = []
    for item in _items(value, keys):
        text = (text_of(item) or "").strip()
        if text:
            found.append(text[:MAX_ENTRY])
    return found[:MAX_ENTRIES]


def _items(value: Yaml, keys: bool) -> list[Yaml]:
    """The scalars of a value, lists in a list taken for their items."""
    if isinstance(value, str):
        parts = [part.strip() for part in value[: MAX_ENTRIES * 100].split(",")]
        return list(parts) if len(parts) > 1 and all(map(_LISTED.fullmatch, parts)) else [value]
    if not isinstance(value, list):
        value = [value]
    found: list[Yaml] = []
    for item in value[:MAX_ENTRIES]:
        if isinstance(item, dict):
            named = next((item[key] for key in _NAMED if key in item), None)
            found += list(item)[:MAX_ENTRIES] if named is None and keys else [named]
        elif isinstance(item, list):
            found += item[:MAX_ENTRIES]
        else:
            found.append(item)
        if len(found) >= MAX_ENTRIES:
            break
    return found


def _models(value: Yaml) -> list[str]:
    """The models that a value names: texts, and mappings by what leads to the Hub (``repo_url``, ``id``...)."""
    found: list[str] = []
    for item in value[:MAX_ENTRIES] if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            found += _texts(item)
            continue
        named = [text[:MAX_ENTRY] for key in _MODEL_KEYS if (text := (text_of(item.get(key)) or "").strip())]
        # ``- owner/name:`` is a mapping in YAML, whose key was meant.
        named = named or [key for key in item if "/" in key][:MAX_ENTRIES]
        read = [(text, one) for text in named if (one := reference(text))]
        chosen = next((text for text, one in read if one.kind == "repo" and "/" in one.name), None)
        found += [chosen or read[0][0]] if read else []
    return found


def _text(value: Yaml, cap: int = MAX_ENTRY) -> str | None:
    text = (text_of(value) or "").strip()
    return text[:cap] or None


def _printable(reason: str) -> str:
    return _CONTROL.sub(" ", reason)[:300]


def _kind(value: Yaml) -> str:
    return "a list" if isinstance(value, list) else "a single value"
