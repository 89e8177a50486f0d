"""The first bytes of a file by Range: what comes is what was asked for, or a reason."""

from dataclasses import dataclass, replace

import pytest

from harvester.hub.ranges import RangedFile
from harvester.outcome import Got, Missed, Outcome
from samplehub.faults import RefuseOneHop, Truncate
from samplehub.messages import Reply, Request
from samplehub.misbehaviour import Fault
from tests.hub.opened import opened
from tests.support import Shelf, serving

LARGE, PLAIN = bytes(range(256)) * 40, b"plain"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    shelf = Shelf(tmp_path_factory.mktemp("hub"))
    shelf.put("org/a", {"model.safetensors": LARGE, "plain.txt": PLAIN, "empty.txt": b""})
    return shelf


@dataclass(kw_only=True)
class Odd(Fault):
    """A 206 that is another range than the one asked for, or holds another number of bytes."""

    content_range: str | None = None
    body: bytes | None = None

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """The same status, other content."""
        if reply.status != 206:
            return reply
        headers = tuple(
            (k, self.content_range if k == "Content-Range" and self.content_range else v) for k, v in reply.headers
        )
        return replace(reply, headers=headers, body=reply.body if self.body is None else self.body)


def test_pieces_of_a_large_file_take_one_redirect(shelf: Shelf) -> None:
    with serving(shelf.world()) as hub, opened(hub, token="hf_reader") as client:
        file = RangedFile(client, "org/a", shelf.sha("org/a"), "model.safetensors")
        pieces = [file.read(0, 99), file.read(100, 20_000)]
        assert b"".join(piece.value for piece in pieces if isinstance(piece, Got)) == LARGE
        assert (file.size, [piece.attempts for piece in pieces]) == (len(LARGE), [2, 1])
        assert [(s.path.startswith("/cdn/"), s.authorized) for s in hub.log] == [
            (False, True),
            (True, False),
            (True, False),
        ]


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (Odd(content_range="bytes 5-104/10240"), "got bytes 5-104/10240"),
        (Odd(content_range="lines 0-99/10240"), "got lines 0-99/10240"),
        (Odd(body=b""), "and 0 bytes"),
        (Odd(body=LARGE), "and 10240 bytes"),
        (Truncate(), "connection"),
    ],
)
def test_what_is_not_the_range_requested_is_no_content(shelf: Shelf, fault: Fault, word: str) -> None:
    with serving(shelf.world(), faults=(fault,)) as hub, opened(hub, attempts=1) as client:
        answer = RangedFile(client, "org/a", shelf.sha("org/a"), "model.safetensors").read(0, 99)
    assert isinstance(answer, Missed)
    assert answer.outcome == Outcome.FAILED
    assert word in answer.error


def test_a_server_may_give_less_than_was_asked(shelf: Shelf) -> None:
    with (
        serving(shelf.world(), faults=(Odd(content_range="bytes 0-9/10240", body=LARGE[:10]),)) as hub,
        opened(hub) as client,
    ):
        answer = RangedFile(client, "org/a", shelf.sha("org/a"), "model.safetensors").read(0, 99)
    assert isinstance(answer, Got)
    assert answer.value == LARGE[:10]


def test_a_plain_file_is_read_where_the_one_hop_is_refused(shelf: Shelf) -> None:
    with serving(shelf.world(), faults=(RefuseOneHop(),)) as hub, opened(hub) as client:
        answer = RangedFile(client, "org/a", shelf.sha("org/a"), "plain.txt", is_lfs=False).read(0, 3)
    assert isinstance(answer, Got)
    assert (answer.value, answer.attempts) == (b"plai", 3)


def test_an_empty_file_has_no_bytes(shelf: Shelf) -> None:
    with serving(shelf.world()) as hub, opened(hub) as client:
        file = RangedFile(client, "org/a", shelf.sha("org/a"), "empty.txt", is_lfs=False)
        answer = file.read(0, 3)
    assert isinstance(answer, Got)
    assert (answer.value, answer.status, file.size) == (b"", 416, 0)
