"""The read side of Xet, as far as the official client needs it: a token, a reconstruction, chunks.

Formats: https://huggingface.co/docs/xet (api, xorb). Here every file is its own xorb, cut every 64 KiB and not
compressed. Hashes are stand-ins; the client does not check them on reading.
"""

from samplehub.content import Content, File
from samplehub.messages import Refusal, Reply, Request, json_reply
from samplehub.ranges import bytes_reply, requested_range
from samplehub.world import Json, Repo, World

CHUNK = 64 * 1024
#: the year 2100: a token that never runs out needs no clock
EXPIRES = 4_102_444_800


def read_token(repo: Repo, origin: str, cdn: str) -> Reply:
    """The address of the chunks of a repo's files, and a token for them."""
    url = f"{origin}/{cdn}/xet/{repo.facts.hub_id}"
    headers = (
        ("X-Xet-Cas-Url", url),
        ("X-Xet-Access-Token", "sample"),
        ("X-Xet-Token-Expiration", str(EXPIRES)),
    )
    return json_reply({"casUrl": url, "exp": EXPIRES, "accessToken": "sample"}, headers=headers)


def reconstruction(world: World, hub_id: str, xet_hash: str, request: Request, origin: str, cdn: str) -> Reply:
    """The terms of a file, or of a requested range.

    Raises ``Refusal`` (404) for an unknown file, (416) for a range after its end.
    """
    content = _find(world, hub_id, xet_hash).content
    span = requested_range(request, content.size)
    start, stop = span if span else (0, content.size)
    if start >= stop:
        raise Refusal(416, "Range not satisfiable")
    first, end = start // CHUNK, -(-stop // CHUNK)
    length = min(end * CHUNK, content.size) - first * CHUNK
    ends = _offset(content, end) - 1
    info: Json = {
        "range": {"start": first, "end": end},
        "url": f"{origin}/{cdn}/xet/{hub_id}/xorb/{xet_hash}",
        "url_range": {"start": _offset(content, first), "end": ends},
    }
    term = {"hash": xet_hash, "unpacked_length": length, "range": {"start": first, "end": end}}
    return json_reply(
        {"offset_into_first_range": start - first * CHUNK, "terms": [term], "fetch_info": {xet_hash: [info]}}
    )


def xorb(world: World, hub_id: str, xet_hash: str, request: Request) -> Reply:
    """The chunks of a file, each after its header of eight bytes.

    Raises ``Refusal`` (404) for an unknown file.
    """
    content = Xorb(_find(world, hub_id, xet_hash).content)
    return bytes_reply(content, request, (("Content-Type", "application/octet-stream"),))


def _offset(content: Content, chunk: int) -> int:
    return min(chunk * CHUNK, content.size) + 8 * chunk


class Xorb:
    """A file's content with a header before each chunk."""

    def __init__(self, content: Content) -> None:
        self._content = content

    @property
    def size(self) -> int:
        """Length in bytes."""
        return _offset(self._content, -(-self._content.size // CHUNK))

    def read(self, start: int, stop: int) -> bytes:
        """The bytes ``start`` to ``stop``, chunk by chunk."""
        first, end = start // (CHUNK + 8), -(-stop // (CHUNK + 8))
        parts: list[bytes] = []
        for chunk in range(first, end):
            data = self._content.read(chunk * CHUNK, (chunk + 1) * CHUNK)
            length = len(data).to_bytes(3, "little")
            # version 0, compressed length, compression 0 (none), length
            parts.append(b"\0" + length + b"\0" + length + data)
        return b"".join(parts)[start - first * (CHUNK + 8) :][: stop - start]


def _find(world: World, hub_id: str, xet_hash: str) -> File:
    repo = world.by_hub_id(hub_id)
    for commit in repo.commits if repo else ():
        for file in commit.tree.files.values():
            if file.sha256 is not None and file.xet_hash == xet_hash:
                return file
    raise Refusal(404, "File not found")
