"""Where a harvest is stored: a URL of an object store in, its local work directory out. Imports nothing heavy.

The work directory records the URL in ``store.json``: whoever opens it later, by the URL or by its own path, uses the
same object store.
"""

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from harvester.errors import LocalError, UsageError

#: Schemes of object stores that `--data` takes, and what they are called. All go through the library obstore.
SCHEMES = {"s3": "Amazon S3", "gs": "Google Cloud Storage", "az": "Azure Blob Storage"}
RECORD = "store.json"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/")


def scheme_of(text: str) -> str:
    """Return the scheme of a URL in lower case; empty for a path."""
    found = _SCHEME.match(text)
    return found[1].lower() if found else ""


def local_path(url: str) -> str:
    """Return the path that a ``file:`` URL names. Raises UsageError for one on another machine."""
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost") or not parts.path:
        raise UsageError(f"--data {url!r}: write file:///absolute/path for a directory of this machine")
    return unquote(parts.path)


def checked_url(url: str) -> str:
    """Return the URL of a prefix in one spelling. Raises UsageError."""
    parts, scheme = urlsplit(url), scheme_of(url)
    if scheme not in SCHEMES:
        known = ", ".join(f"{name}://" for name in (*SCHEMES, "file"))
        raise UsageError(f"--data takes a directory or a URL that begins with {known}; not {url!r}")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            "--data takes a URL without credentials and parameters: they come from the environment "
            "(docs/how-to/object-storage.md)"
        )
    path = [part for part in parts.path.split("/") if part]
    if not parts.netloc or (scheme == "az" and not path) or any(part in (".", "..") for part in path):
        example = "az://account/container/prefix" if scheme == "az" else f"{scheme}://bucket/prefix"
        raise UsageError(f"--data {url!r} names no bucket: write {example}")
    return "/".join([f"{scheme}://{parts.netloc}", *path])


def work_directory(url: str, work: Path | None = None) -> Path:
    """Return the local directory that belongs to a URL, made if necessary: ``work``, else one below data/.

    Raises UsageError if the directory belongs to another URL or holds a harvest of its own, LocalError.
    """
    url = checked_url(url)
    folder = work or Path("data") / re.sub(r"[^A-Za-z0-9._-]+", "-", url)
    known = remote_of(folder)
    if known == url:
        return folder
    if known is not None:
        raise UsageError(f"{folder} is the work directory of {known}: choose another one for {url} with --work")
    if (folder / "lake").exists():
        raise UsageError(f"{folder} holds a harvest of its own: choose another work directory for {url} with --work")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RECORD).write_text(json.dumps({"url": url}) + "\n", encoding="utf-8")
    except OSError as error:
        raise LocalError(f"cannot write {folder}: {error.strerror or error}") from None
    return folder


def forget_unused(folder: Path) -> None:
    """Remove a work directory that has nothing but its record: its URL led nowhere."""
    try:
        if [path.name for path in folder.iterdir()] == [RECORD]:
            (folder / RECORD).unlink()
            folder.rmdir()
            if folder.parent == Path("data"):
                folder.parent.rmdir()
    except OSError:
        # Also if data/ has other harvests.
        return


def remote_of(folder: Path) -> str | None:
    """Return the URL whose work directory this is; None for an ordinary harvest directory. Raises LocalError."""
    path = folder / RECORD
    try:
        found = json.loads(path.read_bytes())["url"]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LocalError(
            f"{path} cannot be read ({error}), which says where the lake is: remove it or fix it"
        ) from None
    return checked_url(str(found))
