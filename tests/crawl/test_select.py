"""Which models: flags that choose, flags that contradict each other, id files with mistakes."""

from pathlib import Path

import click
import pytest

from harvester.cli import cli
from harvester.commands.dry_run import Estimate
from harvester.crawl.depths import DEPTHS, NAMES, scopes
from harvester.crawl.select import RequestedModel, Selection, parse_ids, read_ids
from harvester.errors import UsageError


@pytest.mark.parametrize(
    "selection",
    [
        Selection(all=True),
        Selection(author="org"),
        Selection(tags=("gguf",)),
        Selection(limit=1),
        Selection(sort="downloads", limit=10, library="timm"),
        Selection(ids=(RequestedModel("org/m"),)),
    ],
)
def test_a_selection_that_chooses_is_taken(selection: Selection) -> None:
    selection.check()


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(), "no models selected"),
        (Selection(sort="downloads"), "no models selected"),
        (Selection(author="org", sort="downloads"), "--sort needs --limit"),
        (Selection(all=True, sort="downloads"), "--all selects the whole Hub"),
        (Selection(all=True, limit=5), "--all selects the whole Hub"),
        (Selection(all=True, author="org"), "--all selects the whole Hub"),
        (Selection(all=True, tags=("gguf",)), "--all selects the whole Hub"),
        (Selection(all=True, ids=(RequestedModel("org/m"),)), "cannot be combined"),
        (Selection(author="org/m"), "--author takes a user"),
        (Selection(limit=0), "at least 1"),
        (Selection(limit=-3), "at least 1"),
        (Selection(ids=()), "id file is empty"),
        (Selection(ids=(RequestedModel("org/m"),), author="org"), "cannot be combined"),
        (Selection(ids=(RequestedModel("org/m"),), limit=3), "cannot be combined"),
    ],
)
def test_a_selection_that_does_not_is_wrong_usage(selection: Selection, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        selection.check()


def test_the_same_flags_in_another_order_are_the_same_selection() -> None:
    one = Selection(author="org", tags=("b", "a", "a"))
    assert one.selection_id == Selection(tags=("a", "b"), author="org").selection_id
    assert one.selection_id != Selection(author="org", tags=("a",)).selection_id
    assert len(one.selection_id) == 16


def test_an_id_file_is_known_by_its_models_whatever_their_order() -> None:
    models = (RequestedModel("org/a"), RequestedModel("org/b", "main"))
    one, other = Selection(ids=models), Selection(ids=models[::-1])
    assert one.selection_id == other.selection_id
    assert one.selection_id != Selection(ids=models[:1]).selection_id
    assert one.flags["ids"] == 2


def test_the_whole_hub_says_so_in_its_flags() -> None:
    assert Selection(all=True).flags == {"all": True}


@pytest.mark.parametrize(
    ("selection", "parameters"),
    [
        (Selection(all=True), [("sort", "createdAt"), ("direction", "1")]),
        (Selection(limit=5), [("sort", "createdAt"), ("direction", "1")]),
        (Selection(sort="modified", limit=5), [("sort", "lastModified"), ("direction", "-1")]),
        (
            Selection(author="org", task="fill-mask", library="timm", tags=("en", "x"), search="s"),
            [
                ("author", "org"), ("pipeline_tag", "fill-mask"), ("filter", "timm"), ("filter", "en"), ("filter", "x"),
                ("search", "s"), ("sort", "createdAt"), ("direction", "1"),
            ],
        ),
    ],
)  # fmt: skip
def test_what_is_requested_from_the_hub(selection: Selection, parameters: list[tuple[str, str]]) -> None:
    assert selection.parameters() == parameters


@pytest.mark.parametrize(
    ("selection", "whole", "ordered"),
    [
        (Selection(all=True), True, False),
        (Selection(author="org"), True, False),
        (Selection(limit=5), False, False),
        (Selection(sort="likes", limit=5), False, True),
        (Selection(ids=(RequestedModel("org/m"),)), False, True),
    ],
)
def test_only_a_whole_selection_shows_what_is_gone(selection: Selection, whole: bool, ordered: bool) -> None:
    assert (selection.whole, selection.ordered) == (whole, ordered)


def test_an_id_file_has_names_revisions_comments_and_links(tmp_path: Path) -> None:
    path = tmp_path / "ids.txt"
    path.write_text(
        "\ufefforg/model\n# a comment\n\n  org/other@refs/pr/1   # why\ngpt2\nhttps://huggingface.co/a/b\norg/model\n"
        "org/model@v1.0\n",
        encoding="utf-8",
    )
    assert read_ids(str(path)) == (
        RequestedModel("org/model"),
        RequestedModel("org/other", "refs/pr/1"),
        RequestedModel("gpt2"),
        RequestedModel("a/b"),
        RequestedModel("org/model", "v1.0"),
    )


@pytest.mark.parametrize(
    "line",
    ["a/b/c", "a b", "org/", "/m", "org/m@", "org/m@a b", "../../etc", "org/m?x=1", "o" * 300, "org/\u202e", "a\0b"],
)
def test_a_line_that_is_no_model_is_named(line: str) -> None:
    with pytest.raises(UsageError, match=r"ids\.txt, line 2"):
        parse_ids(["org/m", line], "ids.txt")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_ids(str(tmp_path / "none.txt"))
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot read the id file"):
        read_ids(str(tmp_path / "binary"))


def test_every_glob_is_completed_separately() -> None:
    assert scopes(["files", "configs"], ["*.txt", "a.json", "*.txt"]) == [
        "files", "configs", "documents:*.txt", "documents:a.json",
    ]  # fmt: skip


def test_help_readme_and_estimate_know_every_depth() -> None:
    command = cli.commands["harvest"]
    assert f"Any of {', '.join(NAMES)}:" in " ".join(
        command.get_help(click.Context(command, **command.context_settings)).split()
    )
    assert f"`--with {','.join(NAMES)}`" in (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert {depth.counted_as for depth in DEPTHS} - {""} <= set(Estimate.__struct_fields__)
