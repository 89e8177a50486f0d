"""What may happen to a model between two requests or two runs, and what the catalogue then says."""

from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from harvester.crawl.progress import Reporter
from harvester.errors import HubUnavailable
from samplehub import FAULTS, Fault, Token
from samplehub.messages import Reply, Request, repo_not_found
from tests.support import Shelf, config, harvest, ids, mapping, one, rows, serving

ENDS = "SELECT item || coalesce(':' || path, ''), outcome FROM fetches WHERE run_id = ? AND repo_id = ?"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {"config.json": config(1), "model.bin": b"one"}, downloads=9)
    shelf.put("org/b", {"config.json": config(2)}, downloads=8)
    return shelf


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@dataclass(kw_only=True)
class Vanished(Fault):
    """The repo is gone wherever its commit is named, though it was listed."""

    def instead(self, request: Request) -> Reply:
        return repo_not_found(authorized=False).reply(as_json=True)


def test_a_model_that_moved_is_read_at_its_new_commit_alone(shelf: Shelf, data: Path) -> None:
    with serving(shelf.world()) as hub:
        harvest(hub, data)
        before = len(hub.log)
        shelf.put("org/a", {"config.json": config(11), "model.bin": b"one"})
        hub.world = shelf.world()
        harvest(hub, data)
        sha = shelf.sha("org/a")
        assert len(hub.log) - before == 3
        assert hub.count(path=sha) == 2
    assert one(data, "SELECT sha, manifest_sha, config_sha, hidden_size FROM models WHERE repo_id = 'org/a'") == (
        sha, sha, sha, 11,
    )  # fmt: skip


def test_a_listing_alone_shows_that_files_and_configs_are_stale_and_blanks_nothing(shelf: Shelf, data: Path) -> None:
    facts = "SELECT sha, manifest_sha, config_sha, hidden_size, file_count FROM models WHERE repo_id = 'org/a'"
    with serving(shelf.world()) as hub:
        harvest(hub, data)
        old = shelf.sha("org/a")
        shelf.put("org/a", {"config.json": config(11)})
        hub.world = shelf.world()
        harvest(hub, data, depths=())
    assert one(data, facts) == (shelf.sha("org/a"), old, old, 1, 2)
    files = rows(data, "SELECT DISTINCT sha, source FROM files WHERE repo_id = 'org/a'")
    assert files == [(old, "manifest")]


def test_a_failure_never_replaces_a_success(shelf: Shelf, data: Path) -> None:
    with serving(shelf.world()) as hub:
        harvest(hub, data)
        old = shelf.sha("org/a")
        shelf.put("org/a", {"config.json": config(11)})
        hub.world = shelf.world()
        new = shelf.sha("org/a")
        hub.faults = (FAULTS["server-error"](path=new),)
        result = harvest(hub, data, attempts=1)
        assert result.record["failed"] > 0
        facts = "SELECT sha, manifest_sha, config_sha, hidden_size, config_status FROM models WHERE repo_id = 'org/a'"
        assert one(data, facts) == (new, old, old, 1, "ok")
        assert set(mapping(data, ENDS, result.run_id, "org/a").values()) == {"failed"}
        hub.faults = ()
        harvest(hub, data)
        assert one(data, facts) == (new, new, new, 11, "ok")


def test_a_document_of_wrong_bytes_is_not_used_and_requested_again_in_the_next_run(shelf: Shelf, data: Path) -> None:
    with serving(shelf.world(), faults=[FAULTS["wrong-bytes"](path=shelf.sha("org/a"))]) as hub:
        result = harvest(hub, data)
        assert result.record["failed"] == 1
        assert mapping(data, ENDS, result.run_id, "org/a") == {"manifest": "ok", "document:config.json": "mismatch"}
        assert rows(data, "SELECT repo_id, hidden_size FROM models ORDER BY 1") == [("org/a", None), ("org/b", 2)]
        assert rows(data, "SELECT count(*) FROM documents") == [(1,)]
        hub.faults = ()
        before = len(hub.log)
        assert harvest(hub, data).record["failed"] == 0
        assert len(hub.log) - before == 2
    assert one(data, "SELECT hidden_size FROM models WHERE repo_id = 'org/a'") == (1,)


