"""How much memory there is to use: what the system has left, and what the cgroups of the process allow."""

from pathlib import Path

import pytest

from harvester.lake.memory import available_mb

MEMINFO = "MemTotal:       8000000 kB\nMemFree:        1000000 kB\nMemAvailable:   4096000 kB\n"


def system(root: Path, **files: str) -> Path:
    for name, text in {"proc/meminfo": MEMINFO, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 4000),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, 4000),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1048576000\n"}, 1000),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": "524288000\n",
          "sys/fs/cgroup/a/b/memory.max": "max\n"}, 500),
        ({"proc/self/cgroup": "4:memory:/c\n0::/\n",
          "sys/fs/cgroup/memory/c/memory.limit_in_bytes": "262144000\n"}, 250),
        ({"proc/self/cgroup": "4:memory:/not/mounted/here\n",
          "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 4000),
        ({"proc/self/cgroup": "4:memory:/not/mounted/here\n",
          "sys/fs/cgroup/memory/memory.limit_in_bytes": "209715200\n"}, 200),
    ],
)  # fmt: skip
def test_the_smallest_limit_counts(tmp_path: Path, files: dict[str, str], expected: int) -> None:
    assert available_mb(system(tmp_path, **files)) == expected


def test_a_system_that_says_nothing_has_what_is_installed(tmp_path: Path) -> None:
    assert available_mb(tmp_path) > 0
