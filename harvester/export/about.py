"""What an export says about itself beside its tables: hashes, the citation file. A manifest in, texts out."""

import hashlib
from pathlib import Path
from typing import Any

import yaml

#: File with the SHA-256 of all others, in the format of sha256sum.
CHECKSUMS = "SHA256SUMS"


def facts(file: Path) -> dict[str, Any]:
    """Return the size and the SHA-256 of a file."""
    with file.open("rb") as stream:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}


def write_checksums(folder: Path) -> None:
    """Write the SHA-256 of every file of a folder into it; ``sha256sum --check`` reads it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != CHECKSUMS)
    lines = [f"{facts(file)['sha256']}  {file.relative_to(folder).as_posix()}\n" for file in files]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def title(manifest: dict[str, Any]) -> str:
    """Return what an export is called."""
    hubs = " and ".join(manifest["hubs"]) or "an unknown Hub"
    return f"Model metadata of {hubs}, {day(manifest)}"


def day(manifest: dict[str, Any]) -> str:
    """Return the day of the newest run, ISO 8601, or ``undated``."""
    return (manifest["as_of"] or "undated")[:10]


def citation(manifest: dict[str, Any]) -> str:
    """Return a CITATION.cff of the data set."""
    entry: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them with their population and date.",
        "type": "dataset",
        "title": title(manifest),
        "abstract": f"Population: {manifest['population']['text']}.",
        "authors": [{"name": "The harvester authors"}],
        "version": manifest["as_of"] or "undated",
        "keywords": ["machine learning models", "metadata", "Hugging Face Hub", "Parquet"],
    }
    if manifest["as_of"]:
        entry["date-released"] = day(manifest)
    return yaml.safe_dump(entry, sort_keys=False, allow_unicode=True, width=1000)
