"""Which licence a text is: its title decides. No legal reading."""

import re
from dataclasses import dataclass

from harvester.extract.license_titles import ALIASES, GRANTS, IDS, TITLES

#: Characters of a licence file that are looked at, lines that its title is looked for in, and characters of a title.
_LOOKED_AT = 20_000
_LINES = 80
_TITLE = 160
#: Lines above a title that may be a name, an author or a date.
_ABOVE = 3

_TAG = re.compile(r"<[^<>]{0,300}>")
_LINK = re.compile(r"\[([^\]\[]{0,200})\]\([^()\s]{0,500}\)")
_BREAKS = re.compile(r"[^\w+./&@|%©]+|(?<![\w])\.|\.(?![\w])|_+")
_URL_LINE = re.compile(r"(https?|www)\b\S*(?: \S+)?\Z")
_COPYRIGHT = re.compile(r"(?:copyright|©|c (?:copyright|\d{4}))(?: |\Z)")
_SAYS_LITTLE = frozenset((
    "license", "licence", "licenses", "licences", "licensing", "the license", "license text", "license agreement",
    "license.md", "license.txt", "model license", "software license", "legal code", "legalcode", "creative commons",
    "creative commons legal code", "creative commons license", "all rights reserved",
))  # fmt: skip
_LEGAL = re.compile(
    r"licen[sc]|agreement|\bterms\b|polic(?:y|ies)|permission|redistribution|\bdeed\b|public domain|rail\b"
)
_IS_TITLE = re.compile(r"\b(?:licen[sc]e|license agreement|terms of (?:use|service))\b")
_IS_PROSE = re.compile(r"\b(?:is|are|was|were|has|have|see|please|under|this|these|you|may)\b")
_STATED = re.compile(r"(?:spdx license identifier|licen[sc]e) ")
_STATED_MARK = re.compile(r"\W{0,9}(?:SPDX-License-Identifier|licen[sc]e)\s{0,3}[:=]", re.IGNORECASE)

#: Creative Commons: the conditions, then the version.
_CC = re.compile(
    r"(?:the )?(?:creative commons |cc )?(?:license )?(?:deed )?(?:cc )?(?:attribution|by)(?P<nc> non ?commercial| nc)?"
    r"(?P<kind> share ?alike| sa| no ?deriv(?:ative)?s?(?: works)?| nd)?(?: version| v)? ?(?P<version>[1-4]\.[05])"
)
_NOTICE = re.compile(
    r"(?:the (?:model|work|weights|content)s? (?:is|are)|this (?:model|dataset|repository|project|work)(?: is)?)"
    r" (?:licensed|released|distributed|made available) under (?:a |the |an )?(?:terms of (?:the )?)?"
)
_APACHE_NOTICE = re.compile(
    r"licensed under the apache license version 2\.0 the license you may not use this file except in compliance"
)
#: A notice is short; a long text that begins like one says more than it.
_NOTICE_LENGTH = 1500

_MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"
#: What may follow a title in its line: nothing that changes the licence.
_BEHIND = (
    rf"(?: (?:licen[sc]e|public|agreement|legal|code|text|deed|international|unported|generic|universal|version|united|"
    rf"states|dated|the|full|or (?:any )?later|only|{_MONTH}|v?\d[\d.]*(?:st|nd|rd|th)?|{{own}}))*"
)
_GOES_ON = (
    r"(?: (?:copyright|©|https?|www\.|permission is hereby|permission to use|terms and conditions|creative commons|"
    r"redistribution and use|section i\b|preamble|everyone is permitted|(?:meta )?llama [\d.]+ version|last modified|"
    r"last updated|by exercising|to view a copy).*)?"
)
_ALTERED = re.compile(r"(?:with|plus|modified|as modified|amended|subject to|excluding|except)\b")
_COMMONS_CLAUSE = "commons clause"


@dataclass(frozen=True, slots=True)
class LicenseText:
    """What a text is: an id of the Hub's, or ``other`` and the title of a licence that it has none for."""

    license: str
    title: str | None = None


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("(?:the )?(?:" + pattern.replace(" ", r"(?: \| | )") + ")")


_TITLES = [(license, _compiled(pattern)) for license, pattern in TITLES]
_GRANTS = [(license, _compiled(pattern)) for license, pattern in GRANTS]
_BARE = {re.sub(r"[^a-z0-9+.]", "", license): license for license in IDS} | ALIASES


