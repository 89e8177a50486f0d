"""What a check sends, finds and returns: requests, exit codes, models that moved."""

import json
import shutil
from pathlib import Path

import pytest

import harvester.lock
from samplehub import QUOTAS, SampleHub, Token
from tests.lock.support import CONFIG, FILES, NAME, Refuse, begin, check, command, kinds, lock, step
from tests.support import Shelf, run, serving


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "hub")
    begin(shelf)
    return shelf


@pytest.fixture
def path(shelf: Shelf, tmp_path: Path) -> Path:
    lock(shelf, tmp_path / "models.lock", NAME)
    return tmp_path / "models.lock"


def checked(hub: SampleHub | str, path: Path, *options: str) -> tuple[int, str, str]:
    done = command("check", path, "--hub", hub if isinstance(hub, str) else hub.url, *options)
    return done.code, done.out, done.err


def test_an_unchanged_model_takes_one_request_and_many_of_one_author_one_page(tmp_path: Path) -> None:
    """200 models: 150 of one author, 50 of an author each, within one anonymous window of 500."""
    shelf = Shelf(tmp_path / "hub")
    names = [f"many/m{n:03}" for n in range(150)] + [f"author{n:02}/model" for n in range(50)]
    for name in names:
        shelf.put(name, {"config.json": FILES["config.json"], "model.safetensors": b"w"})
    with serving(shelf.world()) as hub:
        done = command("lock", *names, "--hub", hub.url, "--output", tmp_path / "models.lock")
        assert done.code == 0, done.err
        locking = len(hub.log)
    assert locking <= 2 * len(names)
    with serving(shelf.world(), quota=QUOTAS["anonymous"]) as hub:
        assert harvester.lock.check(tmp_path / "models.lock", hub=hub.url) == []
        assert len(hub.log) == hub.count(bucket="api", status=200) == 1 + 50
    step_of_one = "many/m007"
    shelf.put(step_of_one, {"config.json": FILES["config.json"], "model.safetensors": b"other"})
    with serving(shelf.world(), quota=QUOTAS["anonymous"]) as hub:
        findings = harvester.lock.check(tmp_path / "models.lock", hub=hub.url)
        # The page, the 50, the model that changed, and its commits.
        assert len(hub.log) == 1 + 50 + 2
    assert {finding.model for finding in findings} == {step_of_one}


def test_the_exit_code_says_whether_something_matters(shelf: Shelf, path: Path) -> None:
    with serving(shelf.world()) as hub:
        assert checked(hub, path) == (0, "1 model checked: 0 changed, 0 findings that matter\n", "")
    step(shelf, {"README.md": "---\nlicense: mit\ntags:\n- a\n---\nOther words.\n"})
    with serving(shelf.world()) as hub:
        code, out, _ = checked(hub, path)
        assert (code, "only the card changed" in out) == (0, True)
        assert checked(hub, path, "--fail-on", "card")[0] == 1
    step(shelf, {"model.safetensors": b"other"})
    with serving(shelf.world()) as hub:
        assert checked(hub, path)[0] == 1
        assert checked(hub, path, "--fail-on", "labels,license,gone")[0] == 0
        code, _, errors = checked(hub, path, "--fail-on", "labls")
    assert code == 2
    assert "'labls' is none of them" in errors


PLAIN = {"config.json": FILES["config.json"], "model.safetensors": b"w"}
#: Of one author, so that a listing shows them: what happens, and the classes it has.
FATES = {
    "org/gated": {"gated"}, "org/open": {"open"}, "org/disabled": {"disabled"}, "org/gone": {"gone"},
    "org/taken": {"replaced"}, "org/led-away": {"renamed", "replaced"}, "org/hand": {"gated"}, "org/same": set(),
    # In a folder world another name makes another first commit.
    "org/renamed": {"renamed", "rewritten"}, "alone/flagged": {"unsafe"},
}  # fmt: skip


