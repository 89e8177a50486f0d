"""Packs of git: what they tell, and what becomes of those made to hurt."""

import subprocess
import tracemalloc
import zlib
from hashlib import sha1
from pathlib import Path

import pytest

from harvester.extract.history.model import History, PastFile, Unreadable, past_commit, pointer_of, without_addresses
from harvester.extract.history.pack import OBJECT_CAP, OpenPack, check_sizes

COMMIT, TREE, BLOB, OFS_DELTA = 1, 2, 3, 6
WHO = b"Ann Example <ann@example.org> 1700000000 +0000"


def read(pack: bytes, head: str) -> History:
    with OpenPack(pack) as held:
        return held.history(head, {})


def entry(kind: int, data: bytes, size: int | None = None, base: bytes = b"") -> bytes:
    size = len(data) if size is None else size
    head, rest = (kind << 4) | (size & 15), size >> 4
    out = bytearray()
    while rest:
        out.append(head | 0x80)
        head, rest = rest & 0x7F, rest >> 7
    out.append(head)
    return bytes(out) + base + zlib.compress(data)


def packed(*entries: bytes, count: int | None = None) -> bytes:
    body = b"PACK\0\0\0\2" + (len(entries) if count is None else count).to_bytes(4, "big") + b"".join(entries)
    return body + sha1(body).digest()


def oid(kind: bytes, data: bytes) -> str:
    return sha1(kind + b" %d\0" % len(data) + data).hexdigest()


def small_pack(message: bytes = b"Title\n\nRest\n", who: bytes = WHO, more: bytes = b"") -> tuple[bytes, str]:
    blob = b"{}"
    tree = b"100644 config.json\0" + bytes.fromhex(oid(b"blob", blob))
    commit = (
        b"tree "
        + oid(b"tree", tree).encode()
        + b"\nauthor "
        + who
        + b"\ncommitter "
        + who
        + b"\n"
        + more
        + b"\n"
        + message
    )
    return packed(entry(COMMIT, commit), entry(TREE, tree), entry(BLOB, blob)), oid(b"commit", commit)


def test_a_small_pack_gives_commit_and_file_and_no_address() -> None:
    pack, head = small_pack(b"Title of bob@example.org\n\nRest\n\nCo-authored-by: Eve <eve@example.org>\n")
    history = read(pack, head)
    (commit,) = history.commits
    assert (commit.commit, commit.title, commit.authors) == (head, "Title of [e-mail]", ("Ann Example", "Eve"))
    assert "@" not in commit.message
    assert history.files == [PastFile(0, "config.json", oid(b"blob", b"{}"), 2)]


@pytest.mark.parametrize(
    "pack",
    [
        b"",
        b"PACK",
        b"<html>not a pack</html>",
        packed(count=5),
        packed(count=0xFFFFFFFF),
        packed(entry(BLOB, b"x" * 100))[:40],
        packed(entry(BLOB, b"x", size=OBJECT_CAP + 1)),
        packed(entry(BLOB, b"x" * 1000, size=10)),
        packed(entry(OFS_DELTA, b"\x01" + b"\xff\xff\xff\xff\x7f" + b"\x90\x01", base=b"\x0c")),
        packed(entry(OFS_DELTA, b"", base=b"\x7f")),
    ],
)
def test_what_is_no_pack_or_too_large_is_unreadable(pack: bytes) -> None:
    with pytest.raises(Unreadable):
        read(pack, "ab" * 20)


def test_a_bomb_is_reported_by_its_sizes_before_anything_is_kept() -> None:
    bombs = packed(*[entry(BLOB, b"\0" * (OBJECT_CAP - 1))] * 70)
    assert len(bombs) < 3_000_000
    with pytest.raises(Unreadable, match="objects of more than"):
        check_sizes(bombs)


