"""What every test may rely on: no token of this machine, no Hub but the one a test serves."""

import gc
import os
from collections.abc import Iterator
from typing import Any

#: Before anything imports huggingface_hub, which reads these once.
for name in [name for name in os.environ if name.startswith(("HF_", "HUGGING"))]:
    del os.environ[name]
os.environ["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

from tests.browser import launched  # noqa: E402

#: A busy machine is no failure; CI tries the same examples every time, developers find new ones.
settings.register_profile(
    "harvester", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("harvester")


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores: many tests wait for a Hub that is silent, or for a process that ends."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest test: it is one, so nothing can be shared with a worker that has no more to do."""
    items.sort(key=lambda item: "test_every_command_of_the_readme" not in item.name)


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of every later collection: a harvest collects between its phases."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests of pages; a test that needs it skips where there is none."""
    yield from launched()