def license_of_text(data: bytes) -> LicenseText | None:
    """The licence a file's text is, by its title, its id, or the grant that it begins with.

    None if it is no licence, or cannot be recognised: one that is only named in passing counts for nothing, and so does
    a title with something added to it. Never raises.
    """
    text = _decoded(data[: 4 * _LOOKED_AT])[:_LOOKED_AT]
    lines = text.splitlines()[:_LINES]
    worded = [(line, words) for line in lines if (words := _words(line))]
    whole = " ".join(words for _, words in worded)
    bare = _id_of(whole) if len(whole) <= 100 else None
    if bare:
        return LicenseText(bare)
    body = _words(text)
    above = 0
    for place, (line, words) in enumerate(worded):
        if _STATED_MARK.match(line):
            stated = _id_of(_STATED.sub("", words, count=1))
            if stated:
                return LicenseText(stated)
        if _COPYRIGHT.match(words):
            # A title may be in the same line.
            named = _titled(words, body, anywhere=True)
            if named:
                return LicenseText(named)
            continue
        if words in _SAYS_LITTLE or _URL_LINE.match(words):
            continue
        opening = " | ".join(words for _, words in worded[place : place + 8])[:1200]
        license = _titled(opening, body) or _granted(opening, body)
        if license and _COMMONS_CLAUSE not in body:
            return LicenseText(license)
        if _LEGAL.search(words) or above == _ABOVE or len(words) > 80:
            is_title = _IS_TITLE.search(words) and len(words) <= _TITLE and not _IS_PROSE.search(words)
            return LicenseText("other", _shown(line)) if is_title else None
        above += 1
    return None


def _decoded(data: bytes) -> str:
    """The text, in UTF-8 or in UTF-16 with or without a mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if data[1:200:2].count(0) > len(data[1:200:2]) // 2:
        return data.decode("utf-16-le", "replace")
    if data[:200:2].count(0) > len(data[:200:2]) // 2:
        return data.decode("utf-16-be", "replace")
    return data.decode("utf-8-sig", "replace")


def _words(text: str) -> str:
    """The words of a text in lower case, separated by single spaces, without Markdown and HTML markup."""
    plain = _LINK.sub(r"\1", _TAG.sub(" ", text)).lower().replace("|", " ")
    return " ".join(_BREAKS.sub(" ", plain).split()).strip("/&+ ")


def _shown(line: str) -> str:
    return " ".join(_LINK.sub(r"\1", _TAG.sub(" ", line)).split()).strip("#*_=-~>` :")[:_TITLE]


def _id_of(words: str) -> str | None:
    """The id that a few words are, with or without ``license:`` before them."""
    words = _STATED.sub("", words, count=1).removesuffix(" license").removesuffix(" licence")
    words = words.removesuffix(" only").removesuffix(" or later")
    return _BARE.get(words.replace(" ", "")) if words else None


def _titled(opening: str, body: str, *, anywhere: bool = False) -> str | None:
    """The licence whose title the lines begin with (``anywhere``: hold), with nothing behind it that alters it."""
    for license, pattern in _TITLES:
        found = pattern.search(opening) if anywhere else pattern.match(opening)
        if found and _ends(opening, found.end(), license):
            return _confirmed(license, body)
    found = _CC.search(opening) if anywhere else _CC.match(opening)
    if found and ("attribution" in found[0] or "cc " in found[0]):
        kind = (found["kind"] or "").replace(" ", "")[:2]
        license = (
            "cc-by" + "-nc" * bool(found["nc"]) + {"sh": "-sa", "sa": "-sa", "no": "-nd", "nd": "-nd"}.get(kind, "")
        )
        license += "-" + found["version"]
        if license in IDS and _ends(opening, found.end(), license):
            return license
    return None


def _ends(opening: str, end: int, license: str) -> bool:
    line, _, below = opening[end:].partition("|")
    own = "|".join(map(re.escape, license.split("-")))
    behind = re.fullmatch(_BEHIND.format(own=own) + _GOES_ON, " " + line.strip() if line.strip() else "")
    return behind is not None and not _ALTERED.match(below.strip())


def _granted(opening: str, body: str) -> str | None:
    """The licence of a text that begins with its grant, or is nothing but a notice that names it."""
    flat = opening.replace(" | ", " ")
    for license, pattern in _GRANTS:
        if pattern.match(flat):
            return _confirmed(license, body)
    if len(body) > _NOTICE_LENGTH:
        return None
    if _APACHE_NOTICE.match(flat):
        return "apache-2.0"
    notice = _NOTICE.match(flat)
    return _titled(flat[notice.end() :], body) if notice else None


def _confirmed(license: str, body: str) -> str | None:
    """The licence, where the text below the title is its own; the BSD family by its clauses."""
    if license == "mit":
        altered = re.search(r"\bnon ?commercial", body)
        own = len(body) < 300 or GRANTS[0][1] in body
        return license if own and not altered else None
    if license == "bsd":
        if GRANTS[2][1] not in body:
            return license if len(body) < 300 else None
        if re.search(r"neither the names? of|used to endorse or promote", body):
            clear = "no express or implied licenses to any party" in body
            return "bsd" if "advertising materials" in body else "bsd-3-clause-clear" if clear else "bsd-3-clause"
        return "bsd-2-clause" if "binary form must reproduce" in body else "bsd"
    return license
