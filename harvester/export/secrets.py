"""Finds secrets and addresses in texts, and masks them. Bytes in, spans out; no files, no network.

Two sets of rules are united, because a mask too many costs little and one too few cannot be taken back: the detection
rules of Kingfisher (https://github.com/mongodb/kingfisher, a few hundred kinds of tokens, used offline), which avoid
false alarms, and ``PATTERNS``, which also match examples and tokens of unusual lengths.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from kingfisher_sdk import Rules, Scanner

#: Kind and regular expression (syntax that Python and RE2 share); group 1, if there is one, is what is masked.
#: The prefixes are the issuers' own: Hugging Face, AWS, GitHub, GitLab, OpenAI and Anthropic, Google, Slack, Stripe...
PATTERNS: tuple[tuple[str, str], ...] = (
    ("private-key", r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"),
    ("private-key", r"PuTTY-User-Key-File-[0-9]"),
    ("url-password", r"[A-Za-z][A-Za-z0-9+.-]{1,20}://([^\s/?#@\"'<>]{1,300})@"),
    ("email", r"[A-Za-z0-9._%+-]{1,64}(?:@|%40|\s{0,3}[\[(]\s{0,3}at\s{0,3}[\])]\s{0,3})"
              r"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"),
    ("huggingface-token", r"(?:hf|api_org)_[A-Za-z0-9]{20,}"),
    ("aws-key", r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}"),
    ("github-token", r"(?:gh[pousr]|github_pat)_[A-Za-z0-9_]{20,}"),
    ("gitlab-token", r"gl(?:pat|ptt|dt|rt|cbt|ft|soat)-[A-Za-z0-9_-]{16,}"),
    ("api-key", r"\bsk-(?:[A-Za-z0-9]{1,12}-){0,3}[A-Za-z0-9_]{20,}[A-Za-z0-9_-]*"),
    ("google-key", r"AIza[A-Za-z0-9_-]{30,}|GOCSPX-[A-Za-z0-9_-]{20,}|ya29\.[A-Za-z0-9_-]{20,}"),
    ("slack-token", r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("webhook", r"(?:hooks\.slack\.com/services|discord(?:app)?\.com/api/webhooks)/[A-Za-z0-9/_-]{8,}"),
    ("stripe-key", r"[rs]k_(?:live|test)_[A-Za-z0-9]{10,}"),
    ("registry-token", r"npm_[A-Za-z0-9]{30,}|pypi-AgE[A-Za-z0-9_-]{16,}"),
    ("telegram-token", r"\b[0-9]{8,10}:[A-Za-z0-9_-]{35}\b"),
    ("jwt", r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    # Quotes may be escaped, in JSON inside JSON.
    ("authorization", r"(?i:authorization)\\{0,3}[\"']?\s{0,3}[:=]\s{0,3}\\{0,3}[\"']?"
                      r"((?i:(?:bearer|basic|token)\s{1,3})?[A-Za-z0-9._~+/=-]{8,})"),
    ("authorization", r"(?i:\bbearer)\s{1,3}([A-Za-z0-9._~+/=-]{20,})"),
    ("named-secret", r"(?i:pass(?:word|wd|phrase)|secret|api[_-]?key|access[_-]?(?:key|token)|auth[_-]?token"
                     r"|hf[_-]?token|private[_-]?key|secret[_-]?key)\\{0,3}[\"']?\s{0,3}(?:=>|[:=])\s{0,3}\\{0,3}[\"']?"
                     r"([^\s\"',;<>{}\[\]\\]{6,200})"),
)  # fmt: skip
#: Names of config fields whose text is masked, whatever it is (RE2).
SENSITIVE_FIELD = (
    r"(?i)(pass(word|wd|phrase)|secret|api[_-]?key|access[_-]?(key|token)|auth[_-]?token|hf[_-]?token"
    r'|private[_-]?key|secret[_-]?key|credentials?)"?$'
)
#: What every text with one of them contains (RE2): a cheap first look, without counts, which would make RE2 slow.
TRIGGER = (
    r"@|%40|[\[(]\s*at\s*[\])]|PRIVATE KEY|PuTTY-User|hf_|api_org_|AKIA|ASIA|ABIA|ACCA|A3T|gh[pousr]_|github_pat_"
    r"|gl[a-z]+-|sk-|AIza|GOCSPX-|ya29\.|xox[abeoprs]-|hooks\.slack|/api/webhooks|[rs]k_(?:live|test)_|npm_|pypi-AgE"
    r"|[0-9]:[A-Za-z0-9_-]|eyJ|(?i:authorization|bearer|pass(?:word|wd|phrase)|secret|key|token)[\\\\\"']*\s*(?:=|:|[A-Za-z0-9])"
)
#: A block of a key ends here, or with the text.
_END_OF_KEY = re.compile(rb"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_COMPILED = tuple((kind, re.compile(pattern.encode())) for kind, pattern in PATTERNS)
#: Bytes that the detector is given at a time.
_BATCH = 4 << 20


@cache
def _scanner() -> Scanner:
    # Even rules of low confidence: on 8 MB of genuine metadata, none of the 488 rules raised a false alarm.
    return Scanner(Rules(confidence="low"), base64=False)


def _detected(data: bytes) -> Iterator[tuple[int, int, str]]:
    # NULs would make it take the text for UTF-16, and count otherwise.
    for finding in _scanner().scan(data.replace(b"\0", b" ")):
        place = finding.location
        yield place["start_offset"], place["end_offset"], finding.rule_id.rpartition(".")[2].rpartition("/")[2]


def find(data: bytes) -> list[tuple[int, int, str]]:
    """Return the secrets in a text as spans that do not overlap, in order: start, end (bytes), kind."""
    found = list(_detected(data))
    for kind, pattern in _COMPILED:
        for match in pattern.finditer(data):
            start, end = match.span(1) if pattern.groups else match.span()
            if kind == "private-key":
                last = _END_OF_KEY.search(data, end)
                end = last.end() if last else len(data)
            found.append((start, end, kind))
            if kind == "private-key" and end == len(data):
                break
    united: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(found, key=lambda span: (span[0], -span[1])):
        if united and start < united[-1][1]:
            before = united[-1]
            united[-1] = (before[0], max(before[1], end), before[2])
        else:
            united.append((start, end, kind))
    return united


def masked(text: str) -> tuple[str, list[str]]:
    """Return a text with ``[masked:<kind>]`` in place of each secret, and the kinds that were found, in order."""
    data = text.encode(errors="replace")
    pieces, kinds, at = [], [], 0
    for start, end, kind in find(data):
        pieces += [data[at:start], f"[masked:{kind}]".encode()]
        kinds.append(kind)
        at = end
    return b"".join([*pieces, data[at:]]).decode(errors="replace"), kinds


def detected(values: Sequence[str]) -> Iterator[str]:
    """Yield the values in which Kingfisher's rules may find something; many are looked at together."""
    encoded = [value.encode(errors="replace") for value in values]
    start = 0
    while start < len(encoded):
        stop, size = start, 0
        while stop < len(encoded) and (stop == start or size + len(encoded[stop]) <= _BATCH):
            size += len(encoded[stop]) + 1
            stop += 1
        spans = [(begin, end) for begin, end, _ in _detected(b"\n".join(encoded[start:stop]))]
        at = 0
        for value, data in zip(values[start:stop], encoded[start:stop], strict=True) if spans else ():
            if any(begin < at + len(data) and end > at for begin, end in spans):
                yield value
            at += len(data) + 1
        start = stop
