"""Licences a model carries, by source, and which licence a text is, told by its own words. No legal reading."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from harvester.extract.card import Card
from harvester.extract.weights.header import Metadata

#: Characters of a licence file that are looked at: titles and grants stand at the start.
_LOOKED_AT = 20_000

#: Licence id as the Hub writes it, and words that only that licence holds (in small letters, white space single), in
#: this order: the more particular stand above those whose words they repeat.
_WORDS = (
    ("agpl-3.0", "gnu affero general public license version 3"),
    ("lgpl-3.0", "gnu lesser general public license version 3"),
    ("lgpl-2.1", "gnu lesser general public license version 2.1"),
    ("gpl-3.0", "gnu general public license version 3"),
    ("gpl-2.0", "gnu general public license version 2"),
    ("mpl-2.0", "mozilla public license version 2.0"),
    ("apache-2.0", "apache license version 2.0"),
    ("llama4", "llama 4 community license agreement"),
    ("llama3.3", "llama 3.3 community license agreement"),
    ("llama3.2", "llama 3.2 community license agreement"),
    ("llama3.1", "llama 3.1 community license agreement"),
    ("llama3", "meta llama 3 community license agreement"),
    ("llama2", "llama 2 community license agreement"),
    ("gemma", "gemma terms of use"),
    ("bigscience-bloom-rail-1.0", "bigscience rail license v1.0"),
    ("bigcode-openrail-m", "bigcode openrail-m"),
    ("openrail++", "creativeml open rail++-m"),
    ("creativeml-openrail-m", "creativeml open rail-m"),
    ("bigscience-openrail-m", "bigscience open rail-m"),
    ("cc-by-nc-nd-4.0", "attribution-noncommercial-noderivatives 4.0 international"),
    ("cc-by-nc-sa-4.0", "attribution-noncommercial-sharealike 4.0 international"),
    ("cc-by-nc-4.0", "attribution-noncommercial 4.0 international"),
    ("cc-by-nd-4.0", "attribution-noderivatives 4.0 international"),
    ("cc-by-sa-4.0", "attribution-sharealike 4.0 international"),
    ("cc-by-4.0", "attribution 4.0 international"),
    ("cc0-1.0", "cc0 1.0 universal"),
    ("unlicense", "this is free and unencumbered software released into the public domain"),
    ("bsd-3-clause", "neither the name of"),
    ("bsd-2-clause", "redistributions in binary form must reproduce the above copyright notice"),
    ("isc", "permission to use, copy, modify, and/or distribute this software for any purpose"),
    ("mit", "permission is hereby granted, free of charge, to any person obtaining a copy"),
)
_SEPARATORS = re.compile(r"[\s,\-–—_*#=]+")
_KEYS = ("license", "general.license", "modelspec.license")


@dataclass(frozen=True, slots=True)
class LicenseRow:
    """One row of ``licenses``: where it was read, the id, and name and link where they say more."""

    source: str
    license: str
    name: str | None = None
    link: str | None = None


def license_of_text(data: bytes) -> str | None:
    """The licence a file's text is, by the words that only it holds; None where none of the known ones is met.

    A text that was altered, or that holds several licences, gives the first in the order of the table.
    """
    text = _SEPARATORS.sub(" ", data[: 4 * _LOOKED_AT].decode("utf-8", "replace")[:_LOOKED_AT].lower())
    return next((license for license, words in _WORDS if _SEPARATORS.sub(" ", words) in text), None)


def license_rows(
    *,
    tags: Iterable[str] = (),
    card: Card | None = None,
    files: Iterable[tuple[str, bytes]] = (),
    metadata: Iterable[Metadata] = (),
) -> list[LicenseRow]:
    """The licences of one model, each once a source: its tags, its card, its licence files, its weights' metadata."""
    rows = [LicenseRow("tag", tag.removeprefix("license:").lower()) for tag in tags if tag.startswith("license:")]
    if card:
        named = card.licenses or (("other",) if card.license_name or card.license_link else ())
        rows += [LicenseRow("card", word.lower(), card.license_name, card.license_link) for word in named]
    for path, data in files:
        told = license_of_text(data)
        if told:
            rows.append(LicenseRow("file", told, None, path))
    for held in metadata:
        for key in _KEYS:
            value = held.get(key)
            if isinstance(value, str) and value.strip():
                name, link = held.get(f"{key}.name"), held.get(f"{key}.link")
                rows.append(LicenseRow("weights", value.strip().lower()[:200], _text(name), _text(link)))
    return list({(row.source, row.license): row for row in reversed(rows)}.values())[::-1]


def _text(value: object) -> str | None:
    return value[:1000] if isinstance(value, str) and value else None
