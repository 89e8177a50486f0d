"""The oddities of the real Hub, each as a client meets it."""

import hashlib
from typing import Any

import pytest

from samplehub import FAULTS, Fault, parse_fault
from samplehub.oddities import (
    EmptySiblings,
    ExpiredToken,
    IgnoredBlobs,
    LateRefusal,
    LfsNotCached,
    StaleCommit,
    StaleListing,
    TruncatedSiblings,
)

from .test_faults import Bench

LISTING = "/api/models?sort=createdAt&direction=1&limit=40&expand=sha&expand=siblings"
TOKEN = {"Authorization": "Bearer hf_x"}


def row(bench: Bench) -> Any:
    """The listing's row of the bench's model."""
    return next(row for row in bench.get(LISTING).json if row["id"] == bench.model.facts.repo_id)


def tree(bench: Bench) -> set[str]:
    return {entry["path"] for entry in bench.get(f"{bench.info}/tree/main?recursive=true").json if "lfs" in entry}


def test_empty_siblings_are_empty_everywhere_but_in_the_tree() -> None:
    with Bench(EmptySiblings()) as bench:
        assert row(bench)["siblings"] == []
        for target in (bench.info, f"{bench.pinned}?blobs=true", f"{bench.info}?expand=siblings"):
            assert bench.get(target).json["siblings"] == []
        assert tree(bench)


def test_a_repo_is_struck_whenever_it_is_asked_about() -> None:
    with Bench(EmptySiblings(rate=0.5)) as bench:
        rows = bench.get(LISTING).json
        empty = {row["id"] for row in rows if not row["siblings"]}
        assert 0 < len(empty) < len(rows)
        for row in rows:
            siblings = bench.get(f"/api/models/{row['id']}/revision/{row['sha']}?blobs=true").json["siblings"]
            assert (siblings == []) == (row["id"] in empty)


def test_truncated_siblings_break_off_where_the_listing_does_not() -> None:
    with Bench(TruncatedSiblings()) as bench:
        whole = row(bench)["siblings"]
        cut = bench.get(f"{bench.pinned}?expand=siblings").json["siblings"]
        assert cut == whole[: len(cut)]
        assert 0 < len(cut) < len(whole)


def test_ignored_blobs_give_names_only() -> None:
    with Bench(IgnoredBlobs()) as bench:
        siblings = bench.get(f"{bench.pinned}?blobs=true").json["siblings"]
        assert siblings == row(bench)["siblings"]


def test_the_files_of_a_stale_commit_are_gone() -> None:
    with Bench(StaleCommit()) as bench:
        assert row(bench)["sha"] == bench.get(bench.info).json["sha"] == bench.model.head.oid
        assert bench.get(f"{bench.pinned}?blobs=true").status == 200
        for target in (bench.document, bench.resolve, f"/{bench.model.facts.repo_id}/raw/main/config.json"):
            got = bench.get(target)
            assert (got.status, got.headers["x-error-code"]) == (404, "EntryNotFound")
            assert "ratelimit" in got.headers


def test_a_stale_listing_names_a_commit_that_the_model_does_not() -> None:
    with Bench(StaleListing()) as bench:
        gone, now = row(bench)["sha"], bench.model.head.oid
        assert gone != now
        assert bench.get(bench.info).json["sha"] == now
        assert bench.get(f"{bench.info}/revision/{gone}").headers["x-error-code"] == "RevisionNotFound"
        for target in (bench.document, bench.resolve):
            assert bench.get(target.replace(now, gone)).headers["x-error-code"] == "EntryNotFound"
            assert bench.get(target).status in (200, 307)


def lfs_by_one_hop(bench: Bench) -> str:
    path = next(file.path for file in bench.model.head.tree.files.values() if file.sha256)
    return bench.document.replace("config.json", path)


def test_the_one_hop_route_may_give_pointer_text() -> None:
    with Bench(parse_fault("pointer-text")) as bench:
        got = bench.get(lfs_by_one_hop(bench))
        file = next(file for file in bench.model.head.tree.files.values() if file.sha256)
        assert (got.status, got.body) == (200, file.pointer)
        oid = hashlib.sha1(b"blob %d\0" % len(got.body) + got.body, usedforsecurity=False).hexdigest()
        assert got.headers["etag"] == f'"{oid}"'
        assert bench.get(bench.document).body == bench.model.head.tree.files["config.json"].read()


