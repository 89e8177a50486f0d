"""Facts from the prose of a model card: headings, papers, the model it was trained from.

Reads text, renders nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

#: Headings kept of one card, and characters kept of one heading.
MAX_SECTIONS = 500
MAX_HEADING = 200
#: Papers kept of one card.
MAX_PAPERS = 500
#: Characters and lines of a body that are read: some 2 microseconds a line, 0.5 a character. Genuine cards stay below.
MAX_BODY, MAX_LINES = 2_000_000, 100_000

_LINE = re.compile(r"[^\r\n]+")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]++(.*+))?$")
_UNDERLINE = re.compile(r" {0,3}(=++|-{2,}+)[ \t]*+$")
_LINK = re.compile(r"!?\[([^\]\[]{0,300}+)\]\([^()\s]{0,1000}+\)")
_HTML_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}+>")
#: No heading contains another, so the search never reads past the next one.
_HTML_HEADING = re.compile(r"<h([1-6])\b[^<>]{0,500}+>((?:(?!<h[1-6]).){0,1000}?)</h\1>", re.IGNORECASE)

#: https://info.arxiv.org/help/arxiv_identifier.html: YYMM.NNNNN since 2007, archive/YYMMNNN before (a subject class
#: behind the archive, math.GT, is left out of the id).
_ARXIV_ID = (
    r"(?P<id>(?:0[7-9]|1[0-4])(?:0[1-9]|1[0-2])\.\d{4}|(?:1[5-9]|[2-9]\d)(?:0[1-9]|1[0-2])\.\d{5}"
    r"|(?:astro-ph|cmp-lg|cond-mat|cs|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math-ph|math|nlin|nucl-ex|nucl-th|physics"
    r"|q-bio|q-fin|quant-ph|stat)(?:\.[a-z]{2})?/\d{7})(?:v\d{1,2})?(?!\d)"
)
#: Links to arXiv and to those who show its papers, ``arXiv:`` in prose and badges, ``eprint`` and ``volume`` of BibTeX.
_ARXIV = re.compile(
    r"(?:(?:arxiv|ar5iv)(?:\.labs\.arxiv)?\.org/(?:abs|pdf|html|format|e-print)/|(?:huggingface\.co|hf\.co)/papers/"
    r"|alphaxiv\.org/abs/|\barxiv(?:\s{0,2}[:\-]?\s{0,2}|%3a)\[?|10\.48550/arxiv\."
    r"|\beprint\s{0,9}=\s{0,9}[{\"']{1,2}|\bvolume\s{0,9}=\s{0,9}[{\"']abs/)" + _ARXIV_ID,
    re.IGNORECASE,
)
_BARE_ARXIV = re.compile(_ARXIV_ID, re.IGNORECASE)
_SUBJECT_CLASS = re.compile(r"\.[a-z]{2}(?=/)")
_DOI = re.compile(
    r"(?:doi\.org/|\bdoi\s?[:=]?\s?[{\"']?)\s?(?P<id>10\.\d{4,9}/[^\s\"'<>{}|\\^`，。；、）】]{1,200})", re.IGNORECASE
)
_BARE_DOI = re.compile(r"10\.\d{4,9}/[^\s\"'<>{}|\\^`]{1,200}")


_LINKED_MODEL = (
    r"(?: the)?:? {0,3}(?:\*\*)?\[(?P<text>[^\]\[\n]{1,300})\]\((?P<url>(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/"
    r"[^()\s]{1,300})\)"
)
#: The sentence that the trainers of transformers, PEFT, TRL and sentence-transformers write into a card.
_TRAINED = re.compile(
    r"\bthis (?:(?:model|adapter|checkpoint) (?:is|was)|is)(?: an?)?"
    r"(?: \[sentence-transformers\]\([^()\s]{1,200}\) model)?"
    r"(?: [\w-]{1,20}){0,2}? fine[- ]?tuned (?:version of|from)" + _LINKED_MODEL,
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One row of ``papers``: which paper is cited and where that was read."""

    kind: str
    paper: str
    source: str


def sections(body: str) -> tuple[str, ...]:
    """The headings in order, as plain text: Markdown (``#`` and underlined) and HTML, those in code blocks left out."""
    found: list[str] = []
    for heading in _headings(body):
        text = plain_text(heading)
        if text:
            found.append(text[:MAX_HEADING])
            if len(found) == MAX_SECTIONS:
                break
    return tuple(found)