def test_a_gate_is_tried_again_only_with_other_credentials(shelf: Shelf, data: Path) -> None:
    shelf.put("org/gated", {"config.json": config(3)}, gated="auto")
    with serving(shelf.world(), tokens=[Token("hf_none"), Token("hf_all", granted=("*",))]) as hub:
        first = harvest(hub, data)
        assert first.record["failed"] == 0
        before = len(hub.log)
        harvest(hub, data)
        assert len(hub.log) - before == 1
        harvest(hub, data, token="hf_none")
        assert len(hub.log) - before == 3
        harvest(hub, data, token="hf_all")
        assert len(hub.log) - before == 5
    assert one(data, "SELECT gated, hidden_size, config_status FROM models WHERE repo_id = 'org/gated'") == (
        "auto", 3, "ok",
    )  # fmt: skip
    assert mapping(data, ENDS, first.run_id, "org/gated") == {"manifest": "ok", "document:config.json": "gated"}


def test_no_token_is_in_anything_that_is_written(shelf: Shelf, data: Path) -> None:
    with serving(shelf.world(), faults=[FAULTS["drop"](path=shelf.sha("org/b"))]) as hub:
        harvest(hub, data, token="hf_very_secret", attempts=1)
    rows(data, "SELECT 1")
    for path in (path for path in data.rglob("*") if path.is_file()):
        assert b"hf_very_secret" not in path.read_bytes(), path


def test_a_refused_token_stops_at_once(shelf: Shelf, data: Path) -> None:
    with serving(shelf.world(), tokens=[Token("hf_good")]) as hub:
        with pytest.raises(HubUnavailable, match="refuses the token"):
            harvest(hub, data, token="hf_bad")
        assert len(hub.log) == 1


def test_a_private_model_is_seen_by_who_may(shelf: Shelf, data: Path) -> None:
    shelf.put("org/private", {"config.json": config(5)}, private=True)
    with serving(shelf.world(), tokens=[Token("hf_all", granted=("*",))]) as hub:
        assert harvest(hub, data).record["listed"] == 2
        harvest(hub, data, ids("org/private"), token="hf_all")
    assert one(data, "SELECT private, hidden_size FROM models WHERE repo_id = 'org/private'") == (True, 5)


def test_a_model_deleted_after_it_was_listed_is_reported_and_the_others_are_read(shelf: Shelf, data: Path) -> None:
    with serving(shelf.world(), faults=[Vanished(path=shelf.sha("org/a"))]) as hub:
        result = harvest(hub, data)
        assert hub.count(path=shelf.sha("org/a")) == 1
    assert mapping(data, ENDS, result.run_id, "org/a")["manifest"] == "private_or_deleted"
    assert result.record["failed"] == 0
    assert rows(data, "SELECT repo_id FROM models WHERE config_status = 'ok'") == [("org/b",)]


def test_a_commit_that_is_gone_is_listed_again_once_and_nothing_is_mixed(shelf: Shelf, data: Path) -> None:
    with serving(shelf.world()) as hub:
        old = shelf.sha("org/a")
        hub.faults = (GoneAndMoved(path=old, shelf=shelf, hub=hub),)
        result = harvest(hub, data)
        new = shelf.sha("org/a")
        assert new != old
    assert mapping(data, ENDS, result.run_id, "org/a") == {"manifest": "ok", "document:config.json": "ok"}
    assert one(data, "SELECT sha, manifest_sha, config_sha, hidden_size FROM models WHERE repo_id = 'org/a'") == (
        new, new, new, 77,
    )  # fmt: skip


