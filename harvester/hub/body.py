"""Reads the body of one answer: at most so many bytes, whatever it inflates to."""

import zlib
from collections.abc import Callable, Iterable, Iterator

#: Encodings that we request, and those that are refused if a server sends them all the same.
ACCEPTED = "gzip, deflate"
_OURS = ("gzip", "x-gzip", "deflate")
_FOREIGN = ("br", "zstd", "compress", "x-compress", "dcb", "dcz")
#: Most bytes that are decompressed at a time.
PIECE = 1 << 18
#: Bytes that a body on the wire may have beyond what it is inflated to.
SLACK = 1 << 16


class BadBody(ValueError):
    """A body that cannot be decoded; the message says why."""


def inflated(raw: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield the decoded body, in pieces of at most `PIECE` bytes if it was compressed. Raises BadBody."""
    names = [name for part in encoding.lower().split(",") if (name := part.strip()) not in ("", "identity")]
    if len(names) > 1 or any(name in _FOREIGN for name in names):
        raise BadBody(f"unrequested content encoding ({encoding[:40]!r})")
    if not names or names[0] not in _OURS:
        # Stores label files in many ways; what the bytes are is checked by their hash.
        yield from raw
        return
    yield from _inflate(raw, names[0])


def _inflate(raw: Iterable[bytes], name: str) -> Iterator[bytes]:
    inflater = None
    held = b""
    for chunk in raw:
        left = held + chunk
        if inflater is None:
            if len(left) < 2:
                held = left
                continue
            held, inflater = b"", zlib.decompressobj(_window(name, left))
        # What follows the end is not looked at.
        while left and not inflater.eof:
            try:
                piece = inflater.decompress(left, PIECE)
            except zlib.error as error:
                raise BadBody(f"a body that is not {name}: {error}"[:200]) from None
            left = inflater.unconsumed_tail
            yield piece
    if held or (inflater is not None and not inflater.eof):
        raise BadBody(f"a {name} body that ends too early")


def _window(name: str, start: bytes) -> int:
    """Return what zlib is to expect; deflate is zlib's format by the standard, and bare by the habit of some."""
    if name != "deflate":
        return zlib.MAX_WBITS | 16
    return zlib.MAX_WBITS if start[0] & 15 == 8 and (start[0] << 8 | start[1]) % 31 == 0 else -zlib.MAX_WBITS


def read_up_to(cap: int, raw: Iterable[bytes], encoding: str, grown: Callable[[int], None]) -> tuple[bytes, bool]:
    """Return at most ``cap`` bytes of the decoded body, and whether it is complete. Raises BadBody.

    ``grown`` is called with the size so far. Reading stops above the cap, decoded or on the wire.
    """
    pieces: list[bytes] = []
    received = size = 0

    def wire() -> Iterator[bytes]:
        nonlocal received
        for chunk in raw:
            received += len(chunk)
            if received - SLACK > cap:
                return
            yield chunk

    try:
        for piece in inflated(wire(), encoding):
            pieces.append(piece)
            size += len(piece)
            grown(size)
            if size > cap:
                break
    except BadBody:
        if received - SLACK <= cap:
            raise
    body = b"".join(pieces)
    whole = size <= cap and received - SLACK <= cap
    return body if size <= cap else body[:cap], whole