@pytest.mark.parametrize("status", [400, 404])
def test_the_one_hop_route_may_know_no_lfs_files(status: int) -> None:
    with Bench(LfsNotCached(status=status)) as bench:
        got = bench.get(lfs_by_one_hop(bench))
        assert got.status == status
        assert "x-error-code" not in got.headers
        assert bench.get(bench.document).status == 200


def test_a_mirror_may_say_that_no_repo_is_there() -> None:
    with Bench(parse_fault("one-hop-unknown-repo")) as bench:
        assert bench.get(bench.document).headers["x-error-code"] == "RepoNotFound"
        assert bench.get(bench.get(bench.resolve).headers["location"]).status == 200
        assert bench.get(bench.info).status == 200


def test_a_token_expires_after_a_while_and_stays_so() -> None:
    with Bench(ExpiredToken(after=2)) as bench:
        answers = [bench.get(bench.info, **TOKEN) for _ in range(4)]
        assert [got.status for got in answers] == [200, 200, 401, 401]
        assert answers[2].json == {"error": 'User Access Token "census" is expired'}
        assert "x-error-code" not in answers[2].headers
        assert bench.get(bench.info).status == 200


def test_a_token_expires_for_good_at_the_first_lot() -> None:
    with Bench(ExpiredToken(rate=0.2)) as bench:
        statuses = [bench.get(bench.info, **TOKEN).status for _ in range(60)]
        assert statuses == sorted(statuses)
        assert set(statuses) == {200, 401}


def test_the_edges_errors_have_no_ratelimit() -> None:
    with Bench(parse_fault("edge-error")) as bench:
        answers = [bench.get(f"{bench.info}?{n}") for n in range(30)]
        assert {got.status for got in answers} == {502, 503, 504}
        assert not any("ratelimit" in got.headers for got in answers)


def test_limits_out_of_a_cache_speak_of_another_moment() -> None:
    with Bench(parse_fault("cached-limits")) as bench:
        got = bench.get(bench.info)
        assert (got.status, got.headers["age"], got.headers["ratelimit"]) == (200, "29", '"api";r=0;t=299')


def test_what_is_refused_may_time_out_first() -> None:
    with Bench(LateRefusal()) as bench:
        statuses = [bench.get(f"{LISTING}&expand=usedStorage").status for _ in range(5)]
        assert statuses == [504, 504, 504, 400, 400]
        assert bench.get(LISTING).status == 200


@pytest.mark.parametrize(
    ("fault", "ending"),
    [("older-refusal", "xetEnabled]"), ("echoed-refusal", 'got "usedStorage"'), ("bare-refusal", "expand parameter")],
)
def test_a_refusal_comes_in_other_words(fault: str, ending: str) -> None:
    with Bench(parse_fault(fault)) as bench:
        got = bench.get(f"{LISTING}&expand=usedStorage")
        assert got.status == 400
        assert got.json["error"].endswith(ending)
        assert bench.get(f"{bench.info}?expand=usedStorage").status == 200


def test_a_field_may_be_refused_everywhere() -> None:
    with Bench(parse_fault("refuse-base-models")) as bench:
        for target in (f"{LISTING}&expand=baseModels", f"{bench.info}?expand=baseModels"):
            got = bench.get(target)
            assert got.status == 400
            assert '"baseModels"' not in got.json["error"]
            assert '"author"' in got.json["error"]


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_no_fault_breaks_the_hub_itself(name: str) -> None:
    fault: Fault = parse_fault(name)
    if name in ("hang", "drop", "truncate", "latency"):
        pytest.skip("ends the connection, or only waits")
    with Bench(fault) as bench:
        for target in (LISTING, f"{bench.pinned}?blobs=true", bench.document, bench.resolve, f"{LISTING}&expand=x"):
            assert bench.get(target, **TOKEN).status != 500 or name == "server-error"