@dataclass(kw_only=True)
class GoneAndMoved(Fault):
    """At the first request for the listed commit, the model moves to another one and the listed one is gone."""

    shelf: Shelf
    hub: object

    def instead(self, request: Request) -> Reply | None:
        from samplehub import SampleHub
        from samplehub.messages import revision_not_found

        assert isinstance(self.hub, SampleHub)
        if self.shelf.sha("org/a") in request.path:
            self.shelf.put("org/a", {"config.json": config(77)})
            self.hub.world = self.shelf.world()
        return revision_not_found(self.path).reply(as_json=True)


def test_a_renamed_model_keeps_its_id_and_costs_nothing(shelf: Shelf, data: Path) -> None:
    hub_id = shelf.put("org/a", {"config.json": config(1)})
    with serving(shelf.world()) as hub:
        harvest(hub, data)
        before = len(hub.log)
        shelf.rename("org/a", "neu/a")
        hub.world = shelf.world()
        harvest(hub, data)
        assert len(hub.log) - before <= 3
    assert one(data, "SELECT repo_id, author, hidden_size FROM models WHERE hub_id = ?", hub_id) == ("neu/a", "neu", 1)
    assert rows(data, "SELECT repo_id FROM names WHERE hub_id = ? ORDER BY last_seen, repo_id", hub_id) == [
        ("org/a",),
        ("neu/a",),
    ]
    assert rows(data, "SELECT DISTINCT repo_id FROM config_fields WHERE hub_id = ?", hub_id) == [("neu/a",)]


def test_models_named_in_a_file_are_read_whatever_became_of_them(shelf: Shelf, data: Path) -> None:
    shelf.put("org/old", {"config.json": config(6)})
    shelf.rename("org/old", "org/new")
    shelf.put("org/gated", {"config.json": config(7)}, gated="manual")
    selection = ids("org/a", "org/never", "org/old", "org/gated", "ORG/B")
    with serving(shelf.world()) as hub:
        result = harvest(hub, data, selection)
        assert hub.count(path="/api/models", status=401) == 1
        assert not any(served.path == "/api/models" for served in hub.log)
        # Found by name: one request each, and one more where a name leads elsewhere.
        assert hub.count(bucket="api") == 5 + 2
    manifests = "SELECT requested_id, outcome FROM fetches WHERE item = 'manifest' AND run_id = ?"
    assert mapping(data, manifests, result.run_id) == {
        "org/a": "ok", "org/never": "private_or_deleted", "org/old": "renamed", "org/gated": "ok", "ORG/B": "renamed",
    }  # fmt: skip
    assert rows(data, "SELECT repo_id, hidden_size, config_status FROM models ORDER BY repo_id") == [
        ("org/a", 1, "ok"), ("org/b", 2, "ok"), ("org/gated", None, "gated"), ("org/new", 6, "ok"),
    ]  # fmt: skip
    assert result.record["failed"] == 0


def test_a_name_that_now_belongs_to_another_model_is_replaced(shelf: Shelf, data: Path) -> None:
    first = shelf.put("org/a", {"config.json": config(1)})
    with serving(shelf.world()) as hub:
        harvest(hub, data)
        shelf.remove("org/a")
        shelf.moved["org/a"] = "org/b"
        hub.world = shelf.world()
        result = harvest(hub, data, ids("org/a"))
    assert mapping(
        data, "SELECT requested_id, outcome FROM fetches WHERE item = 'manifest' AND run_id = ?", result.run_id
    ) == {"org/a": "replaced"}
    assert one(data, "SELECT repo_id, hidden_size FROM models WHERE hub_id = ?", first) == ("org/a", 1)


