"""A lake in an object store (S3, Google Cloud Storage, Azure): parts are uploaded, then their list is replaced.

The list is replaced by a conditional put: only if it is still the one that this process read. So of two writers one
publishes, and the other ends with Conflict. The work directory has a copy of what was read or written.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import msgspec
import tenacity

from harvester.errors import DamagedLake, LocalError, UsageError
from harvester.lake.files import local_error, write_atomically
from harvester.lake.layout import Layout
from harvester.lake.location import forget_unused
from harvester.lake.store import Conflict, LocalStore

#: Uploads and downloads at once.
TRANSFERS = 8
#: Attempts of a conditional put; obstore itself repeats all other requests.
ATTEMPTS = 6
#: Which versions of the records of runs the work directory has.
COPIED = "records.json"
#: Error codes of S3, Google Cloud Storage and Azure for a bucket that does not exist.
_NO_BUCKET = ("NoSuchBucket", "The specified bucket does not exist", "ContainerNotFound")
#: Environment variables with the address of an S3 server (obstore reads them).
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
#: The version of an object: what a conditional put compares. None: it does not exist.
Version = dict[str, str] | None


class _Unclear(Exception):
    """A conditional put failed without saying whether the object was replaced."""


class ObjectStore:
    """A prefix of a bucket, with a work directory. Credentials come from the environment only."""

    def __init__(self, layout: Layout):
        assert layout.remote is not None
        self._url, self._root, self._layout = layout.remote, layout.root, layout
        self._local = LocalStore(layout.root)
        self._obstore = _library()
        self._store = self._open()
        # A conditional put that obstore repeats fails because its first attempt succeeded: this class repeats it.
        self._once = self._open(retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=60)})
        self._versions: dict[str, Version] = {}
        self.suffix = f"-{secrets.token_hex(4)}"

    def _open(self, **options: Any) -> Any:
        plain = any(os.environ.get(name, "").startswith("http://") for name in _ENDPOINTS)
        with self._explained("cannot use"):
            return self._obstore.store.from_url(self._url, client_options={"allow_http": plain}, **options)

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            forget_unused(self._root)
            raise LocalError(f"{what} {self._url}: {_line(error)}") from None
        except (self._obstore.exceptions.BaseError, ValueError) as error:
            forget_unused(self._root)
            raise LocalError(
                f"{what} {self._url}: {_line(error)}. Credentials and the address of the server come from the "
                "environment (docs/how-to/object-storage.md)"
            ) from None

    def refresh(self) -> None:
        """Copy the records of runs and the list of parts into the work directory."""
        with self._explained("cannot list"):
            found = [meta for page in self._obstore.list(self._store, "runs") for meta in page]
        stored = {str(meta["path"]): _version(meta) for meta in found}
        copied = self._copied()
        self._each(
            self._copy,
            [n for n, version in stored.items() if copied.get(n) != version or not (self._root / n).exists()],
        )
        for path in self._root.glob("runs/*.json"):
            if path.relative_to(self._root).as_posix() not in stored:
                path.unlink(missing_ok=True)
        self._copy("lake/parts.json")
        # Not the version of the list: whoever replaces it must have read it.
        self._versions.update(stored)
        try:
            self._layout.scratch.mkdir(exist_ok=True)
            write_atomically(self._layout.scratch / COPIED, msgspec.json.encode(stored))
        except OSError as error:
            raise local_error(error, self._layout.scratch) from None

    def _copied(self) -> dict[str, Version]:
        """Return the versions of the records of runs that the work directory has."""
        try:
            return msgspec.json.decode((self._layout.scratch / COPIED).read_bytes(), type=dict[str, Version])
        except (OSError, msgspec.DecodeError):
            return {}

    def _copy(self, name: str) -> None:
        data, path = self._get(name)[0], self._root / name
        try:
            if data is None:
                path.unlink(missing_ok=True)
            elif not path.exists() or path.read_bytes() != data:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, data)
        except OSError as error:
            raise local_error(error, path) from None

    def read(self, name: str) -> bytes | None:
        """Return an object and remember its version; None if there is none."""
        data, self._versions[name] = self._get(name)
        return data

    def _get(self, name: str) -> tuple[bytes | None, Version]:
        with self._explained("cannot read"):
            try:
                found = self._obstore.get(self._store, name)
                return bytes(found.bytes()), _version(found.meta)
            except FileNotFoundError as error:
                if any(code in str(error) for code in _NO_BUCKET):
                    raise
                return None, None

    def replace(self, name: str, data: bytes) -> None:
        """Replace an object if it is still the one that was read; one that was never read is created.

        Raises Conflict, LocalError.
        """
        self._versions[name] = self._put(name, data, self._versions.get(name))
        (self._root / name).parent.mkdir(parents=True, exist_ok=True)
        self._local.replace(name, data)

    def _put(self, name: str, data: bytes, known: Version) -> Version:
        errors, unclear = self._obstore.exceptions, False

        def attempt() -> Version:
            nonlocal unclear
            if unclear:
                # The answer to the last attempt was lost; the put itself may have succeeded.
                now = self.read(name)
                if now == data:
                    return self._versions[name]
                if self._versions[name] != known:
                    raise self._conflict(name)
            try:
                return _version(self._obstore.put(self._once, name, data, mode=known or "create", use_multipart=False))
            except (errors.AlreadyExistsError, errors.PreconditionError):
                # After a lost answer this attempt may have met what the one before it wrote.
                if unclear and self.read(name) == data:
                    return self._versions[name]
                raise self._conflict(name) from None
            except (errors.PermissionDeniedError, errors.UnauthenticatedError, FileNotFoundError):
                raise
            except errors.NotSupportedError:
                raise LocalError(
                    f"{self._url} has no conditional puts, without which two writers would overwrite each other"
                ) from None
            except errors.BaseError as error:
                unclear = True
                raise _Unclear(_line(error)) from error

        try:
            with self._explained("cannot write to"):
                return tenacity.Retrying(
                    retry=tenacity.retry_if_exception_type(_Unclear), stop=tenacity.stop_after_attempt(ATTEMPTS),
                    wait=tenacity.wait_random_exponential(multiplier=0.1, max=10), reraise=True,
                )(attempt)  # fmt: skip
        except _Unclear as error:
            raise LocalError(
                f"cannot write {name} to {self._url}: {error}; run the same command again: it resumes"
            ) from None

    def _conflict(self, name: str) -> Conflict:
        return Conflict(
            f"another process writes to {self._url}: {name} was replaced since this one read it. The last batch of "
            f"this process was not published; it waits in {self._root}, so nothing is lost. When the other process has "
            "ended, run the same command again: it resumes"
        )

    def add(self, names: Iterable[str]) -> None:
        """Upload parts. Their names are new, so an upload may be repeated."""

        def upload(name: str) -> None:
            with self._explained("cannot write to"):
                self._obstore.put(self._store, name, self._root / name)

        self._each(upload, names)

    def fetch(self, hashes: Mapping[str, str]) -> None:
        """Download the parts that are not in the work directory, and compare their hashes. Raises DamagedLake."""
        self._each(
            lambda name: self._download(name, hashes[name]),
            [name for name in hashes if not (self._root / name).exists()],
        )

    def _download(self, name: str, sha256: str) -> None:
        path = self._root / name
        draft = path.with_name(path.name + ".draft")
        digest = hashlib.sha256()
        with self._explained("cannot read"):
            try:
                found = self._obstore.get(self._store, name)
            except FileNotFoundError:
                raise DamagedLake(
                    f"{self._url}/{name} is missing. If another process is writing there, run the command again; else "
                    "`harvester status --verify` shows what is damaged"
                ) from None
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with draft.open("wb") as file:
                    for chunk in found:
                        digest.update(chunk)
                        file.write(chunk)
                if sha256 and digest.hexdigest() != sha256:
                    draft.unlink()
                    raise DamagedLake(f"{self._url}/{name} is not what was written there: its SHA-256 differs")
                draft.replace(path)
            except OSError as error:
                draft.unlink(missing_ok=True)
                raise local_error(error, path) from None

    def remove(self, names: Collection[str]) -> None:
        """Remove objects and their local copies."""
        if names:
            with self._explained("cannot remove from"):
                self._obstore.delete(self._store, sorted(names))
        for name in names:
            self._versions.pop(name, None)
        self._local.remove(names)

    def sizes(self) -> dict[str, int]:
        """Return the bytes of all stored parts by name."""
        with self._explained("cannot list"):
            pages = self._obstore.list(self._store, "lake")
            return {
                str(meta["path"]): int(meta["size"])
                for page in pages for meta in page
                if str(meta["path"]).endswith(".parquet")
            }  # fmt: skip

    def strays(self, live: Collection[str], fence: Callable[[], None]) -> list[str]:
        """Return stored parts that are not live, and local ones.

        Another writer may be about to list what it has uploaded. ``fence`` replaces the list, so that it cannot any
        more; what is uploaded after the fence is not among the strays, because they were listed before.
        """
        stored = [name for name in self.sizes() if name not in live]
        if stored:
            fence()
        return sorted({*stored, *self._local.strays(live, fence)})

    def publish_catalogue(self) -> str:
        """Upload the catalogue beside the lake, and return its URL."""
        path = self._layout.catalogue
        with self._explained("cannot write to"):
            self._obstore.put(self._store, path.name, path)
        return f"{self._url}/{path.name}"

    def fetch_catalogue(self) -> None:
        """Download the published catalogue if it is newer than the local one, or if there is no local one."""
        path = self._layout.catalogue
        with self._explained("cannot read"):
            try:
                written = self._obstore.head(self._store, path.name)["last_modified"].timestamp()
            except FileNotFoundError:
                return
            if path.exists() and path.stat().st_mtime >= written:
                return
            found = self._obstore.get(self._store, path.name)
            draft = path.with_name(path.name + f".{os.getpid()}.draft")
            try:
                with draft.open("wb") as file:
                    for chunk in found:
                        file.write(chunk)
                os.utime(draft, (written, written))
                draft.replace(path)
            except OSError as error:
                draft.unlink(missing_ok=True)
                raise local_error(error, path) from None

    def _each(self, action: Callable[[str], None], names: Iterable[str]) -> None:
        chosen = list(names)
        if len(chosen) < 2:
            for name in chosen:
                action(name)
            return
        with ThreadPoolExecutor(min(TRANSFERS, len(chosen)), "transfer") as pool:
            for _ in pool.map(action, chosen):
                pass


def _library() -> Any:
    try:
        import obstore
        import obstore.exceptions
        import obstore.store
    except ImportError:
        raise UsageError(
            "a lake in an object store needs the extra [s3]: pip install 'hub-harvester[s3]' "
            "(from a checkout: pip install '.[s3]')"
        ) from None
    return obstore


def _version(meta: Any) -> Version:
    """Return what identifies the contents of an object: its ETag, and on Google Cloud Storage its generation."""
    return {key: meta[key] for key in ("e_tag", "version") if meta.get(key)}


def _line(error: BaseException) -> str:
    """Return an error of obstore as one short line."""
    text = str(error).partition("\n\nDebug source")[0]
    if any(code in text for code in _NO_BUCKET):
        return "the bucket does not exist"
    # Of an answer in XML, what it says to people.
    said = re.search(r"<Message>([^<]+)", text)
    return " ".join((said[1] if said else text).split())[:300]
