"""The sample Hub's answers beside the recorded ones: the same fields in the same order, the same header forms."""

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from samplehub import QUOTAS, SampleHub, SimulatedWorld
from samplehub.world import Repo

from .helpers import Find, Get, Got, Recorded, ask

#: members of recorded answers that depend on the model
OPTIONAL = {
    "mask_token",
    "widgetData",
    "transformersInfo",
    "gguf",
    "safetensors",
    "inference",
    "pipeline_tag",
    "library_name",
}


def form(value: str) -> str:
    """A header's form: numbers and hashes replaced."""
    return re.sub(r"\d+", "N", re.sub(r"[0-9a-f]{24,64}", "H", value))


def assert_like(ours: Any, theirs: Any, where: str = "answer") -> None:
    """Equal JSON types at every place that both answers have."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in theirs.keys() & ours.keys() - {"cardData", "config"}:
            assert_like(ours[key], theirs[key], f"{where}.{key}")
    elif isinstance(theirs, list) and isinstance(ours, list):
        if theirs and ours:
            assert_like(ours[0], theirs[0], f"{where}[]")
    elif ours is not None and theirs is not None:
        assert type(ours) is type(theirs), where


def same_order(ours: list[str], theirs: list[str]) -> bool:
    return [key for key in ours if key in theirs] == [key for key in theirs if key in ours]


def limits(headers: dict[str, str]) -> tuple[str, str]:
    return form(headers["ratelimit"]), form(headers["ratelimit-policy"])


@pytest.fixture(scope="module")
def anonymous() -> Any:
    """A hub with the quotas of an anonymous caller, as the recordings were made."""
    with SampleHub(SimulatedWorld(300), quota=QUOTAS["anonymous"]) as hub:
        yield lambda target, **options: ask(hub.url, target, **options)


def test_a_listing_row_has_the_fields_of_the_recorded_one(get: Get, recorded: Recorded) -> None:
    (theirs,) = recorded("listing.plain.google-bert--bert-base-uncased.item.json")
    ours = next(row for row in get("/api/models?limit=100").json if row.keys() >= {"pipeline_tag", "library_name"})
    # the recording was retyped without createdAt
    assert set(ours) == {*theirs, "createdAt"}
    assert same_order(list(ours), list(theirs))
    assert_like(ours, theirs)


def test_the_whole_model_info_has_the_fields_of_the_recorded_one(get: Get, model: Repo, recorded: Recorded) -> None:
    theirs = recorded("model-info.full.google-bert--bert-base-uncased.json")
    ours = get(f"/api/models/{model.facts.repo_id}").json
    assert set(theirs) - OPTIONAL <= set(ours)
    assert set(ours) <= set(theirs)
    assert same_order(list(ours), list(theirs))
    assert_like(ours, theirs)
    assert set(ours["config"]) <= {"architectures", "model_type", "tokenizer_config"}


def test_a_gguf_repo_describes_one_file(get: Get, find: Find, recorded: Recorded) -> None:
    theirs = recorded("model-info.full.ggml-org--gemma-3-1b-it-GGUF.json")
    repo = find(lambda repo: repo.reading(repo.head).gguf and "config.json" not in repo.head.tree.files)
    ours = get(f"/api/models/{repo.facts.repo_id}").json
    assert list(ours["gguf"]) == list(theirs["gguf"])
    assert ours["config"] == theirs["config"] == {}
    assert_like(ours, theirs)


@pytest.mark.parametrize(
    "name", ["openai-community--gpt2", "TheBloke--Llama-2-7B-GGUF", "meta-llama--Llama-3.1-8B.gated-manual"]
)
def test_expand_gives_the_recorded_fields_in_the_recorded_order(
    get: Get, find: Find, repos: list[Repo], recorded: Recorded, name: str
) -> None:
    theirs = recorded(f"model-info.expand.{name}.json")
    gated = theirs["body"]["gated"]
    wanted = "baseModels" in theirs["body"]
    repo = next(
        repo
        for repo in repos
        if repo.facts.gated == gated and bool(repo.facts.base_models) == wanted and repo.facts.pipeline_tag
    )
    ours = get(f"/api/models/{repo.facts.repo_id}?{urlsplit(theirs['request']).query}").json
    assert list(ours) == list(theirs["body"])
    assert_like(ours, theirs["body"])
    if wanted:
        assert_like(ours["baseModels"]["models"][0], theirs["body"]["baseModels"]["models"][0])


def test_a_disabled_model_shows_what_the_recorded_one_shows(get: Get, repos: list[Repo], recorded: Recorded) -> None:
    theirs = recorded("model-info.expand.ykilcher--gpt-4chan.disabled-gated.json")
    repo = next(repo for repo in repos if repo.facts.disabled)
    ours = get(f"/api/models/{repo.facts.repo_id}?{urlsplit(theirs['request']).query}")
    assert ours.status == theirs["status"] == 200
    assert ours.json["disabled"] is theirs["body"]["disabled"] is True
    assert set(ours.json) - {"baseModels"} <= set(theirs["body"])


def test_siblings_with_blobs_have_the_recorded_members(get: Get, model: Repo, recorded: Recorded) -> None:
    theirs = recorded("model-info.blobs.mcpotato--42-eicar-street.json")["siblings"]
    ours = get(f"/api/models/{model.facts.repo_id}?blobs=true").json["siblings"]
    for large in (False, True):
        one = next(entry for entry in ours if ("lfs" in entry) == large)
        other = next(entry for entry in theirs if ("lfs" in entry) == large)
        assert set(one) == set(other)
        assert_like(one, other)


def test_the_security_status_has_the_recorded_members(get: Get, model: Repo, recorded: Recorded) -> None:
    theirs = recorded("model-info.securityStatus.mcpotato--42-eicar-street.fragment.json")["fragment"]
    ours = get(f"/api/models/{model.facts.repo_id}?securityStatus=true").json
    assert set(ours["securityRepoStatus"]) == set(theirs["securityRepoStatus"])


def test_tree_entries_have_the_recorded_members(get: Get, find: Find, recorded: Recorded) -> None:
    theirs = recorded("tree-and-siblings.openai-community--gpt2.fragments.json")["tree_entries"]
    repo = find(lambda repo: "onnx" in repo.head.tree.folders)
    entries = get(f"/api/models/{repo.facts.repo_id}/tree/main?recursive=true").json
    folder = next(entry for entry in entries if entry["type"] == "directory")
    small = next(entry for entry in entries if entry["path"] == "config.json")
    large = next(entry for entry in entries if "lfs" in entry)
    for ours, other in zip((folder, small, large), theirs, strict=True):
        assert list(ours) == list(other)
        assert_like(ours, other)


def test_expanded_tree_entries_have_the_recorded_members(get: Get, model: Repo, recorded: Recorded) -> None:
    theirs = recorded("tree.expand.google-bert--bert-base-uncased@dd4bc8b2.json")
    scans = recorded("tree.expand-recursive.wzshiming--gpt2.fragments.json")["securityFileStatus"]
    ours = {entry["path"]: entry for entry in get(f"/api/models/{model.facts.repo_id}/tree/main?expand=true").json}
    for path, other in (("config.json", theirs[1]), ("model.safetensors", theirs[2])):
        # the test these come from left the scans out
        assert set(ours[path]) == {*other, "securityFileStatus"}
        assert_like(ours[path], other)
        assert set(ours[path]["securityFileStatus"]) == set(scans[path])
        assert_like(ours[path]["securityFileStatus"], scans[path])


def test_commits_have_the_recorded_members_and_headers(anonymous: Get, find: Find, recorded: Recorded) -> None:
    theirs = recorded("commits.limit1.openai-community--gpt2.json")
    repo = find(lambda repo: len(repo.commits) > 1)
    ours = anonymous(f"/api/models/{repo.facts.repo_id}/commits/main?limit=1")
    assert list(ours.json[0]) == list(theirs["body"][0])
    assert_like(ours.json, theirs["body"])
    assert ours.headers["x-total-count"] == str(len(repo.commits))
    link = theirs["headers"]["link"].replace("openai-community/gpt2", repo.facts.repo_id)
    assert ours.headers["link"].partition("/api")[2] == link.partition("/api")[2]
    assert limits(ours.headers) == limits(theirs["headers"])


def test_refs_have_the_recorded_members(get: Get, model: Repo, recorded: Recorded) -> None:
    theirs = recorded("tree-and-siblings.openai-community--gpt2.fragments.json")["refs_include_prs_1"]
    ours = get(f"/api/models/{model.facts.repo_id}/refs?include_prs=1").json
    assert list(ours) == list(theirs)
    assert list(ours["branches"][0]) == list(theirs["branches"][0])
    assert "pullRequests" not in get(f"/api/models/{model.facts.repo_id}/refs").json


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("model-info.not-found-anonymous.401.json", "/api/models/nobody/nothing"),
        (
            "commits.bad-revision.openai-community--gpt2.404.json",
            "/api/models/{model}/commits/no-such-branch-x9?limit=1",
        ),
        ("commits.gated-anonymous.meta-llama--Llama-3.1-8B.401.json", "/api/models/{gated}/commits/main?limit=1"),
        ("organization-overview.not-found.404.json", "/api/organizations/repoing-spike-no-such-org-x9/overview"),
    ],
)
def test_a_refusal_is_the_recorded_one(
    anonymous: Get, repos: list[Repo], model: Repo, recorded: Recorded, name: str, target: str
) -> None:
    theirs = recorded(name)
    gated = next(repo.facts.repo_id for repo in repos if repo.facts.gated)
    ours = anonymous(target.format(model=model.facts.repo_id, gated=gated))
    assert ours.status == theirs["status"]
    named = json.loads(json.dumps(theirs).replace("meta-llama/Llama-3.1-8B", gated))
    assert ours.json == named["body"]
    for header in ("x-error-code", "x-error-message", "content-type"):
        assert ours.headers.get(header) == named["headers"].get(header)
    assert limits(ours.headers) == limits(theirs["headers"])


@pytest.mark.parametrize(
    "name",
    ["case-OpenAI-Community--GPT2", "meta-llama--Meta-Llama-3.1-8B", "runwayml--stable-diffusion-v1-5"],
)
def test_another_spelling_is_answered_with_the_recorded_redirect(
    anonymous: Get, model: Repo, recorded: Recorded, name: str
) -> None:
    theirs = recorded(f"model-info.redirect.{name}.307.json")
    ours = anonymous(f"/api/models/{model.facts.repo_id.upper()}")
    assert ours.status == theirs["status"] == 307
    assert ours.headers["location"] == f"/api/models/{model.facts.repo_id}"
    assert theirs["headers"]["location"].startswith("/api/models/")
    assert limits(ours.headers) == limits(theirs["headers"])


def block(text: str, number: int = 0) -> dict[str, str]:
    """The headers of a recorded block, lower-cased."""
    found = [part for part in re.split(r"\n\s*\n", text) if re.search(r"^HTTP/2 ", part, re.M)][number]
    return dict(line.split(": ", 1) for line in found.splitlines() if re.match(r"[a-z-]+: ", line))


def assert_headers(ours: Got, theirs: dict[str, str], names: str) -> None:
    for name in names.split():
        assert form(ours.headers[name]) == form(theirs[name]), name


def test_a_plain_file_is_redirected_as_recorded(anonymous: Get, model: Repo, recorded: Recorded) -> None:
    text = recorded("headers.resolve.small-file.Jackrong--Qwopus3.6-27B-v1-preview.README.307.txt")
    theirs = block(text)
    ours = anonymous(f"/{model.facts.repo_id}/resolve/main/README.md", method="HEAD")
    assert ours.status == 307
    names = "content-type ratelimit ratelimit-policy vary x-repo-commit accept-ranges content-disposition x-hub-cache"
    assert_headers(ours, theirs, f"{names} content-security-policy access-control-expose-headers")
    swapped = theirs["location"].replace("Jackrong%2FQwopus3.6-27B-v1-preview", model.facts.repo_id.replace("/", "%2F"))
    swapped = swapped.replace("Jackrong/Qwopus3.6-27B-v1-preview", model.facts.repo_id)
    assert form(ours.headers["location"]) == form(swapped)


def test_the_redirect_leads_to_the_recorded_second_hop(anonymous: Get, model: Repo, recorded: Recorded) -> None:
    text = recorded("headers.resolve.chain.openai-community--gpt2.txt")
    first = anonymous(f"/{model.facts.repo_id}/resolve/main/config.json", method="HEAD")
    assert form(first.headers["x-linked-etag"]) == form(block(text, 0)["x-linked-etag"])
    second = anonymous(first.headers["location"])
    assert second.status == 200
    assert_headers(second, block(text, 1), "etag x-repo-commit accept-ranges content-type")
    assert second.headers["etag"] == first.headers["x-linked-etag"]
    again = anonymous(first.headers["location"], If_None_Match=second.headers["etag"])
    assert (again.status, again.body) == (304, b"")


def test_an_lfs_file_is_redirected_as_recorded(anonymous: Get, model: Repo, recorded: Recorded) -> None:
    text = recorded("headers.resolve.chain.openai-community--gpt2.txt")
    theirs = block(text, 2)
    ours = anonymous(f"/{model.facts.repo_id}/resolve/main/model.safetensors", method="HEAD")
    assert ours.status == 302
    assert_headers(ours, theirs, "x-repo-commit x-linked-size x-linked-etag x-xet-hash accept-ranges cache-control")
    assert re.findall(r'rel="[^"]*"', ours.headers["link"]) == re.findall(r'rel="[^"]*"', theirs["link"])
    store = urlsplit(ours.headers["location"])
    assert store.netloc.startswith("localhost:")
    cdn = anonymous(f"{store.path}?{store.query}", Range="bytes=0-99")
    assert cdn.status == 206
    assert cdn.headers["content-range"] == f"bytes 0-99/{ours.headers['x-linked-size']}"
    assert cdn.headers["etag"] == f'"{ours.headers["x-xet-hash"]}"'
    assert "ratelimit" not in cdn.headers


def test_a_missing_file_is_refused_as_recorded(anonymous: Get, model: Repo, recorded: Recorded) -> None:
    theirs = block(recorded("headers.resolve.entry-not-found.Qwen--Qwen3.5-0.8B-Base.404.txt"))
    ours = anonymous(f"/{model.facts.repo_id}/resolve/main/nothing.bin")
    assert (ours.status, ours.body) == (404, b"Entry not found")
    names = "content-type content-length etag x-error-code x-error-message x-repo-commit accept-ranges x-hub-cache"
    assert_headers(ours, theirs, f"{names} ratelimit ratelimit-policy")
    assert ours.headers["etag"] == theirs["etag"]


def test_a_gated_file_is_refused_as_recorded(anonymous: Get, repos: list[Repo], recorded: Recorded) -> None:
    theirs = block(recorded("headers.resolve.gated-anonymous.meta-llama--Llama-3.1-8B-Instruct.401.txt"))
    gated = next(repo.facts.repo_id for repo in repos if repo.facts.gated)
    ours = anonymous(f"/{gated}/resolve/main/config.json")
    assert ours.status == 401
    told = theirs["x-error-message"].replace("meta-llama/Llama-3.1-8B-Instruct", gated)
    assert ours.body.decode() == ours.headers["x-error-message"] == told
    assert_headers(ours, theirs, "content-type x-error-code www-authenticate ratelimit ratelimit-policy")
    assert "x-repo-commit" not in ours.headers


def test_model_info_carries_the_recorded_headers(anonymous: Get, model: Repo, recorded: Recorded) -> None:
    theirs = block(recorded("headers.api-model-info.Qwen--Qwen3-235B-A22B.200.txt"))
    ours = anonymous(f"/api/models/{model.facts.repo_id}")
    assert_headers(ours, theirs, "content-type ratelimit ratelimit-policy vary access-control-expose-headers")
    assert re.fullmatch(r'W/"[0-9a-f]+-[A-Za-z0-9+/]{27}"', ours.headers["etag"])
    assert re.fullmatch(r'W/"[0-9a-f]+-[A-Za-z0-9+/]{27}"', theirs["etag"])
    assert re.match(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}$", ours.headers["x-request-id"])


@pytest.mark.parametrize(
    ("query", "decoded"),
    [
        (
            "limit=2",
            '{"$or":[{"trendingScore":0,"_id":{"$gt":""}},{"trendingScore":{"$lt":0}},{"trendingScore":null}]}',
        ),
        ("sort=createdAt&direction=-1&limit=2", '{"_id":{"$lt":""}}'),
        ("sort=createdAt&direction=1&limit=2", '{"_id":{"$gt":""}}'),
    ],
)
def test_a_cursor_decodes_to_the_recorded_predicate(get: Get, recorded: Recorded, query: str, decoded: str) -> None:
    link = get(f"/api/models?{query}").headers["link"]
    url = re.fullmatch(r'<(http://127\.0\.0\.1:\d+/api/models\?.*)>; rel="next"', link)
    assert url is not None
    assert url[1].partition("?")[2].startswith(query + "&cursor=")
    (cursor,) = parse_qs(urlsplit(url[1]).query)["cursor"]
    ours = base64.b64decode(cursor).decode()
    shape = re.sub(r'"[0-9a-f]{24}"', '""', re.sub(r'(":)-?\d+', r"\g<1>0", ours))
    assert shape == decoded
    if "$gt" not in decoded or "direction" not in query:
        seen = [unquote(line) for line in recorded("link-headers-and-cursors.txt").splitlines() if "decodes to" in line]
        shapes = {
            re.sub(r'"[0-9a-f]{24}"', '""', re.sub(r'(":)-?\d+', r"\g<1>0", line.partition(": ")[2])) for line in seen
        }
        assert shape in shapes


def test_the_429_says_what_the_recorded_one_says(recorded: Recorded) -> None:
    text = recorded("ratelimit-headers-and-429-texts.txt")
    (line,) = {line for line in text.splitlines() if line.startswith("We had to rate limit you")}
    from samplehub.quota import Spent

    assert Spent("api", 1000, 0, 76, 300.0, True).refusal == line
    assert '"api";r=0;t=76' in Spent("api", 1000, 0, 76, 300.0, True).headers()[0]