def test_a_named_revision_is_read_at_that_revision(tmp_path: Path, data: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/m", {"config.json": config(1)}, revision="v1")
    shelf.put("org/m", {"config.json": config(2)})
    with serving(shelf.world()) as hub:
        harvest(hub, data, ids("org/m@v1"))
        head = shelf.sha("org/m")
        assert not hub.count(path=head)
    sha, size = one(data, "SELECT sha, hidden_size FROM models")
    assert (sha != head, size) == (True, 1)


def test_an_id_file_given_twice_requests_again_and_reads_no_document_twice(shelf: Shelf, data: Path) -> None:
    with serving(shelf.world()) as hub:
        harvest(hub, data, ids("org/a", "org/b"))
        assert (hub.count(bucket="api"), hub.count(bucket="resolvers")) == (2, 2)
        harvest(hub, data, ids("org/a", "org/b"))
        assert (hub.count(bucket="api"), hub.count(bucket="resolvers")) == (4, 2)


def test_a_run_that_lists_clearly_fewer_models_is_suspicious(tmp_path: Path, data: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    for n in range(10):
        shelf.put(f"org/m{n}", {})
    with serving(shelf.world()) as hub:
        first = harvest(hub, data, depths=())
        for n in range(5):
            shelf.remove(f"org/m{n}")
        hub.world = shelf.world()
        second = harvest(hub, data, depths=())
    told = "SELECT run_id, [listed, suspicious::INT, complete_listing::INT] FROM runs"
    assert mapping(data, told) == {first.run_id: [10, 0, 1], second.run_id: [5, 1, 0]}


def test_a_hub_that_ignores_the_direction_is_reported_and_lists_everything(shelf: Shelf, data: Path) -> None:
    said = StringIO()
    with serving(shelf.world(), faults=[FAULTS["ignore-direction"]()]) as hub:
        result = harvest(hub, data, depths=(), reporter=Reporter(stream=said))
    assert result.record["listed"] == 2
    assert "ignores direction=1" in said.getvalue()


def test_a_listing_page_that_takes_too_long_is_requested_smaller(shelf: Shelf, data: Path) -> None:
    with serving(shelf.world(), faults=[FAULTS["listing-timeout"](most=300)]) as hub:  # type: ignore[call-arg]
        result = harvest(hub, data, depths=(), attempts=1)
        assert hub.count(status=200) == 1
    assert result.record["listed"] == 2


def test_a_hub_that_is_down_for_a_while_loses_no_model(tmp_path: Path, data: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    for n in range(16):
        shelf.put(f"org/m{n}", {"config.json": config(n)})
    with serving(shelf.world(), faults=[FAULTS["down-for"](times=13, path="/revision/")]) as hub:
        result = harvest(hub, data, workers=8)
    assert result.record["failed"] == 0
    assert rows(data, "SELECT count(hidden_size) FROM models") == [(16,)]


@dataclass(kw_only=True)
class MadePrivate(Vanished):
    """The files of a model that became private after its manifest was read."""

    def concerns(self, request: Request) -> bool:
        return "org/refused" in request.path and "resolve" in request.path


@pytest.mark.parametrize(
    ("refusal", "faults"),
    [({"disabled": True}, []), ({"gated": "manual"}, []), ({}, [MadePrivate()])],
    ids=["disabled", "gated", "private_or_deleted"],
)
@pytest.mark.parametrize("first", ["org/refused", "org/open"])
def test_what_is_refused_but_public_elsewhere_is_shown_whatever_was_visited_first(
    shelf: Shelf, data: Path, refusal: dict[str, object], faults: list[Fault], first: str
) -> None:
    files = {"config.json": config(7), "README.md": "---\nlicense: mit\n---\n# A model of many\n"}
    shelf.put("org/refused", files, **refusal)
    shelf.put("org/open", files)
    second = ({"org/refused", "org/open"} - {first}).pop()
    with serving(shelf.world(), faults=faults) as hub:
        for repo_id in (first, second):
            harvest(hub, data, ids(repo_id), depths=("files", "configs", "cards"))
    assert mapping(data, "SELECT repo_id, hidden_size FROM models") == {"org/refused": 7, "org/open": 7}
    oids = mapping(data, "SELECT repo_id, oid FROM cards")
    assert oids["org/refused"] == oids["org/open"]


def test_a_page_of_a_proxy_in_place_of_the_hub_is_no_hub(shelf: Shelf, data: Path) -> None:
    with (
        serving(shelf.world(), faults=[FAULTS["html"]()]) as hub,
        pytest.raises(HubUnavailable, match="lists no models: not JSON"),
    ):
        harvest(hub, data)
