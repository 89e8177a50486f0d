"""Where answers may lead, and which URLs are the Hub's own."""

import pytest

from harvester.errors import UsageError
from harvester.hub.addresses import BadAddress, Endpoint, checked, is_loopback
from harvester.hub.answers import is_repo_id
from harvester.hub.connect import check_endpoint
from harvester.hub.network import proxy_for

MIRROR = Endpoint("http://mirror.example/hf-mirror/")
PLAIN = Endpoint("https://huggingface.co")


@pytest.mark.parametrize(
    ("url", "held"),
    [
        ("http://mirror.example/hf-mirror/api/models", True),
        ("http://mirror.example:80/hf-mirror", True),
        ("http://mirror.example/hf-mirrors/api", False),
        ("http://mirror.example/api/models", False),
        ("http://mirror.example/", False),
        ("http://mirror.example/hf-mirror/../admin", False),
        ("http://mirror.example/hf-mirror/%2e%2e/admin", False),
        ("http://mirror.example/hf-mirror/%252e%252e/admin", False),
        ("http://mirror.example/hf-mirror/..%2fadmin", False),
        ("https://mirror.example/hf-mirror/api", False),
        ("http://mirror.example:81/hf-mirror/api", False),
        ("http://mirror.example.evil.example/hf-mirror/api", False),
    ],
)
def test_the_token_goes_only_below_the_endpoints_path(url: str, held: bool) -> None:
    assert MIRROR.holds(url) is held


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/hf-mirror/api/x?a=b", "http://mirror.example/hf-mirror/api/x?a=b"),
        ("/api/resolve-cache/models/a/b", "http://mirror.example/hf-mirror/api/resolve-cache/models/a/b"),
        ("/hf-mirror/../admin", "http://mirror.example/hf-mirror/admin"),
        ("other", "http://mirror.example/hf-mirror/api/other"),
        ("?p=2", "http://mirror.example/hf-mirror/api/models?p=2"),
        ("http://cdn.example/x#y", "http://cdn.example/x"),
        ("//cdn.example/x", "http://cdn.example/x"),
        ("/caf\u00e9", "http://mirror.example/hf-mirror/caf%C3%A9"),
    ],
)
def test_a_redirect_keeps_the_endpoints_path(location: str, leads_to: str) -> None:
    assert MIRROR.follow("http://mirror.example/hf-mirror/api/models", location) == leads_to


def test_a_redirect_of_another_host_stays_there() -> None:
    assert MIRROR.follow("http://cdn.example/a/b", "/c") == "http://cdn.example/c"


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("https://huggingface.co/api/models?cursor=x%3D%3D&limit=5", "/api/models?cursor=x%3D%3D&limit=5"),
        ("http://mirror.example/hf-mirror/api/models?cursor=x", "/api/models?cursor=x"),
        ("/api/models?cursor=x", "/api/models?cursor=x"),
        ("/hf-mirror/api/models?cursor=x", "/api/models?cursor=x"),
    ],
)
def test_the_next_page_is_a_path_of_the_hub(link: str, page: str) -> None:
    at = "http://mirror.example/hf-mirror/api/models"
    assert MIRROR.page(at, link) == page
    assert MIRROR.at(MIRROR.page(at, link)).startswith("http://mirror.example/hf-mirror/api/models?cursor=x")


def test_https_of_the_same_host_spends_the_same_quota_and_gets_no_token() -> None:
    plain = Endpoint("http://hub.example")
    assert plain.counts("https://hub.example/api/models")
    assert not plain.holds("https://hub.example/api/models")
    assert not plain.counts("https://hub.example:8443/api/models")
    assert not PLAIN.counts("http://huggingface.co/api/models")


