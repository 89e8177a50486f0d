"""Typed columns: each line of config_cases.jsonl is an excerpt of a genuine kind of config and what must be read of it.

To add a case, add a line: theme, name, kind of document, config, and the columns expected (null: must be NULL).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from harvester.extract.config.model_types import KEYS, TIED
from harvester.extract.config.overrides import OVERRIDES, PARAMS, UNET
from harvester.extract.config.plan import plan_for
from harvester.extract.config.read import is_local, read_typed
from harvester.schema.config_columns import CONFIG_COLUMNS

COLUMNS = {column.name: column for column in CONFIG_COLUMNS}
PYTHON_TYPES = {"VARCHAR": str, "BIGINT": int, "DOUBLE": float, "BOOLEAN": bool, "VARCHAR[]": list}
CASES = [json.loads(line) for line in (Path(__file__).parent / "config_cases.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['theme']}: {case['name']}")
def test_columns_hold_what_the_file_says_under_any_name(case: dict[str, Any]) -> None:
    typed = read_typed(case["kind"], case["config"])
    expected = case["expected"]
    assert {column: typed.get(column) for column in expected} == expected
    for column, value in typed.items():
        assert type(value) is PYTHON_TYPES[COLUMNS[column].type]


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("bert-base-uncased", False),
        ("meta-llama/Llama-2-7b-hf", False),
        ("/home/me/models/x", True),
        ("./x", True),
        ("../x", True),
        ("C:\\models\\x", True),
        ("output/checkpoint-500", True),
        ("checkpoints/best", True),
        ("a/b/c", True),
        ("~/x", True),
    ],
)
def test_a_path_of_a_disk_is_distinguished_from_a_repo_id(name: str, local: bool) -> None:
    assert is_local(name) is local
    assert read_typed("config", {"_name_or_path": name})["name_or_path_local"] is local


#: How a config looks that has no model type.
EXAMPLES = {UNET: {"_class_name": "UNet2DConditionModel"}, PARAMS: {"dim": 4096, "hidden_dim": 14336}}


def test_the_generated_table_names_columns_and_fills_the_sizes_of_hundreds_of_model_types() -> None:
    rows = {name: dict(pair.partition("=")[::2] for pair in pairs.split()) for name, pairs in KEYS.items()}
    assert {column for row in rows.values() for column in row} <= set(COLUMNS)
    assert sum("num_hidden_layers" in row for row in rows.values()) > 400
    assert rows["gpt2"]["hidden_size"] == "n_embd"
    assert rows["bart"]["num_hidden_layers"] == "decoder_layers"
    assert "gpt2" in TIED
    assert "llama" not in TIED


@pytest.mark.parametrize("override", OVERRIDES, ids=lambda row: f"{row.model_types[0]}.{row.column}")
def test_an_override_names_a_column_says_why_and_is_what_counts(override: Any) -> None:
    assert override.column in COLUMNS
    assert override.why
    for model_type in override.model_types:
        plan = plan_for(EXAMPLES.get(model_type, {"model_type": model_type}))
        feeding = {key: rank for key, (column, rank, _) in plan.items() if column == override.column}
        assert feeding == {key: rank for rank, key in enumerate(override.keys)}
