"""Results in the Hub's own place for them; those of a card are in test_card.py."""

import json

from harvester.extract.evaluations import hub_rows
from harvester.extract.rows import extracted_rows

FILE = b"""
- dataset: {id: cais/hle, task_id: hle, revision: abc}
  value: 20.90
  date: "2026-01-15"
  notes: no tools
  source: {name: Model card, url: https://huggingface.co/a/b, user: a}
- dataset: {id: Idavidrein/gpqa}
  value: 0.412
  verifyToken: xyz
  date: soon
"""


def test_a_file_of_results_gives_a_row_for_each_entry() -> None:
    made = extracted_rows(b"o", "eval_results", ".eval_results/a.yaml", FILE)
    assert [row[3] for row in made["configs"]] == ["ok"]
    first, second = (row[4:] for row in made["evaluations"])
    assert first == (
        "hle", "cais/hle", None, None, None, None, None, "20.90", 20.9, None, "Model card",
        "https://huggingface.co/a/b", "a", "2026-01-15", "abc", "no tools",
    )  # fmt: skip
    assert (second[1], second[8], second[9], second[13]) == ("Idavidrein/gpqa", 0.412, True, None)


def test_a_file_that_is_no_yaml_or_no_list_has_a_status_and_no_rows() -> None:
    for data, status in ((b"- a: [", "invalid"), (b"", "ok"), (b"word", "ok"), (b"\xff\xfe\x00", "invalid")):
        made = extracted_rows(b"o", "eval_results", ".eval_results/a.yaml", data)
        assert ([row[3] for row in made["configs"]], made["evaluations"]) == ([status], [])


def test_what_the_hub_makes_of_them_gives_pull_requests_and_errors() -> None:
    told = json.loads("""[
        {"filename": ".eval_results/a.yaml", "verified": true, "pullRequest": 17,
            "data": {"dataset": {"id": "a/b", "task_id": "t"}, "value": 0.7, "date": "2026-06-23T16:59:09.000Z"}},
        {"filename": ".eval_results/b.yaml", "error": "Invalid input", "pullRequest": 15},
        "word", {}
    ]""")
    good, bad = hub_rows(told)
    assert (good.dataset, good.task, good.number, good.date) == ("a/b", "t", 0.7, "2026-06-23")
    assert (good.verified, good.pull_request, good.path, good.source) == (True, 17, ".eval_results/a.yaml", "hub")
    assert (bad.path, bad.error, bad.value, bad.pull_request) == (".eval_results/b.yaml", "Invalid input", None, 15)
