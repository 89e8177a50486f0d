"""Language words as cards and tags write them, and the ISO 639 code each stands for."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from iso639 import Lang
from iso639.exceptions import DeprecatedLanguageValue, InvalidLanguageValue

#: Two-letter codes that were withdrawn for more than one successor; the macrolanguage or group stands for them.
_WITHDRAWN = {"sh": "hbs", "bh": "bih", "mo": "ro"}

#: English names in use that ISO 639 spells otherwise.
_NAMES = {
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

#: Codes of small languages that are words of machine learning when they are a tag (the Hub does not mark languages).
_OTHER_MEANING = frozenset(
    """
    act art ase asr bge bot cam cat clf cnn cot cpt cpu crf dit dna dpo eva fan gan gec gen git glm gpt gru hat hug img
    ion ipa kto led lgg llm lms log lor mae map max mel mla mlm mlp mlx mms moe mpt nar ner nlp nsp ocr olm opt orm pad
    pii ppo prm qat rag ram raw ray rec ret rnn rot sac sam sci seg sql svm ted tft tgi tox tpu tst tts vae vad vis vit
    vla vlm vqa wav web xlm
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
    ``code`` and the like are no language. Codes win over names: ``no`` is Norwegian.
    """
    word = language.strip().lower().replace("_", "-")
    primary = word.partition("-")[0]
    return _by_code(word) or (_by_code(primary) if primary != word else None) or _by_name(word)


def rows(values: Iterable[str], source: str) -> list[LanguageRow]:
    """The rows of some language words, each word once, in order; a word may be a list with commas."""
    words = [word.strip().lower() for value in values for word in value[:10_000].split(",")]
    return [LanguageRow(word[:200], code_of(word[:200]), source) for word in dict.fromkeys(words) if word]


def in_tags(tags: Iterable[str]) -> list[LanguageRow]:
    """The languages among a model's tags, where the Hub leaves them unmarked; source ``tag``.

    Codes only, ``language:xx`` included. Words of machine learning that happen to be codes of small languages (``tts``,
    ``moe``, ``ner``) are not taken: the card is the better source.
    """
    found = []
    for tag in tags:
        word = tag.removeprefix("language:")
        if word != tag or (len(word) in (2, 3) and word not in _OTHER_MEANING and _by_code(word)):
            found.append(word)
    return rows(found, "tag")


def _by_code(word: str) -> str | None:
    if not (word.isascii() and word.isalpha() and 2 <= len(word) <= 3):
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
