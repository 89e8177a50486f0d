"""`--with weights`: the headers of a model's weight files, by HTTP Range.

Only the files of one weight set are requested, and those that may belong to it because of their number (one request
each): shards have different tensors, copies the same. A content that is known by its id takes no request.
"""

import json
import threading
from collections import deque
from collections.abc import Collection
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from hashlib import sha256

from harvester.crawl.journal import Extract
from harvester.crawl.planned import KnownFile
from harvester.crawl.steps.step import Names, Step
from harvester.crawl.visit_state import ERRED, HEADER, Visit, fetch_row, oid_of, state_of
from harvester.extract.document import SIZE_CAP, extract_document
from harvester.extract.failure import EXTRACTOR_ERROR, extractor_error
from harvester.extract.files import classify
from harvester.extract.front_matter import to_json
from harvester.extract.kinds import kind_of
from harvester.extract.version import version_of
from harvester.extract.weights.components import INDICES, components_of
from harvester.extract.weights.header import NeedMore, WeightHeader
from harvester.extract.weights.packing import Quantization
from harvester.extract.weights.plan import FORMATS, MAX_REQUESTS, cut_short, first_range, next_range, read_header
from harvester.extract.weights.sets import headers_wanted, weight_sets
from harvester.hub.documents import document
from harvester.hub.endpoints import blob_oid
from harvester.hub.ranges import RangedFile
from harvester.lake.parts import Rows
from harvester.outcome import FAILURES, Answer, Got, Missed, Outcome
from harvester.schema.rows import Row, weights_row

#: Larger headers, in bytes, are fetched and parsed one at a time, so that memory does not grow with the workers.
LARGE_FETCH, LARGE_PARSE = 16 << 20, 1 << 20


