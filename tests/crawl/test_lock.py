"""One writer at a time, and a dead one is none."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harvester.crawl.lock import HarvestLock
from harvester.errors import LocalError

HOLD = """
import sys
from pathlib import Path
from harvester.crawl.lock import HarvestLock
with HarvestLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_gets_the_pid_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "harvest.lock"
    with HarvestLock(path), pytest.raises(LocalError, match=f"pid {os.getpid()}"), HarvestLock(path):
        pass
    with HarvestLock(path):
        pass


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "harvest.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LocalError, match=f"pid {holder.pid}"), HarvestLock(path):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
    with HarvestLock(path):
        assert path.read_text() == str(os.getpid())