def test_of_commits_that_inflate_to_much_little_is_held() -> None:
    tree, parent, commits, head = b"", b"", [], ""
    for number in range(12):
        who = b"\nauthor " + WHO + b"\ncommitter " + WHO + b"\n\n" + b"%d\n" % number + b"m" * 8_000_000
        commit = b"tree " + oid(b"tree", tree).encode() + parent + who
        head = oid(b"commit", commit)
        parent = b"\nparent " + head.encode()
        commits.append(entry(COMMIT, commit))
    pack = packed(entry(TREE, tree), *commits)
    commits.clear()
    del commit, who
    tracemalloc.start()
    try:
        history = read(pack, head)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [one.title for one in history.commits] == [str(number) for number in range(12)]
    assert peak < 80_000_000


def test_every_cut_of_a_pack_is_unreadable_and_none_raises_anything_else() -> None:
    pack, head = small_pack()
    for length in range(len(pack)):
        with pytest.raises(Unreadable):
            read(pack[:length], head)


def test_commits_come_in_the_order_of_git_log_and_merged_ones_are_not_main(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        own = {"GIT_CONFIG_NOSYSTEM": "1", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin:/usr/local/bin"}
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in
               (("NAME", "Ann"), ("EMAIL", "ann@example.org"), ("DATE", "2026-01-01T00:00:00Z"))}  # fmt: skip
        done = subprocess.run(["git", *words], cwd=tmp_path, env=own | who, capture_output=True, check=True, timeout=30)
        return done.stdout.decode().strip()

    git("init", "-q", "-b", "main")
    for number in (1, 2):
        (tmp_path / "a.json").write_text(str(number))
        git("add", "a.json")
        git("commit", "-qm", f"main {number}")
    git("checkout", "-qb", "side", "HEAD~1")
    (tmp_path / "side").mkdir()
    (tmp_path / "side" / "b.json").write_text("b")
    git("add", ".")
    git("commit", "-qm", "side")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "-m", "merge", "side")
    (tmp_path / "a.json").unlink()
    git("commit", "-qam", "gone")
    head = git("rev-parse", "HEAD")
    listed = git("rev-list", "--objects", "HEAD")
    names = b"".join(line.split()[0].encode() + b"\n" for line in listed.splitlines())
    own = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin:/usr/local/bin"}
    pack = subprocess.run(
        ["git", "pack-objects", "--stdout", "-q"], cwd=tmp_path, env=own, input=names, capture_output=True, check=True,
        timeout=30,
    ).stdout  # fmt: skip
    history = read(pack, head)
    assert [commit.commit for commit in reversed(history.commits)] == git("log", "--format=%H").split()
    assert {commit.title: commit.on_main for commit in history.commits} == {
        "main 1": True, "main 2": True, "side": False, "merge": True, "gone": True,
    }  # fmt: skip
    titles = [commit.title for commit in history.commits]
    assert [(titles[s.number], s.path, s.oid is not None) for s in history.files] == [
        ("main 1", "a.json", True), ("main 2", "a.json", True), ("merge", "side/b.json", True),
        ("gone", "a.json", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("encoding", "codec", "title"),
    [
        ("ISO-8859-1", "latin-1", "schön"), ("Shift_JIS", "shift-jis", "日本"), ("no-such-code", "utf-8", "schön"),
        ("hex", "utf-8", "schön"), ("undefined", "utf-8", "schön"), ("ü", "utf-8", "schön"),
    ],
)  # fmt: skip
def test_the_encoding_that_a_commit_names_is_used(encoding: str, codec: str, title: str) -> None:
    text = title.encode(codec)
    pack, head = small_pack(text + b"\n", text + WHO[11:], f"encoding {encoding}\n".encode())
    (commit,) = read(pack, head).commits
    assert (commit.title, commit.authors) == (title, (title,))


def test_pointers_are_distinguished_from_other_text() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 12345\n"
    assert pointer_of(pointer) == ("a" * 64, 12_345)
    assert pointer_of(pointer + b"x") is None
    assert pointer_of(b"{}") is None
    assert pointer_of(pointer.replace(b"sha256", b"sha512")) is None


def test_addresses_go_and_names_stay() -> None:
    assert without_addresses("By Ann <ann@example.org> and <bob@x.y> for a.b@c.de") == "By Ann and for [e-mail]"
    assert without_addresses("torch@1.0 <3 x @ y") == "torch@1.0 <3 x @ y"
    assert without_addresses("root@localhost, u@[10.0.0.1] or torch@1.0.0") == "[e-mail], [e-mail] or torch@1.0.0"
    assert past_commit("a" * 40, "", "", ["root@5f3c9", "A @ B", "@ann"], None).authors == ("[e-mail]", "A @ B", "@ann")
    kept = past_commit("a" * 40, "t" * 5_000, "m" * 50_000, ["a@b.cd", "", "Ann"] + ["x"] * 500, None)
    assert (len(kept.title), len(kept.message), kept.authors) == (1_000, 20_000, ("[e-mail]", "Ann", "x"))


def chained(levels: int, entries: int) -> tuple[bytes, str]:
    """A pack of few bytes: ``levels`` folders, each of ``entries`` that are all the same folder below."""
    tree = b"100644 config.json\0" + bytes.fromhex(oid(b"blob", b"{}"))
    trees = [tree]
    for _ in range(levels):
        tree = b"".join(b"40000 d%d\0" % n + bytes.fromhex(oid(b"tree", tree)) for n in range(entries))
        trees.append(tree)
    commit = b"tree " + oid(b"tree", tree).encode() + b"\nauthor " + WHO + b"\ncommitter " + WHO + b"\n\nx\n"
    return packed(entry(COMMIT, commit), *(entry(TREE, one) for one in trees)), oid(b"commit", commit)


@pytest.mark.parametrize(
    ("levels", "entries", "reason"),
    [(10, 10, "changes of files"), (40, 2, "changes of files|entries that differ"), (5_000, 1, "path")],
)
def test_a_tree_that_repeats_itself_is_left(
    levels: int, entries: int, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harvester.extract.history.pack.STEPS_CAP", 5_000)
    monkeypatch.setattr("harvester.extract.history.pack.DIFFERENCES_CAP", 20_000)
    pack, head = chained(levels, entries)
    with pytest.raises(Unreadable, match=reason):
        read(pack, head)


def test_folders_without_files_are_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvester.extract.history.pack.DIFFERENCES_CAP", 1_000)
    tree = b""
    trees = [tree]
    for _ in range(8):
        tree = b"".join(b"40000 d%d\0" % n + bytes.fromhex(oid(b"tree", tree)) for n in range(8))
        trees.append(tree)
    commit = b"tree " + oid(b"tree", tree).encode() + b"\nauthor " + WHO + b"\ncommitter " + WHO + b"\n\nx\n"
    with pytest.raises(Unreadable, match="entries that differ"):
        read(packed(entry(COMMIT, commit), *(entry(TREE, one) for one in trees)), oid(b"commit", commit))


def test_a_chain_of_deltas_that_git_would_not_make_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvester.extract.history.pack.CHAIN_CAP", 20)
    delta = b"\x05\x05\x90\x05"
    entries = [entry(BLOB, b"base!")]
    for _ in range(30):
        entries.append(entry(OFS_DELTA, delta, base=bytes([len(entries[-1])])))
    with pytest.raises(Unreadable, match="chain"):
        check_sizes(packed(*entries))
    assert max(chain for chain, _ in check_sizes(packed(*entries[:15])).values()) == 14


@pytest.mark.parametrize("encoding", ["punycode", "idna", "unicode_escape", "bz2", "undefined", "x" * 500, ""])
def test_an_encoding_that_no_commit_has_is_read_as_utf8(encoding: str) -> None:
    pack, head = small_pack("caf\u00e9 -xn\n".encode(), more=b"encoding " + encoding.encode() + b"\n")
    assert read(pack, head).commits[0].title == "caf\u00e9 -xn"