def test_what_happens_to_a_repository_is_found(tmp_path: Path) -> None:
    shelf, path = Shelf(tmp_path / "hub"), tmp_path / "models.lock"
    for name in FATES:
        shelf.put(name, PLAIN, gated={"org/open": "manual", "org/hand": "auto"}.get(name, False))
    shelf.put("other/one", PLAIN)
    lock(shelf, path, *FATES)
    shelf.say("org/gated", gated="auto")
    shelf.say("org/open", gated=False)
    shelf.say("org/hand", gated="manual")
    shelf.say("org/disabled", disabled=True)
    shelf.say("alone/flagged", unsafe_files=[["model.safetensors", "unsafe"]])
    shelf.remove("org/gone")
    shelf.rename("org/renamed", "elsewhere/renamed")
    shelf.say("org/taken", hub_id="6" * 24)
    shelf.remove("org/led-away")
    shelf.moved["org/led-away"] = "other/one"
    with serving(shelf.world()) as hub:
        findings = harvester.lock.check(path, hub=hub.url)
        # The page; the eight that it does not show as unchanged, two of them through a redirect; commits of one.
        assert len(hub.log) <= 1 + 8 + 2 + 3
        code, out, _ = checked(hub, path, "--format", "json")
        report = json.loads(out)
        update = command("update", "--lock", path, "--hub", hub.url, "--yes")
        again = harvester.lock.check(path, hub=hub.url)
    found = kinds(findings)
    assert {name: set(found.get(name, ())) for name in FATES} == FATES
    assert (code, report["checked"], report["unchecked"]) == (1, len(FATES), [])
    names = {one.old: one.new for finding in findings for one in finding.differences if one.field == "name"}
    assert names == {"org/renamed": "elsewhere/renamed", "org/led-away": "other/one"}
    # All but the one that is gone can be moved, under their new names.
    assert update.code == 1
    assert kinds(again) == {"org/gone": ["gone"]}
    assert 'models."elsewhere/renamed"' in path.read_text()
    assert 'models."org/renamed"' not in path.read_text()


def test_a_hub_that_cannot_be_asked_is_never_green(shelf: Shelf, path: Path) -> None:
    text = path.read_text()
    entry = text[text.index("[models") :]
    many = path.with_name("many.lock")
    many.write_text(text + "\n" + "\n".join(entry.replace(NAME, f"org{n}/model") for n in range(30)))
    code, out, errors = checked("http://127.0.0.1:9", many)
    assert (code, out) == (3, "")
    assert "cannot reach the Hub" in errors
    token = Token("hf_good", granted=("*",))
    with serving(shelf.world(), tokens=[token]) as hub:
        done = run("check", path, "--hub", hub.url, HF_TOKEN="hf_bad", HF_HUB_DISABLE_IMPLICIT_TOKEN="0")
    assert (done.returncode, done.stdout) == (3, "")
    assert "refuses the token" in done.stderr
    assert "hf_bad" not in done.stderr


def test_models_that_could_not_be_read_are_reported_and_end_with_3(shelf: Shelf, tmp_path: Path) -> None:
    begin(shelf, name="two/model")
    path = tmp_path / "two.lock"
    lock(shelf, path, NAME, "two/model")
    broken = Refuse(path="two/model")
    with serving(shelf.world(), faults=[broken]) as hub:
        findings = harvester.lock.check(path, hub=hub.url)
        code, out, _ = checked(hub, path)
    assert kinds(findings) == {"two/model": ["unchecked"]}
    assert code == 3
    assert out.endswith("1 model checked: 0 changed, 0 findings that matter; 1 could not be checked\n")
    step(shelf, {"model.safetensors": b"other"})
    with serving(shelf.world(), faults=[Refuse(path="two/model")]) as hub:
        # A finding that matters stays one, whatever else could not be read.
        assert checked(hub, path)[0] == 1


def test_a_change_that_cannot_be_compared_is_not_taken_for_none(shelf: Shelf, path: Path) -> None:
    step(shelf, {"config.json": {**CONFIG, "hidden_size": 65}})
    with serving(shelf.world(), faults=[Refuse(path="config.json")]) as hub:
        findings = harvester.lock.check(path, hub=hub.url)
    assert kinds(findings) == {NAME: ["unchecked"]}


def test_a_gated_model_is_checked_by_its_digests(tmp_path: Path) -> None:
    shelf, path = Shelf(tmp_path / "hub"), tmp_path / "models.lock"
    shelf.put(NAME, FILES, revision="v0", gated="manual")
    lock(shelf, path, NAME)
    text = path.read_text()
    assert '"config.json" = "gated"' in text
    step(shelf, {"config.json": {**CONFIG, "hidden_size": 65}, "model.safetensors": b"x"}, gated="manual")
    assert kinds(check(shelf, path)) == {NAME: ["weights", "config"]}


def test_a_rewritten_history_is_found(shelf: Shelf, path: Path) -> None:
    for folder in (shelf.root / "org").glob("model@*"):
        shutil.rmtree(folder)
    shelf.put(NAME, {**FILES, "config.json": {**CONFIG, "id2label": {"0": "A", "1": "B"}}}, revision="v9")
    findings = {finding.kind: finding for finding in check(shelf, path)}
    # The document at the locked commit is gone, so its labels are those of the lock.
    assert set(findings) == {"rewritten", "labels"}
    assert "is no longer in the history" in findings["rewritten"].message
    rows = [(one.field, one.old, one.new) for one in findings["labels"].differences]
    assert rows == [("0", "NEGATIVE", "A"), ("1", "POSITIVE", "B")]