def is_cut(body: str) -> bool:
    """Whether a body is larger than what is read of it."""
    return len(body) > MAX_BODY or body.count("\n") + body.count("\r") > MAX_LINES


def _headings(body: str) -> Iterator[str]:
    fence = ""
    previous = ""
    end = 0
    for place in islice(_LINE.finditer(body, 0, MAX_BODY), MAX_LINES):
        line = place[0]
        if place.start() - end > 2 or body[end : place.start()] in ("\n\n", "\r\r"):
            previous = ""
        end = place.end()
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
                fence = ""
            continue
        if mark:
            fence, previous = mark[1], ""
            continue
        atx = _ATX.match(line)
        if atx:
            yield _unclosed(atx[2] or "")
        elif previous and _UNDERLINE.match(line):
            yield previous
        elif "<h" in line or "<H" in line:
            for html in _HTML_HEADING.finditer(line):
                yield html[2]
        # A line that is a list item, a quote or a table row cannot be the text of an underlined heading.
        indented = line.startswith(("    ", "\t"))
        previous = "" if atx or indented or line.lstrip()[:1] in tuple("-*+>|#") else line.strip()


def _unclosed(heading: str) -> str:
    """A heading without the ``#`` that may close it."""
    bare = heading.rstrip(" \t").rstrip("#")
    return bare if not bare or bare[-1] in " \t" else heading


def plain_text(heading: str) -> str:
    """A heading without link targets, HTML tags and emphasis; white space made single."""
    text = _HTML_TAG.sub("", _LINK.sub(r"\1", heading[: 10 * MAX_HEADING]))
    return " ".join(text.replace("**", "").replace("__", "").replace("`", "").split()).strip("*_ ")


def trained_from(body: str) -> tuple[str, ...]:
    """The model of the Trainer's sentence (``This model is a fine-tuned version of [a](https://huggingface.co/a)``).

    The text of the link where the link repeats it: that is what was loaded, a path on a disk as well.
    """
    found = _TRAINED.search(body)
    if found is None:
        return ()
    text = found["text"].strip("`* ")
    named = text if found["url"].endswith("/" + text) else found["url"]
    return (named,)


def papers(text: str, source: str) -> list[PaperRow]:
    """The papers a text points to, each once, in order of kind and first mention.

    arXiv ids lose their version, old-style ones keep their archive; arXiv's own DOIs become arXiv ids. DOIs are written
    small (they know no case) and lose the punctuation that follows them in prose.
    """
    found: dict[tuple[str, str], None] = {}
    for match in _ARXIV.finditer(text, 0, MAX_BODY):
        found[("arxiv", _arxiv(match))] = None
        if len(found) == MAX_PAPERS:
            break
    for match in _DOI.finditer(text, 0, MAX_BODY):
        doi = _trimmed(match["id"])
        if not doi.startswith("10.48550/arxiv."):
            found[("doi", doi)] = None
        if len(found) >= MAX_PAPERS:
            break
    return [PaperRow(kind, paper, source) for kind, paper in list(found)[:MAX_PAPERS]]


def paper_of(value: str, source: str) -> PaperRow | None:
    """A bare arXiv id or DOI, as in tags (``arxiv:...``, ``doi:...``) and fields; None for anything else."""
    value = value.strip()[:300]
    named = papers(value, source)
    if named:
        return named[0]
    arxiv = _BARE_ARXIV.fullmatch(value)
    if arxiv:
        return PaperRow("arxiv", _arxiv(arxiv), source)
    return PaperRow("doi", _trimmed(value), source) if _BARE_DOI.fullmatch(value) else None


def _arxiv(match: re.Match[str]) -> str:
    return _SUBJECT_CLASS.sub("", match["id"].lower())


def _trimmed(doi: str) -> str:
    doi = doi.lower().rstrip(".,;:*_]")
    while doi.endswith(")") and doi.count(")") > doi.count("("):
        doi = doi[:-1].rstrip(".,;:*_]")
    # A Markdown link whose text is the DOI runs on as ``](https://...``.
    return doi.partition("](")[0]