class Weights(Step):
    """Reads the headers of one weight set."""

    scope = item = "weights"
    needs_manifest = True

    def __init__(self) -> None:
        self._fetching, self._parsing = threading.Lock(), threading.Lock()

    def version(self) -> int:
        """Return a digest of the formats whose headers are read."""
        return version_of((name, b"") for name in FORMATS)

    def paths(self, names: Names) -> Collection[str]:
        """Return the files whose headers are requested, as far as names show."""
        return headers_wanted(weight_sets((name, None) for name in names), components_of(names, ()))

    def is_blind(self, visit: Visit) -> bool:
        """Only a manifest, or the tree that has the dates, has the sizes and ids of weight files."""
        return visit.sha is None or (visit.files is None and not visit.awaits("dates"))

    def run(self, visit: Visit) -> None:
        """Read the headers still queued."""
        reading = self.reading(visit)
        if reading.queue is None:
            reading.queue = deque(self._wanted(visit))
        while reading.queue:
            if not self._one(visit, reading.queue[0]):
                return visit.list_again()
            reading.queue.popleft()
        visit.done(self)

    def state(self, visit: Visit) -> str | None:
        """The state of the weight set; None if no header was to be read yet."""
        reading = self.reading(visit)
        if reading.queue is None:
            return None
        state = state_of(visit, reading.outcomes.values())
        return ERRED if reading.erred and state == "complete" else state

    def _wanted(self, visit: Visit) -> list[str]:
        files = visit.files or {}
        sets = weight_sets((path, file.size) for path, file in files.items())
        if not any(one.format in FORMATS for one in sets):
            return []
        known = [(path, data) for path in INDICES if (data := self._index(visit, path)) is not None]
        return headers_wanted(sets, components_of(files, known), adapter="adapter_config.json" in files)

    def _index(self, visit: Visit, path: str) -> bytes | None:
        """The document that names the model's components; one request if it exists and is not known."""
        data, file = self._known_bytes(visit, path), (visit.files or {}).get(path)
        if data is not None or file is None or file.oid is None or path in visit.outcomes or visit.refused is not None:
            return data
        kind = kind_of(path).name
        if visit.sha is None or self._journal.is_known(file.oid, kind) or (file.size or 0) > SIZE_CAP:
            return None
        answer = document(self._hub, visit.repo_id, visit.sha, path, cap=SIZE_CAP, oid=file.oid.hex(), wait=False)
        if isinstance(answer, Missed):
            self.outcomes(visit)[path] = answer.outcome
            row = fetch_row(visit, "document", path, answer.outcome, answer, answer.attempts)
            self._commit({"fetches": [row]}, failed=int(answer.outcome in FAILURES))
            return None
        row = fetch_row(visit, "document", path, Outcome.OK, answer, answer.attempts)
        self._commit({"fetches": [row]}, (Extract(file.oid, kind, path, answer.value.data),))
        return answer.value.data

    def _known_bytes(self, visit: Visit, path: str) -> bytes | None:
        file = (visit.files or {}).get(path)
        oid = None if file is None else oid_of(file)
        return None if oid is None else self._journal.known_data(oid, path.removesuffix(".json"))

    def _quantization(self, visit: Visit) -> Quantization | None:
        data = self._known_bytes(visit, "config.json")
        if data is None:
            return None
        try:
            typed = extract_document("config.json", data).typed
        except Exception:  # the document's own row has the reason
            return None
        method, bits, group = (typed.get(f"quant_{what}") for what in ("method", "bits", "group_size"))
        return Quantization(
            method if isinstance(method, str) else None,
            bits if isinstance(bits, int) else None,
            group if isinstance(group, int) else None,
        )

    def _one(self, visit: Visit, path: str) -> bool:
        """Read one file; False if its commit is gone."""
        assert visit.files is not None
        file = visit.files[path]
        content = file.sha256 or file.oid
        hindrance = self.hindrance(visit, path)
        if hindrance is None and content is None:
            hindrance = Missed(Outcome.FAILED, 0, None, "the manifest has no id for it", self._clock.utc())
        if hindrance is not None or content is None:
            return hindrance is None or self.miss(visit, path, hindrance)
        with self._context.alone(content, HEADER) as is_known:
            if is_known:
                self.outcomes(visit)[path] = Outcome.OK
                known = Got(None, 0, 200, self._clock.utc())
                self._commit({"fetches": [fetch_row(visit, "weights", path, Outcome.OK, known, 0)]})
                return True
            answer, data = self._header(visit, path)
            if isinstance(answer, Missed):
                return self.miss(visit, path, answer)
            self.outcomes(visit)[path] = Outcome.OK
            self.reading(visit).erred |= (answer.value.reason or "").startswith(EXTRACTOR_ERROR)
            rows: Rows = {
                "weights": [header_row(content, answer.value, len(data))],
                "fetches": [fetch_row(visit, "weights", path, Outcome.OK, answer, answer.attempts)],
            }
            self._commit(rows, (Extract(content, HEADER, path, None),))
            return True

    def _header(self, visit: Visit, path: str) -> tuple[Answer[WeightHeader], bytes]:
        """Read a header; if it makes no sense, once more, as it may have been damaged in transit.

        It is invalid for good only if the file was read whole and its bytes match its id; else it is a mismatch.
        """
        with ExitStack() as held:
            answer, data = self._read_header(visit, path, held)
        assert visit.files is not None
        if isinstance(answer, Missed) or answer.value.status != "invalid":
            return answer, data
        if not answer.attempts or _is_whole(visit.files[path], data):
            # A wrong size in the manifest, or a file that was read whole, is not damage in transit.
            return answer, data
        if (answer.value.reason or "").startswith(EXTRACTOR_ERROR):  # asking again would not help
            return answer, data
        with ExitStack() as held:
            again, other = self._read_header(visit, path, held)
        again = replace(again, attempts=answer.attempts + again.attempts)
        if isinstance(again, Missed) or again.value.status != "invalid" or _is_whole(visit.files[path], other):
            return again, other
        error = f"damaged header, twice:  {again.value.reason}"[:500]
        return Missed(Outcome.MISMATCH, again.attempts, again.status, error, again.at), other

    def _read_header(self, visit: Visit, path: str, held: ExitStack) -> tuple[Answer[WeightHeader], bytes]:
        """Request range by range; ``held`` keeps others from fetching a large header at the same time."""
        assert visit.files is not None
        assert visit.sha is not None
        file, format, data = visit.files[path], classify(path).format or "", b""
        size = file.size
        ranged = RangedFile(self._hub, visit.repo_id, visit.sha, path, is_lfs=file.sha256 is not None)
        sent, status, at, large = 0, 200, self._clock.utc(), False
        quantization = self._quantization(visit)
        header = _parsed(format, data, size, quantization)
        for number in range(MAX_REQUESTS):
            if not isinstance(header, NeedMore):
                break
            first, last = next_range(data, header) if number else (0, first_range(format, size) - 1)
            if size is not None:
                last = min(last, size - 1)
            if first > last:
                break
            if last >= LARGE_FETCH and not large:
                large = True
                held.enter_context(self._fetching)
            answer = ranged.read(first, last, wait=number > 0)
            sent, at = sent + answer.attempts, answer.at
            if isinstance(answer, Missed):
                missed = Missed(
                    answer.outcome, sent, answer.status, answer.error, at, revision_gone=answer.revision_gone
                )
                return missed, data
            status = answer.status
            if size is not None and ranged.size not in (None, size):
                error = f"{ranged.size} bytes, the manifest says {size}"
                return Missed(Outcome.MISMATCH, sent, status, error, at), data
            size = size if size is not None else ranged.size
            data += answer.value
            with self._parsing if len(data) > LARGE_PARSE else nullcontext():
                header = _parsed(format, data, size, quantization)
            if not answer.value:
                break
        if isinstance(header, NeedMore):
            header = cut_short(format, data, size)
        return Got(header, sent, status, at), data


def _is_whole(file: KnownFile, data: bytes) -> bool:
    """Whether these are all bytes of a file, according to its id."""
    if len(data) != file.size:
        return False
    if file.sha256 is not None:
        return sha256(data).digest() == file.sha256
    return file.oid is not None and blob_oid(data) == file.oid.hex()


def _parsed(format: str, data: bytes, size: int | None, quantization: Quantization | None) -> WeightHeader | NeedMore:
    """Read a header; an exception inside makes it invalid, with the reason."""
    try:
        return read_header(format, data, size, quantization)
    except Exception as error:
        return WeightHeader(format=format, status="invalid", reason=extractor_error(error))


def header_row(content: bytes, header: WeightHeader, bytes_read: int) -> Row:
    """Return the row of `weights` for a header; ``bytes_read`` were fetched for it."""
    read = header.parameters is not None
    return weights_row(
        content=content, format=header.format, tensor_count=header.tensor_count, parameters=header.parameters,
        parameters_by_dtype=to_json(dict(header.parameters_by_dtype)) if read else None,
        elements_by_dtype=to_json(dict(header.elements_by_dtype)) if read else None,
        metadata=to_json(dict(header.metadata)) if header.metadata else None, architecture=header.architecture,
        context_length=header.context_length, file_type=header.file_type, header_bytes=header.header_bytes,
        bytes_read=bytes_read, tensor_names=json.dumps(header.tensor_names) if header.tensor_names else None,
        status=header.status, reason=header.reason,
    )  # fmt: skip
