"""Names from which the model's number can be computed, so that no table of names is needed."""

import re
from dataclasses import dataclass

from samplehub.simulated.chance import Dice, Permutation
from samplehub.simulated.words import FIRST, SECOND, SYLLABLES

_SYLLABLE = re.compile("|".join(sorted(SYLLABLES, key=len, reverse=True)))
_PLACES = {syllable: place for place, syllable in enumerate(SYLLABLES)}
#: stems of three syllables, then of four
_SHORT = len(SYLLABLES) ** 3
_LONG = len(SYLLABLES) ** 4


@dataclass(frozen=True, slots=True)
class Stems:
    """Invented words, one per number below 16 million, and the way back."""

    seed: int

    def of(self, number: int) -> str:
        """The word of a number, in lower case."""
        if number < _SHORT:
            code, length = Permutation(_SHORT, self.seed).forward(number), 3
        else:
            code, length = Permutation(_LONG, self.seed).forward(number - _SHORT), 4
        parts: list[str] = []
        for _ in range(length):
            code, place = divmod(code, len(SYLLABLES))
            parts.append(SYLLABLES[place])
        return "".join(parts)

    def number(self, name: str) -> int | None:
        """The number of the word that a model's name begins with, ignoring case; None if it is not such a word."""
        word = re.match("[a-z]*", name.lower())
        parts = _SYLLABLE.findall(word.group()) if word else []
        if len(parts) not in (3, 4) or word is None or "".join(parts) != word.group():
            return None
        code = 0
        for part in reversed(parts):
            code = code * len(SYLLABLES) + _PLACES[part]
        if len(parts) == 3:
            return Permutation(_SHORT, self.seed).backward(code)
        return Permutation(_LONG, self.seed).backward(code) + _SHORT


def user(dice: Dice) -> str:
    """A person's name; a few persons upload much."""
    return f"{dice.lean(FIRST)}{dice.pick(('', '-'))}{dice.lean(SECOND)}"
