"""A small ecosystem with a family, a history, copies and hostile text, harvested twice, and its pages on a port."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import Shelf, catalogue, config, harvest, needs, serving

#: What would run, close a tag, or hide in a page if it were markup.
SCRIPT = "<script>document.title = 'owned'</script>"
IMAGE = '"><img src=x onerror="document.title=1">'
TURNED = "safe\u202egnp.exe"


def hostile_card() -> str:
    """A card with markup in every place that a page shows."""
    return (
        f"---\nlicense: '{SCRIPT}'\nlicense_name: '{SCRIPT}'\nlicense_link: 'javascript:alert(1)'\n"
        f"datasets: ['{SCRIPT}']\ntags: ['{SCRIPT}']\n---\n# {SCRIPT}\n\n{IMAGE} {TURNED}\n"
    )


def shelf(root: Path) -> Shelf:
    """A base model, what was made from it, copies, and a hostile one."""
    made = Shelf(root)
    weights = b"the same weights"
    said = {"pipeline_tag": "text-generation", "library_name": "transformers"}
    made.put(
        "maker/base-7b",
        {"config.json": config(64, torch_dtype="float32"), "model.safetensors": weights, "README.md": "# Base\n"},
        downloads=1_000, tags=["transformers", "license:mit", "en"], **said,
    )  # fmt: skip
    card = "---\nbase_model: maker/base-7b\n---\n# Tuned\n"
    made.put(
        "tuner/base-7b-chat",
        {"config.json": config(64, torch_dtype="float32"), "model.safetensors": weights, "README.md": card},
        downloads=500, tags=["license:apache-2.0", "base_model:maker/base-7b"], **said,
    )  # fmt: skip
    made.put(
        "tuner/old-pickle",
        {"config.json": config(32), "pytorch_model.bin": b"pickle"},
        downloads=10, tags=["license:mit"], pipeline_tag="fill-mask",
    )  # fmt: skip
    made.put(
        "evil/model",
        {
            "config.json": config(8, note=SCRIPT, **{SCRIPT: IMAGE, TURNED: 1}),
            f"{SCRIPT.replace('/', '')}.bin": b"x", "README.md": hostile_card(),
        },
        downloads=5, tags=[SCRIPT, f"license:{SCRIPT}"], pipeline_tag=SCRIPT, library_name=IMAGE,
    )  # fmt: skip
    for number in range(60):
        made.put(f"many/m{number:02}", {"config.json": config(16)}, downloads=number % 5)
    return made


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue, after two harvests between which a config and a licence changed."""
    root = tmp_path_factory.mktemp("browse")
    models = shelf(root / "hub")
    options = {"depths": ("files", "configs", "cards")}
    for changed in (False, True):
        if changed:
            models.put(
                "maker/base-7b",
                {
                    "config.json": config(128, torch_dtype="float32"), "model.safetensors": b"the same weights",
                    "README.md": "# Base\n",
                },
                tags=["transformers", "license:gpl-3.0", "en"], downloads=1_100,
            )  # fmt: skip
        with serving(models.world()) as hub:
            harvest(hub, root / "data", **options)
    return catalogue(root / "data")


@dataclass(frozen=True)
class Site:
    """Where the pages are, and the catalogue behind them."""

    url: str
    port: int
    data: Path


@contextmanager
def browsing(data: Path) -> Iterator[Site]:
    """Serve the pages of a catalogue on a free port."""
    needs("browse")
    import uvicorn

    from harvester.browse.app import application
    from harvester.browse.serve import listening
    from harvester.browse.store import Store

    with listening("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(application(Store(data)), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        port = listener.getsockname()[1]
        try:
            yield Site(f"http://127.0.0.1:{port}", port, data)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def site(data: Path) -> Iterator[Site]:
    """The application over the small ecosystem."""
    with browsing(data) as served:
        yield served
