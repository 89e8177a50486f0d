"""A lake in an object store: one of two writers publishes, and neither faults nor lost answers double or lose a row."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from harvester.errors import DamagedLake, LocalError, UsageError
from harvester.lake.layout import Layout, data_directory
from harvester.lake.parts import Lake
from harvester.lake.relist import relist
from harvester.lake.store import Conflict
from harvester.lake.suppress import Suppressions
from tests.bucket import DONE, LOST, REFUSED, Bucket, bucket
from tests.lake.test_parts import RUN, selections

obstore = pytest.importorskip("obstore", reason="the extra [s3] is not installed")
S3Store = pytest.importorskip("obstore.store").S3Store


@pytest.fixture(scope="module")
def served() -> Iterator[Bucket]:
    with bucket() as served:
        yield served


@pytest.fixture
def s3(served: Bucket) -> Iterator[Bucket]:
    yield served
    served.rule = lambda method, path: DONE
    served.requests.clear()


def opened(url: str, work: Path) -> Lake:
    lake = Lake(Layout(data_directory(url, work)))
    lake.create()
    return lake


def objects(url: str) -> set[str]:
    store = S3Store.from_url(url, client_options={"allow_http": True})
    return {str(meta["path"]) for page in obstore.list(store) for meta in page}


def listed(url: str, work: Path) -> Counter[str]:
    return Counter(part.path for part in opened(url, work).all_parts())


def test_the_server_keeps_the_promise_that_publishing_rests_on(s3: Bucket) -> None:
    store = S3Store.from_url("s3://lake/promise", client_options={"allow_http": True})
    first = obstore.put(store, "a", b"1", mode="create")
    with pytest.raises(obstore.exceptions.AlreadyExistsError, match="412"):
        obstore.put(store, "a", b"2", mode="create")
    obstore.put(store, "a", b"2", mode={"e_tag": first["e_tag"] or ""})
    with pytest.raises(obstore.exceptions.PreconditionError, match="412"):
        obstore.put(store, "a", b"3", mode={"e_tag": first["e_tag"] or ""})


def test_of_writers_on_one_prefix_exactly_one_publishes(s3: Bucket, tmp_path: Path) -> None:
    url = "s3://lake/writers"
    lakes = [opened(url, tmp_path / str(n)) for n in range(4)]
    outcomes: list[str] = []
    lost: list[str] = []

    def write(lake: Lake, number: int) -> None:
        parts = lake.write(RUN, "000000", selections(f"m{number}"))
        try:
            lake.publish(parts, batches=[f"{RUN}-{number}"])
            outcomes.append(parts[0].path)
        except Conflict as error:
            lost.append(str(error))

    threads = [threading.Thread(target=write, args=(lake, n)) for n, lake in enumerate(lakes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1
    assert len(lost) == 3
    assert all("run the same command again" in message for message in lost)
    late = opened(url, tmp_path / "late")
    assert [part.path for part in late.all_parts()] == outcomes
    # What the others uploaded is not listed, and goes with the next sweep.
    stored = {name for name in objects(url) if name.endswith(".parquet")}
    assert len(stored) == 4
    assert late.sweep() == 3
    assert {name for name in objects(url) if name.endswith(".parquet")} == {f"lake/{outcomes[0]}"}


def test_a_sweep_never_takes_what_another_writer_then_lists(s3: Bucket, tmp_path: Path) -> None:
    url = "s3://lake/fence"
    slow, sweeper = opened(url, tmp_path / "slow"), opened(url, tmp_path / "sweeper")
    parts = slow.write(RUN, "000000", selections("m"))
    slow.store.add(f"lake/{part.path}" for part in parts)
    assert sweeper.sweep() == len(parts)
    with pytest.raises(Conflict):
        slow.publish(parts)
    assert listed(url, tmp_path / "late") == {}


@pytest.mark.parametrize("fates", [[REFUSED], [LOST], [REFUSED, REFUSED, LOST]], ids=" then ".join)
def test_a_put_of_the_list_whose_answer_is_lost_is_made_once(s3: Bucket, tmp_path: Path, fates: list[str]) -> None:
    url = f"s3://lake/lost-{len(fates)}-{fates[0]}"
    lake = opened(url, tmp_path / "work")
    left = list(fates)
    s3.rule = lambda method, path: left.pop(0) if left and method == "PUT" and path.endswith("/parts.json") else DONE
    first = lake.write(RUN, "000000", selections("a"))
    lake.publish(first, batches=["one"])
    assert left == []
    second = lake.write(RUN, "000001", selections("b"))
    lake.publish(second, batches=["two"])
    seen = opened(url, tmp_path / "other")
    assert Counter(p.path for p in seen.all_parts()) == Counter(p.path for p in (*first, *second))
    assert seen.batches == {"one", "two"}


def test_a_lost_answer_is_no_excuse_to_replace_the_list_of_another(s3: Bucket, tmp_path: Path) -> None:
    url = "s3://lake/stolen"
    mine, other = opened(url, tmp_path / "mine"), opened(url, tmp_path / "other")
    others = other.write(RUN, "000000", selections("other"))

    def rule(method: str, path: str) -> str:
        if method == "PUT" and path.endswith("/parts.json"):
            s3.rule = lambda method, path: DONE
            other.publish(others)
            return REFUSED
        return DONE

    s3.rule = rule
    with pytest.raises(Conflict):
        mine.publish(mine.write(RUN, "000000", selections("mine")))
    assert listed(url, tmp_path / "late") == Counter(part.path for part in others)


def test_an_upload_that_breaks_is_repeated_and_a_server_that_stays_away_is_named(s3: Bucket, tmp_path: Path) -> None:
    url = "s3://lake/uploads"
    lake = opened(url, tmp_path / "work")
    left = [REFUSED, LOST, REFUSED]
    s3.rule = lambda method, path: left.pop() if left and path.endswith(".parquet") else DONE
    lake.publish(lake.write(RUN, "000000", selections("a")))
    assert left == []
    assert len(listed(url, tmp_path / "other")) == 1
    s3.rule = lambda method, path: REFUSED if method == "PUT" else DONE
    with pytest.raises(LocalError, match="cannot write"):
        lake.claim("https://hub.test")


def test_a_part_is_read_from_a_copy_and_a_bad_copy_is_replaced(s3: Bucket, tmp_path: Path) -> None:
    from harvester.lake.damage import damages

    url = "s3://lake/copies"
    lake = opened(url, tmp_path / "work")
    (part,) = lake.write(RUN, "000000", selections("a"))
    lake.publish([part])
    reader = opened(url, tmp_path / "reader")
    (file,) = reader.files(part.table)
    assert Path(file).is_relative_to(tmp_path / "reader")
    Path(file).write_bytes(b"x" * part.bytes)
    assert damages(reader) == []
    assert pl.read_parquet(reader.files(part.table)[0]).height == part.rows
    # What is wrong in the store itself is damage.
    store = S3Store.from_url(url, client_options={"allow_http": True})
    obstore.put(store, f"lake/{part.path}", b"y" * part.bytes)
    (found,) = damages(reader, every_hash=True)
    assert found.problem == "contents changed since it was written"
    with pytest.raises(DamagedLake, match="SHA-256"):
        reader.files(part.table)
    obstore.delete(store, [f"lake/{part.path}"])
    assert [one.problem for one in damages(reader)] == ["missing"]


def test_two_purges_at_once_do_not_forget_each_other(s3: Bucket, tmp_path: Path) -> None:
    url = "s3://lake/purges"
    one, other = (Suppressions.load(opened(url, tmp_path / name).store) for name in ("one", "other"))
    one.add(["a"])
    with pytest.raises(Conflict):
        other.add(["b"])
    assert Suppressions.load(opened(url, tmp_path / "late").store).hides("a", None)


def test_a_list_that_vanished_does_not_empty_the_lake(s3: Bucket, tmp_path: Path) -> None:
    url = "s3://lake/vanished"
    lake = opened(url, tmp_path / "work")
    lake.publish(lake.write(RUN, "000000", selections("a")))
    store = S3Store.from_url(url, client_options={"allow_http": True})
    obstore.delete(store, ["lake/parts.json"])
    with pytest.raises(DamagedLake, match="repair --accept-loss"):
        opened(url, tmp_path / "other")
    other = Layout(data_directory(url, tmp_path / "other"))
    other.require()
    assert relist(other)[1] == []
    assert listed(url, tmp_path / "late") == Counter(part.path for part in lake.all_parts())


def test_a_work_directory_belongs_to_one_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert data_directory("s3://a/b/") == Path("data/s3-a-b")
    assert data_directory("S3://a/b") == data_directory("s3://a//b")
    with pytest.raises(UsageError, match="work directory of s3://a/b"):
        data_directory("s3://a-b")
    assert data_directory("file:///srv/lake") == Path("/srv/lake")
    (tmp_path / "own" / "lake").mkdir(parents=True)
    with pytest.raises(UsageError, match="a harvest of its own"):
        data_directory("s3://a/b", "own")


def test_a_bucket_that_does_not_exist_is_named_and_leaves_nothing(
    s3: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    layout = Layout(data_directory("s3://no-such-bucket/x"))
    with pytest.raises(LocalError, match=r"s3://no-such-bucket/x.*bucket does not exist"):
        layout.require()
    assert list(tmp_path.iterdir()) == []
