"""Reads the first bytes of a file by HTTP Range: only as much as the caller needs, never the whole file.

The first hop counts as a `resolvers` request and redirects an LFS file to the object store (another host: no token, no
quota), whose URL serves further ranges of the same file. A 200 means the whole file, which is not read.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from harvester.hub.addresses import BadAddress
from harvester.hub.documents import route_refused
from harvester.hub.endpoints import REDIRECTS, Hub
from harvester.hub.transport import RequestFailed, Response
from harvester.hub.verdict import judge
from harvester.outcome import Answer, Got, Missed, Outcome

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)
_BEYOND = re.compile(r"bytes \*/(\d{1,18})", re.ASCII)
_STARTS = (301, 302, 303, 307, 308)


@dataclass(slots=True)
class RangedFile:
    """One file of a commit, read from its start piece by piece.

    ``size`` of the file is known after the first answer.
    """

    hub: Hub
    repo_id: str
    sha: str
    path: str
    #: stored as an LFS file; a plain git file is requested by the one-hop route
    is_lfs: bool = True
    size: int | None = None
    _where: str | None = None

    def read(self, first: int, last: int, *, wait: bool = True) -> Answer[bytes]:
        """Read bytes ``first`` to ``last``, both included; fewer if the file ends or the server sends fewer.

        Empty only if the file ends before ``first``. Raises NotNow if it may not wait, Stopped.
        """
        sent = 0
        try:
            if self._where is not None:
                response = self._get(self._where, first, last, wait=True)
                sent += response.attempts
                if response.status == 206:
                    return self._taken(response, first, last, sent)
                # A signed URL is good for about an hour; the first hop gives another.
                self._where = None
            response, hops = self._first_hop(first, last, wait=wait or sent > 0)
            sent += hops
        except RequestFailed as error:
            return Missed(Outcome.FAILED, sent + error.attempts, error.status, error.error, error.arrived)
        beyond = _BEYOND.fullmatch(response.headers.get("content-range", "").strip())
        if response.status == 416 and beyond and int(beyond[1]) <= first:
            self.size = int(beyond[1])
            return Got(b"", sent, response.status, response.arrived)
        if response.status not in (200, 206):
            outcome, message = judge(self.hub.transport, response, item="document")
            gone = response.error_code == "RevisionNotFound"
            return Missed(outcome, sent, response.status, message, response.arrived, revision_gone=gone)
        return self._taken(response, first, last, sent)

    def _first_hop(self, first: int, last: int, *, wait: bool) -> tuple[Response, int]:
        name, path = quote(self.repo_id, safe="/"), quote(self.path, safe="/")
        urls = [f"/{name}/resolve/{self.sha}/{path}"]
        if not self.is_lfs and self.hub.one_hop.served:
            urls.insert(0, f"/api/resolve-cache/models/{name}/{self.sha}/{path}")
        sent = 0
        for url in urls:
            response = self._get(url, first, last, wait=wait or sent > 0)
            sent += response.attempts
            if not route_refused(response):
                break
        for _ in range(REDIRECTS):
            target = response.headers.get("location")
            if response.status not in _STARTS or not target:
                break
            try:
                where = self.hub.transport.address.follow(response.url, target)
            except BadAddress as error:
                raise RequestFailed(f"a redirect to {error}", sent, response.status, response.arrived) from None
            response = self._get(where, first, last, wait=True)
            sent += response.attempts
        if response.status == 206 and not self.hub.transport.address.counts(response.url):
            self._where = response.url
        return response, sent

    def _get(self, url: str, first: int, last: int, *, wait: bool) -> Response:
        headers = {"Range": f"bytes={first}-{last}", "Accept-Encoding": "identity"}
        return self.hub.transport.get(url, "resolvers", cap=last - first + 1, headers=headers, wait=wait)

    def _taken(self, response: Response, first: int, last: int, sent: int) -> Answer[bytes]:
        content_range = _RANGE.fullmatch(response.headers.get("content-range", "").strip())
        if response.status == 200:
            if first > 0 or not response.whole:
                length = response.headers.get("content-length", "an unknown number of")
                error = f"the server answers a Range with the whole file ({length} bytes): not read"
                return Missed(Outcome.FAILED, sent, 200, error, response.arrived)
            self.size = len(response.body)
        elif content_range is None or int(content_range[1]) != first or not response.body or not response.whole:
            range = response.headers.get("content-range", "no Content-Range")
            error = f"requested bytes {first}-{last}, got {range} and {_length(response)} bytes"
            return Missed(Outcome.FAILED, sent, response.status, error[:300], response.arrived)
        elif content_range[3] != "*":
            self.size = int(content_range[3])
        return Got(response.body, sent, response.status, response.arrived)


def _length(response: Response) -> str:
    return str(len(response.body)) if response.whole else response.headers.get("content-length", "more")
