"""Checks of this machine: Python, versions of libraries, space and permissions of the harvest directory."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from harvester.doctor.finding import Finding

#: Python that is needed (pyproject.toml), and free bytes below which even a small harvest may not fit.
PYTHON = (3, 11)
SPACE = 1_000_000_000
#: The distributions this package may be installed as.
DISTRIBUTIONS = ("hub-harvester", "harvester")


def machine(data: Path) -> Iterator[Finding]:
    """Check this machine for a harvest into ``data``."""
    yield python()
    yield versions()
    yield disk(data)


def python() -> Finding:
    """Check the version of Python."""
    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= PYTHON
    return Finding(
        check="Python", state="ok" if good else "fails", expected=f"{PYTHON[0]}.{PYTHON[1]} or newer", found=found,
        then="" if good else "install a newer Python", code=2,
    )  # fmt: skip


def requirements() -> list[Requirement]:
    """The requirements of this package, from its metadata; empty if it is not installed."""
    for name in DISTRIBUTIONS:
        try:
            lines = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        found = []
        for line in lines:
            try:
                requirement = Requirement(line)
            except InvalidRequirement:
                continue
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                found.append(requirement)
        return found
    return []


def installed() -> dict[str, str]:
    """Name to version of every requirement; `missing` if it is not installed."""
    found = {}
    for requirement in requirements():
        try:
            found[requirement.name] = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            found[requirement.name] = "missing"
    return found


def versions() -> Finding:
    """Check the versions of the libraries."""
    there = installed()
    wrong = [
        f"{need.name} {there[need.name]} (needs {need.specifier})"
        for need in requirements()
        if there[need.name] == "missing" or not need.specifier.contains(there[need.name], prereleases=True)
    ]
    listed = ", ".join(f"{name} {version}" for name, version in sorted(there.items()))
    return Finding(
        check="versions", state="fails" if wrong else "ok", expected="the versions that the package requires",
        found=", ".join(wrong) or listed or "a source tree without an installed package",
        then="install the required versions" if wrong else "", code=2,
    )  # fmt: skip


def disk(data: Path) -> Finding:
    """Check that the harvest directory, or the nearest folder above it, can be written and has space."""
    folder = data.absolute()
    while not folder.exists():
        folder = folder.parent
    expected = f"a writable folder with {SPACE / 1e9:.0f} GB free"

    def failed(found: str, then: str) -> Finding:
        return Finding(check="disk", state="fails", expected=expected, found=found, then=then, code=2)

    try:
        if not folder.is_dir():
            return failed(f"{folder} is not a folder", "choose another --data")
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"harvester")
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return failed(f"{folder}: {error.strerror or error}", "choose another --data, or free space")
    found = f"{free / 1e9:,.1f} GB free for {data}"
    if free < SPACE:
        then = "a small harvest may fit; a full disk stops a run, which can be resumed"
        return Finding(check="disk", state="differs", expected=expected, found=found, then=then)
    return Finding(check="disk", state="ok", expected=expected, found=found)
