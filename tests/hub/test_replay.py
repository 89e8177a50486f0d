"""Recorded answers of the real Hub through the real client: what each comes to."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from harvester.hub.commits import commits
from harvester.hub.documents import document
from harvester.hub.endpoints import ONE_HOP_REFUSALS, blob_oid, listing_page, model
from harvester.hub.fields import MANIFEST_FIELDS, SINGLE_FIELDS
from harvester.hub.ranges import RangedFile
from harvester.outcome import Got, Missed, Outcome

from .opened import opened
from .replay import Recorded, as_json, exchange, replaying, shared

GPT2 = "607a30d783dfa663caf39e06633721c8d4cfcd7e"


def block(name: str, number: int = 0) -> dict[str, str]:
    """The headers of one answer in a recorded text."""
    text = shared(f"recorded/{name}").read_text()
    found = [part for part in re.split(r"\n\s*\n", text) if re.search(r"^HTTP/2 ", part, re.M)][number]
    headers = dict(line.split(": ", 1) for line in found.splitlines() if re.match(r"[a-z-]+: ", line))
    return {key: value for key, value in headers.items() if key not in ("content-length", "date")}


@pytest.mark.parametrize(
    ("name", "repo_id", "gated", "disabled"),
    [
        ("openai-community--gpt2", "openai-community/gpt2", "false", False),
        ("TheBloke--Llama-2-7B-GGUF", "TheBloke/Llama-2-7B-GGUF", "false", False),
        ("meta-llama--Llama-3.1-8B.gated-manual", "meta-llama/Llama-3.1-8B", "manual", False),
        ("ykilcher--gpt-4chan.disabled-gated", "ykilcher/gpt-4chan", "manual", True),
    ],
)
def test_a_recorded_model_is_read(name: str, repo_id: str, gated: str, disabled: bool) -> None:
    path, answer = exchange(f"model-info.expand.{name}.json")
    body = json.loads(answer.body)
    with replaying({path: answer}) as url, opened(url) as hub:
        got = model(hub, repo_id, None, SINGLE_FIELDS, blobs=False)
    assert isinstance(got, Got)
    info = got.value.info
    assert (info.hub_id, info.repo_id, info.sha) == (body["_id"], repo_id, body.get("sha", info.sha))
    assert info.disabled is disabled
    assert info.gated in (gated, "auto")
    assert info.downloads == body["downloads"]


@pytest.mark.parametrize(
    ("redirect", "asked", "target"),
    [
        ("case-OpenAI-Community--GPT2", "OpenAI-Community/GPT2", "openai-community--gpt2"),
        ("meta-llama--Meta-Llama-3.1-8B", "meta-llama/Meta-Llama-3.1-8B", "meta-llama--Llama-3.1-8B.gated-manual"),
        (
            "runwayml--stable-diffusion-v1-5",
            "runwayml/stable-diffusion-v1-5",
            "stable-diffusion-v1-5--stable-diffusion-v1-5",
        ),
    ],
)
def test_a_recorded_redirect_is_a_rename(redirect: str, asked: str, target: str) -> None:
    answers = dict([exchange(f"model-info.redirect.{redirect}.307.json"), exchange(f"model-info.expand.{target}.json")])
    with replaying(answers) as url, opened(url) as hub:
        got = model(hub, asked, None, SINGLE_FIELDS, blobs=False)
    assert isinstance(got, Got)
    assert got.value.renamed_to == got.value.info.repo_id != asked
    assert got.attempts == 2


def test_the_recorded_refusal_of_a_missing_model_is_private_or_deleted() -> None:
    path, answer = exchange("model-info.not-found-anonymous.401.json")
    with replaying({path: answer}) as url, opened(url) as hub:
        got = model(hub, path.removeprefix("/api/models/"), None, SINGLE_FIELDS, blobs=False)
    assert isinstance(got, Missed)
    assert (got.outcome, got.status, got.error) == (
        Outcome.PRIVATE_OR_DELETED, 401, "Invalid username or password.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "outcome", "words"),
    [
        ("commits.gated-anonymous.meta-llama--Llama-3.1-8B.401.json", Outcome.GATED, "restricted"),
        ("commits.bad-revision.openai-community--gpt2.404.json", Outcome.ABSENT, "Invalid rev id"),
    ],
)
def test_recorded_refusals_of_commits(name: str, outcome: Outcome, words: str) -> None:
    path, answer = exchange(name)
    repo_id, _, revision = path.removeprefix("/api/models/").partition("/commits/")
    with replaying({path: answer}) as url, opened(url) as hub:
        got = commits(hub, repo_id, revision)
    assert isinstance(got, Missed)
    assert got.outcome is outcome
    assert words in got.error


def test_the_recorded_commit_is_read() -> None:
    path, answer = exchange("commits.limit1.openai-community--gpt2.json")
    last = Recorded(200, {**answer.headers, "link": ""}, answer.body)
    with replaying({path: last}) as url, opened(url) as hub:
        got = commits(hub, "openai-community/gpt2", "main")
    assert isinstance(got, Got)
    assert got.value.entries[0].commit == GPT2
    assert got.value.entries[0].authors == ("lysandre",)


def genuine_manifests() -> list[Path]:
    """Those that name files: an empty list is read again as a tree, which nobody recorded."""
    folder = Path(__file__).parents[2] / "../shared/real/2026-10/blobs"
    return [path for path in sorted(folder.glob("*.json")) if json.loads(path.read_bytes())["siblings"]]


@pytest.mark.parametrize("path", genuine_manifests(), ids=lambda path: path.stem)
def test_a_recorded_manifest_is_read_in_one_request(path: Path) -> None:
    body = json.loads(path.read_bytes())
    address = f"/api/models/{body['id']}/revision/{body['sha']}"
    with replaying({address: as_json(body)}) as url, opened(url) as hub:
        got = model(hub, body["id"], body["sha"], MANIFEST_FIELDS, blobs=True)
    assert isinstance(got, Got)
    assert got.attempts == 1
    found = {file.path: (file.size, file.sha256) for file in got.value.files}
    assert found == {
        one["rfilename"]: (one["size"], one["lfs"]["sha256"] if "lfs" in one else None) for one in body["siblings"]
    }


@pytest.mark.parametrize(
    "name",
    [
        "real/2026-10/lists/text-generation.trendingScore.json",
        "recorded/listing.expand-gguf-siblings.10rows.2026-08-07.json",
        "recorded/listing.expand-baseModels.rows.2026-10-01.json",
        "recorded/listing.plain.google-bert--bert-base-uncased.item.json",
    ],
)
def test_recorded_listing_rows_are_read(name: str) -> None:
    rows = json.loads(shared(name).read_bytes())
    with replaying({"/api/models": as_json(rows)}) as url, opened(url) as hub:
        page = listing_page(hub, "/api/models?limit=100")
    assert page.wrong == []
    assert [info.repo_id for info in page.models] == [row["id"] for row in rows]
    assert [info.trending_score for info in page.models] == [row.get("trendingScore") for row in rows]


def bert() -> tuple[bytes, str]:
    """A genuine document, and its id."""
    data = shared("recorded/config-json.google-bert--bert-base-uncased.json").read_bytes()
    return data, blob_oid(data)


def test_a_document_is_read_as_recorded_in_one_hop_or_two() -> None:
    data, oid = bert()
    recorded = "headers.resolve.chain.openai-community--gpt2.txt"
    first, second = block(recorded, 0), block(recorded, 1)
    theirs = first["x-linked-etag"].strip('"')
    first["location"] = first["location"].replace(theirs, oid)
    cached = f"/api/resolve-cache/models/openai-community/gpt2/{GPT2}/config.json"
    answers = {
        f"/openai-community/gpt2/resolve/{GPT2}/config.json": Recorded(307, first, b"Temporary Redirect."),
        cached: Recorded(200, {**second, "etag": f'"{oid}"'}, data),
    }
    with replaying(answers) as url, opened(url) as hub:
        one_hop = document(hub, "openai-community/gpt2", GPT2, "config.json", cap=10_000)
        hub.one_hop.refused = ONE_HOP_REFUSALS
        two_hops = document(hub, "openai-community/gpt2", GPT2, "config.json", cap=10_000)
    for got, requests in ((one_hop, 1), (two_hops, 2)):
        assert isinstance(got, Got)
        assert (got.value.data, got.value.oid, got.attempts) == (data, oid, requests)


def test_a_missing_file_is_absent_as_recorded() -> None:
    recorded = "headers.resolve.entry-not-found.Qwen--Qwen3.5-0.8B-Base.404.txt"
    answer = Recorded(404, block(recorded), b"Entry not found")
    sha = answer.headers["x-repo-commit"]
    path = f"/api/resolve-cache/models/Qwen/Qwen3.5-0.8B-Base/{sha}/model.safetensors"
    with replaying({path: answer}) as url, opened(url) as hub:
        got = document(hub, "Qwen/Qwen3.5-0.8B-Base", sha, "model.safetensors", cap=10_000)
    assert isinstance(got, Missed)
    assert (got.outcome, got.status) == (Outcome.ABSENT, 404)


def test_a_gated_file_is_gated_as_recorded() -> None:
    recorded = "headers.resolve.gated-anonymous.meta-llama--Llama-3.1-8B-Instruct.401.txt"
    headers = block(recorded)
    answer = Recorded(401, headers, headers["x-error-message"].encode())
    path = f"/api/resolve-cache/models/meta-llama/Llama-3.1-8B-Instruct/{GPT2}/config.json"
    with replaying({path: answer}) as url, opened(url) as hub:
        got = document(hub, "meta-llama/Llama-3.1-8B-Instruct", GPT2, "config.json", cap=10_000)
    assert isinstance(got, Missed)
    assert (got.outcome, got.status) == (Outcome.GATED, 401)
    assert "Please log in" in got.error


def test_weights_are_read_by_range_from_the_store_as_recorded() -> None:
    recorded = "headers.resolve.chain.openai-community--gpt2.txt"
    first, store = block(recorded, 2), block(recorded, 3)
    size, head = int(first["x-linked-size"]), bytes(range(100)) * 2
    with replaying({"/xet-bridge-us/1/2": Recorded(206, store, head)}) as elsewhere:
        first["location"] = f"{elsewhere}/xet-bridge-us/1/2?X-Xet-Cas-Uid=public&Signature=s"
        path = f"/openai-community/gpt2/resolve/{GPT2}/model.safetensors"
        with replaying({path: Recorded(302, first)}) as url, opened(url) as hub:
            file = RangedFile(hub, "openai-community/gpt2", GPT2, "model.safetensors")
            got = file.read(0, 99)
    assert isinstance(got, Got)
    assert got.value == head[:100]
    assert file.size == size


def test_recorded_limits_are_believed() -> None:
    _, answer = exchange("commits.limit1.openai-community--gpt2.json")
    with replaying({"/api/models": Recorded(200, answer.headers, b"[]")}) as url, opened(url) as hub:
        listing_page(hub, "/api/models?limit=1")
        window: Any = hub.transport.budget.window("api")
    assert (window.quota, window.remaining, window.length) == (500, 467, 300)
