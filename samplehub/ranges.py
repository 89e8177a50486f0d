"""Byte ranges."""

import re

from samplehub.content import Content
from samplehub.messages import Headers, Reply, Request, Rest, whole_number

#: bytes of a content that an answer holds in memory
MOST_HELD = 8 << 20
_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")


def requested_range(request: Request, size: int) -> tuple[int, int] | None:
    """The requested range as (start, stop); empty if it is outside the file; None if none was requested."""
    match = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.groups()
    if not first:
        return max(0, size - _number(last)), size
    return _number(first), min(size, _number(last) + 1) if last else size


def _number(digits: str) -> int:
    return whole_number(digits) or 0


def bytes_reply(content: Content, request: Request, headers: Headers) -> Reply:
    """The whole content, the requested range (206), or 416 if that is outside the file."""
    size = content.size
    span = requested_range(request, size)
    if span is None:
        start, stop, status = 0, size, 200
    else:
        (start, stop), status = span, 206
        if start >= stop:
            return Reply(416, (*headers, ("Content-Range", f"bytes */{size}")))
        headers = (*headers, ("Content-Range", f"bytes {start}-{stop - 1}/{size}"))
    if request.method == "HEAD":
        return Reply(status, headers, announced_length=stop - start)
    held = min(stop, start + MOST_HELD)
    rest = Rest(content, held, stop) if held < stop else None
    return Reply(status, headers, content.read(start, held), rest)