def test_what_announces_a_change_is_beside_it(shelf: Shelf, path: Path) -> None:
    card = "---\nlicense: mit\ntags:\n- b\nnew_version: org/next\n---\n# A model\nRetrained.\n"
    step(shelf, {"model.safetensors": b"second"})
    step(shelf, {"model.safetensors": b"third", "README.md": card})
    (finding,) = check(shelf, path)
    assert (finding.kind, finding.announced_by) == ("weights", ("card_body", "tag", "new_version"))
    assert [commit.title for commit in finding.commits] == ["Upload model@v2", "Upload model@v1"]
    assert finding.commits_known


def test_a_model_locked_at_a_tag_or_a_commit_is_compared_with_main(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "tag.lock"
    first = shelf.sha(NAME)
    step(shelf, {"model.safetensors": b"second"})
    lock(shelf, path, f"{NAME}@v0")
    assert f'commit = "{first}"' in path.read_text()
    assert kinds(check(shelf, path)) == {NAME: ["weights"]}
    with serving(shelf.world()) as hub:
        moved = command("update", NAME, "--to", "v1", "--lock", path, "--hub", hub.url, "--yes")
        assert moved.code == 0, moved.err
        assert "only the weights changed" in moved.out
        assert "revision" not in path.read_text()
        assert harvester.lock.check(path, hub=hub.url) == []
        back = command("update", NAME, "--to", first[:12], "--lock", path, "--hub", hub.url, "--yes")
        assert back.code == 0, back.err
        assert [one.kind for one in harvester.lock.check(path, hub=hub.url)] == ["weights"]
        branch = tmp_path / "branch.lock"
        branch.write_text(path.read_text().replace("locked_at", 'revision = "v0"\nlocked_at'))
        assert harvester.lock.check(branch, hub=hub.url) == []
        unknown = command("update", NAME, "--to", "v7", "--lock", path, "--hub", hub.url, "--yes")
    assert unknown.code == 1
    assert "revision v7 no longer exists" in unknown.out


def test_update_asks_and_says_what_it_would_move(shelf: Shelf, path: Path) -> None:
    before = path.read_text()
    step(shelf, {"config.json": {**CONFIG, "max_position_embeddings": 1024}})
    with serving(shelf.world()) as hub:
        refused = command("update", "--lock", path, "--hub", hub.url)
        assert refused.code == 2
        assert "confirm with --yes" in refused.err
        assert "max_position_embeddings: 512 -> 1024" in refused.out
        assert path.read_text() == before
        done = command("update", NAME, "--lock", path, "--hub", hub.url, "--yes")
        assert done.code == 0, done.err
        assert harvester.lock.check(path, hub=hub.url) == []
        assert command("update", "--lock", path, "--hub", hub.url).out.endswith("nothing to move\n")
    changed = [line for line in path.read_text().splitlines() if line not in before.splitlines()]
    keys = {line.partition(" = ")[0] for line in changed}
    # Within one second the time stays the same.
    assert keys - {"locked_at"} == {"commit", "context_length", '"config.json"'}


def test_one_lock_has_one_text(shelf: Shelf, tmp_path: Path) -> None:
    for name in ("zeta/b", "Alpha/a"):
        begin(shelf, name=name)
    one, other = tmp_path / "one.lock", tmp_path / "other.lock"
    lock(shelf, one, "zeta/b", NAME, "Alpha/a")
    lock(shelf, other, NAME)
    lock(shelf, other, "Alpha/a", "zeta/b")
    without = [[line for line in path.read_text().splitlines() if "locked_at" not in line] for path in (one, other)]
    assert without[0] == without[1]
    assert one.read_text().index("Alpha/a") < one.read_text().index(NAME) < one.read_text().index("zeta/b")


def test_the_order_of_a_set_of_modules_says_nothing(tmp_path: Path) -> None:
    shelf, path = Shelf(tmp_path / "hub"), tmp_path / "models.lock"
    adapter = {"peft_type": "LORA", "r": 8, "target_modules": ["q", "v"], "peft_version": "0.17.0"}
    begin(shelf, {"adapter_config.json": adapter})
    lock(shelf, path, NAME)
    step(shelf, {"adapter_config.json": {**adapter, "target_modules": ["v", "q"], "peft_version": "0.18.0"}})
    assert kinds(check(shelf, path)) == {NAME: ["noise"]}
    step(shelf, {"adapter_config.json": {**adapter, "target_modules": ["v", "k"]}})
    assert kinds(check(shelf, path)) == {NAME: ["architecture"]}


def test_an_exception_costs_one_model(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "two.lock"
    begin(shelf, name="two/model")
    lock(shelf, path, NAME, "two/model")
    step(shelf, {"config.json": {**CONFIG, "hidden_size": 65}})
    step(shelf, {"model.safetensors": b"x"}, "two/model")

    def broken(*_: object) -> None:
        raise ValueError("an error of ours")

    monkeypatch.setattr("harvester.lock.compare.document_changes", broken)
    findings = check(shelf, path)
    assert kinds(findings) == {NAME: ["unchecked"], "two/model": ["weights"]}
    assert "extractor error: ValueError: an error of ours" in findings[0].message
