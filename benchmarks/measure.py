"""What the measurements share: a harvest without sockets, commands timed in processes of their own, RESULTS.md."""

import json
import os
import platform
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx2

from harvester.clock import SystemClock
from harvester.crawl.progress import Reporter
from harvester.crawl.run import HarvestSettings, harvest_into
from harvester.crawl.select import Selection
from harvester.hub.connect import HubSettings
from samplehub.hub import Hub
from samplehub.messages import Request

ENDPOINT = "http://127.0.0.1:1"
Figures = dict[str, Any]
RESULTS = Path(__file__).with_name("RESULTS.md")


def machine(*packages: str) -> str:
    """Return date, processors, Python and versions of packages, for a line above a table."""
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("hub-harvester", "huggingface-hub", "duckdb", *packages)
    )
    python = f"Python {platform.python_version()}"
    return f"Measured on {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {python}, {versions}"


def write_section(title: str, text: str) -> None:
    """Replace a section of RESULTS.md, or append it."""
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# Results of the measurements\n"
    section = f"## {title}\n\n{text.strip()}\n"
    kept = re.sub(rf"(?ms)^## {re.escape(title)}\n.*?(?=^## |\Z)", "", before).rstrip()
    RESULTS.write_text(f"{kept}\n\n{section}", encoding="utf-8")


class InProcess(httpx2.BaseTransport):
    """Hands requests to a sample Hub."""

    def __init__(self, hub: Hub):
        self.hub = hub

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.raw}
        target = request.url.raw_path.decode("ascii")
        reply = self.hub.answer(Request(request.method, target, headers, request.read(), "127.0.0.1"))
        return httpx2.Response(reply.status, headers=list(reply.headers), stream=httpx2.ByteStream(reply.body))


def harvest_day(hub: Hub, day: int, depths: tuple[str, ...], data: Path) -> Figures:
    """Harvest one day and return its record."""
    hub.move_to(day)
    how = HubSettings(ENDPOINT, wire=InProcess(hub), workers=1)
    settings = HarvestSettings(data, Selection(all=True), how, depths)
    return harvest_into(settings, SystemClock(), Reporter(quiet=True)).record


def command(*words: str) -> Figures:
    """Run a command of harvester in a process of its own.

    Returns its last line, seconds, CPU seconds and peak memory in MB.
    """
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", _MEASURED, *words], stdout=subprocess.PIPE, text=True, check=True)
    *said, figures = done.stdout.strip().splitlines()
    return {"last_line": said[-1] if said else "", "seconds": round(time.monotonic() - began, 1), **json.loads(figures)}


#: A process that is forked inherits the peak of its parent (ru_maxrss), so it reads that of its own memory (Linux).
_MEASURED = """
import json, resource, sys
from pathlib import Path
from harvester.cli import cli
try:
    cli.main(sys.argv[1:], prog_name="harvester", standalone_mode=False)
except SystemExit as end:
    if end.code:
        raise
usage = resource.getrusage(resource.RUSAGE_SELF)
status = Path("/proc/self/status")
peak = usage.ru_maxrss
if status.exists():
    peak = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps({"cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1), "peak_mb": peak // 1024}))
"""
