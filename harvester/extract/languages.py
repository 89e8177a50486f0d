"""Languages as written in cards and tags, and their ISO 639 codes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from iso639 import Lang
from iso639.exceptions import DeprecatedLanguageValue, InvalidLanguageValue

#: Languages kept of one card: ISO 639-3 has some 7,900 in all, the widest genuine models name 1,100.
MAX_ROWS = 8_000
#: Two-letter codes that were withdrawn for more than one successor; the macrolanguage or group is used.
_WITHDRAWN = {"sh": "hbs", "bh": "bih", "mo": "ro"}

#: Codes that are not a single language: undetermined, several, none, not coded.
_NO_LANGUAGE = frozenset(("und", "mul", "zxx", "mis"))

#: English names in use that ISO 639 spells otherwise; and what a reader of YAML 1.1 makes of ``no``.
_NAMES = {
    "false": "no",
    "bahasa indonesia": "id",
    "brazilian portuguese": "pt",
    "cantonese": "yue",
    "farsi": "fa",
    "filipino": "fil",
    "greek": "el",
    "mandarin": "cmn",
    "simplified chinese": "zh",
    "traditional chinese": "zh",
}

#: Three-letter codes that occur in tags of models but are not in ISO 639-2, the list of written languages.
_IN_USE = frozenset(
    """
    acm aeb ajp apc arb ars ary arz ayr azb azj bjn ckb cmn fuv gaz hne kea khk kmr knc lij lmo ltg npi ory pbt pes
    plt pms pnb prs quy quz swh szl taq tzm uzn wuu xmf ydd yue zsm
    """.split()  # noqa: SIM905
)

#: Codes of small languages that are terms of machine learning if they occur as a tag (the Hub does not mark languages).
_OTHER_MEANING = frozenset(
    """
    arc art bin car cat cop fan fat gem geo hat her ice inc lam lit lol mad man map men mic mus orm pal phi pro sad
    sam sid sit son sun tog
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """One row of ``languages``: the word as written, in small letters, its ISO 639 code or None, where it was read."""

    language: str
    code: str | None
    source: str


@lru_cache(maxsize=1 << 14)
def code_of(language: str) -> str | None:
    """The ISO 639 code of a code, a locale (``pt-BR``, ``zh_Hans``) or an English name; None where there is none.

    The shortest code is given: 639-1 where the language has one, else 639-3 (639-2 in its terminological form), else
    639-5 for groups of languages (``gmw``). Withdrawn codes give their successor (``iw`` is ``he``). ``multilingual``,
    ``code`` and the like are no language. Codes win over names: ``no`` is Norwegian, and so is ``false``.
    """
    word = language.strip().lower().replace("_", "-")
    primary = word.partition("-")[0]
    return _by_code(word) or (_by_code(primary) if primary != word else None) or _by_name(word)


def rows(values: Iterable[str], source: str) -> list[LanguageRow]:
    """The rows of some languages, each once, in order; an item may be a list with commas."""
    words = [word.strip(" \t\r\n[]\"'").lower() for value in values for word in value[:10_000].split(",")]
    different = islice((word for word in dict.fromkeys(words) if word), MAX_ROWS)
    return [LanguageRow(word[:200], code_of(word[:200]), source) for word in different]


def in_tags(tags: Iterable[str], *, doubtful: bool = False) -> list[LanguageRow]:
    """The languages among a model's tags, where the Hub leaves them unmarked; source ``tag``.

    Codes only, ``language:xx`` included. Of three letters those of ISO 639-2 and some more in use: every other word of
    three letters (``trl``, ``moe``, ``ner``) is the code of a small language too. ``doubtful`` gives those as well:
    only the card can tell.
    """
    return rows((tag.removeprefix("language:") for tag in tags if _is_language(tag, doubtful)), "tag")


def _is_language(tag: str, doubtful: bool) -> bool:
    if tag.startswith("language:"):
        return True
    if len(tag) not in (2, 3) or not _by_code(tag):
        return False
    return doubtful or len(tag) == 2 or tag in _IN_USE or (_is_written(tag) and tag not in _OTHER_MEANING)


def _is_written(code: str) -> bool:
    """Whether a three-letter code is one of ISO 639-2."""
    for part in ("pt2b", "pt2t"):
        try:
            Lang(**{part: code})
        except (InvalidLanguageValue, DeprecatedLanguageValue):
            continue
        return True
    return False


def _by_code(word: str) -> str | None:
    if not (word.isascii() and word.isalpha() and 2 <= len(word) <= 3) or word in _NO_LANGUAGE:
        return None
    word = _WITHDRAWN.get(word, word)
    for part in ("pt1",) if len(word) == 2 else ("pt3", "pt2b", "pt2t", "pt5"):
        try:
            return _shortest(Lang(**{part: word}))
        except DeprecatedLanguageValue as old:
            return _by_code(old.change_to) if old.change_to and old.change_to != word else None
        except InvalidLanguageValue:
            continue
    return None


def _by_name(name: str) -> str | None:
    for spelled in (name.title(), name.capitalize()) if len(name) > 3 else ():
        try:
            return _shortest(Lang(name=spelled))
        except DeprecatedLanguageValue as old:
            return _by_code(old.change_to) if old.change_to else None
        except InvalidLanguageValue:
            continue
    return _NAMES.get(name)


def _shortest(language: Lang) -> str | None:
    return language.pt1 or language.pt3 or language.pt5 or language.pt2t or None
