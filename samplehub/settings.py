"""Settings for what is not known about the Hub (docs/hub-protocol.md 11), and the tokens that a Hub accepts."""

from dataclasses import dataclass
from typing import Literal

from samplehub.quota import Bucket, Quota
from samplehub.world import SortKey


@dataclass(frozen=True, slots=True)
class Token:
    """A valid token: the gated and private repos that it may read (``*``: all), and those still under review."""

    value: str
    user: str = "sample-reader"
    granted: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    quota: Quota | None = None

    def may_read(self, repo_id: str) -> bool:
        """Whether a gated or private repo is open to it."""
        return "*" in self.granted or repo_id in self.granted


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The Hub's open questions; each default is the best known value."""

    #: entries of a tree page, and with ``expand`` (100 in the OpenAPI text)
    tree_page: int = 1000
    tree_expand_page: int = 50
    #: rows of a listing page at most; a larger ``limit`` is cut silently
    listing_cap: int = 1000
    #: models looked at for one page of a filtered listing; then the page ends early, with a next link
    scan_limit: int = 10_000
    default_sort: SortKey = "trendingScore"
    #: whether ``direction=1`` is still read for ``createdAt``; when not, every order is descending
    honour_direction: bool = True
    #: what becomes of ``direction=1`` in the other orders: 400 (its text is not known), descending, or ascending
    ascending: Literal["refused", "ignored", "honoured"] = "refused"
    #: resolver units of the second hop, ``/api/resolve-cache/`` behind a redirect (0 or 1)
    second_hop_units: int = 1
    #: what ``/api/resolve-cache/`` gives for an LFS file: the redirect that ``/resolve/`` gives, or the pointer text
    lfs_in_cache: Literal["redirect", "pointer"] = "redirect"
    #: whether a quota 429 carries Retry-After
    retry_after: bool = False
    #: whether API answers know If-None-Match (a 304 counts like any answer)
    api_not_modified: bool = True
    #: status of the tree of a gated repo for an anonymous caller (200; 401 on older servers)
    gated_tree_status: int = 200
    #: status of model info of a disabled repo (200 with ``disabled: true``; 403 was seen in 2024)
    disabled_info_status: int = 200
    #: names in ``siblings`` at most (50,000 was the older limit); None for all
    siblings_cap: int | None = 1000
    #: commits per page, by default and at most
    commits_page: int = 50
    commits_cap: int = 1000
    paths_info_cap: int = 2000
    #: rows that ``skip`` passes over at most
    skip_cap: int = 10_000
    #: the object store's host name: another origin than the Hub, so that clients must not send their token, but
    #: the same server
    store_host: str = "localhost"
    #: whether trees have ``xetHash`` and resolve answers have Xet links, which a client with hf_xet follows
    xet: bool = True
    #: the bucket of git requests (not documented); None: no bucket, and none is announced
    git_bucket: Bucket | None = "api"
    #: status of every git request if git is refused (403, 404); 200 serves them
    git_status: int = 200
    #: the newest supported git protocol; before version 2 no commit is served by its id
    git_protocol: int = 2
    #: whether git's ``filter`` is honoured; when not it is not offered, and clients get every blob
    git_filter: bool = True
    #: whether anonymous callers are warned by X-HF-Warning
    warn_anonymous: bool = True
