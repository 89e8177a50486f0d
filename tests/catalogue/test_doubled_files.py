"""Lakes of older versions hold a manifest twice where a model was listed again in its visit."""

import shutil
from pathlib import Path

from harvester.catalogue.build import build
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
from tests.support import Shelf, config, harvest, rows, serving


def test_a_file_that_was_stored_twice_for_one_commit_counts_once(tmp_path: Path) -> None:
    models = Shelf(tmp_path / "hub")
    models.put("a/b", {"config.json": config(8), "model.safetensors": b"weights"})
    models.put("a/c", {"config.json": config(8)})
    with serving(models.world()) as hub:
        harvest(hub, tmp_path / "data", depths=("files",))
    lake = Lake(Layout(tmp_path / "data"))
    build(lake)
    question = "SELECT repo_id, path, size FROM files ORDER BY ALL"
    once = rows(tmp_path / "data", question)
    part, run_id = lake.parts("files")[0], lake.run_ids[0]
    again = lake.part_path(run_id, "again-0000", "files")
    shutil.copy(lake.files("files")[0], again)
    lake.publish([lake.describe(again, run_id, "files", part.rows)])
    build(lake)
    assert len(once) == 3
    assert rows(tmp_path / "data", question) == once
    assert rows(tmp_path / "data", "SELECT sum(file_count) FROM models") == [(3,)]