@pytest.mark.parametrize(
    "url", ["http://u:p@h/", "http://u@h/", "http://@h/", "ftp://h/", "h", "", "http://h:0/", "http://h:99999/",
            "http://[::1", "http://[v1.x]/", "http://h\\@e/", "http://h /", "http://h/\x00", "http://" + "h" * 9_000],
)  # fmt: skip
def test_such_a_url_is_not_followed(url: str) -> None:
    with pytest.raises(BadAddress) as refused:
        checked(url)
    assert "u:p" not in str(refused.value)


@pytest.mark.parametrize("url", ["https://user:secret@h", "http://token@h/x", "http://h?x", "http://h/#x", "h:80"])
def test_no_such_endpoint_is_taken_and_no_credential_repeated(url: str) -> None:
    for source in ("--hub", "HF_ENDPOINT"):
        with pytest.raises(UsageError, match=source) as refused:
            check_endpoint(url, source)
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://127.9.9.9", "http://LOCALHOST", "http://[::1]:8",
                                 "http://hub.localhost"])  # fmt: skip
def test_loopback_never_goes_through_a_proxy(url: str) -> None:
    assert is_loopback(url)
    assert proxy_for(url, {"http": "http://proxy:3128", "all": "http://proxy:3128"}) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://128.0.0.1"])
def test_what_only_looks_like_loopback_is_none(url: str) -> None:
    assert not is_loopback(url)


@pytest.mark.parametrize(
    ("url", "environment", "proxy"),
    [
        ("https://huggingface.co/x", {"https": "http://p:1"}, "http://p:1"),
        ("https://huggingface.co/x", {"https": "p:1"}, "http://p:1"),
        ("https://huggingface.co/x", {"http": "http://p:1"}, None),
        ("https://huggingface.co/x", {"all": "http://p:1"}, "http://p:1"),
        ("https://huggingface.co/x", {"all": "http://p:1", "no": "huggingface.co"}, None),
        ("https://cdn.huggingface.co/x", {"all": "http://p:1", "no": ".huggingface.co"}, None),
        ("https://cdn.huggingface.co/x", {"all": "http://p:1", "no": "*.huggingface.co, y"}, None),
        ("https://nothuggingface.co/x", {"all": "http://p:1", "no": "huggingface.co"}, "http://p:1"),
        ("http://hub.example:81/x", {"all": "http://p:1", "no": "hub.example:80"}, "http://p:1"),
        ("http://hub.example:80/x", {"all": "http://p:1", "no": "hub.example:80"}, None),
        ("http://10.1.2.3/x", {"all": "http://p:1", "no": "10.0.0.0/8"}, None),
        ("http://11.1.2.3/x", {"all": "http://p:1", "no": "10.0.0.0/8,bad/entry"}, "http://p:1"),
        ("http://any/x", {"all": "http://p:1", "no": "*"}, None),
    ],
)
def test_proxies_are_what_the_environment_names(url: str, environment: dict[str, str], proxy: str | None) -> None:
    assert proxy_for(url, environment) == proxy


@pytest.mark.parametrize("proxy", ["ftp://p", "socks4://p:1", "http://p:port", "http://", "not a url", "http://[x"])
def test_a_proxy_that_cannot_be_used_is_refused_by_the_name_of_its_variable(proxy: str) -> None:
    with pytest.raises(UsageError, match="HTTPS_PROXY"):
        proxy_for("https://huggingface.co", {"https": proxy})


@pytest.mark.parametrize("name", ["gpt2", "org/name", "o.r-g_/n.a-m_e", "\u6a21\u578b/x"])
def test_such_a_name_can_be_a_models(name: str) -> None:
    assert is_repo_id(name)


@pytest.mark.parametrize(
    "name", ["", "/", "/a", "a/", "..", "../a", "a/..", "a..b", "./a", "a/./b", "a/b/c", "a\\b", "a?b", "a#b", "a%2fb",
             "a\x00", "a\n", "a b", "http://h/x", "a@b", "a:b", "a\u202eb", "x" * 300, "\x1b[31m"],
)  # fmt: skip
def test_such_a_name_becomes_no_url(name: str) -> None:
    assert not is_repo_id(name)
