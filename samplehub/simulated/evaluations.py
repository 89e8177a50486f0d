"""Files of ``.eval_results``: a benchmark's result, as the Hub's own evaluations have it."""

import math
from datetime import UTC, datetime

from samplehub.content import File, plain_file
from samplehub.simulated.chance import Dice
from samplehub.simulated.plan import Plan, Sketch
from samplehub.simulated.timeline import YEAR
from samplehub.simulated.weights import elements

#: public benchmarks: dataset, task, the file's name, how much lower results are than those of the easiest
_BENCHMARKS = (
    ("openai/gsm8k", "gsm8k", "gsm8k", 0.0),
    ("cais/mmlu", "mmlu", "mmlu", 4.0),
    ("TIGER-Lab/MMLU-Pro", "mmlu_pro", "mmlu-pro", 22.0),
    ("Idavidrein/gpqa", "diamond", "gpqa-diamond", 34.0),
)
#: models made before it have none, as a year
_SINCE = 2024.0


def evaluations(plan: Plan, sketch: Sketch) -> tuple[File, ...]:
    """The results of most base models and instruct versions of language models, and of a few fine-tunes.

    Later and larger models are better: a simulated relation.
    """
    dice = Dice(plan.seed, "evaluations", sketch.index)
    likely = {"base": 6, "instruct": 9, "finetune": 2}.get(sketch.role.kind, 0)
    is_decoder = sketch.row.task in ("text-generation", "image-text-to-text")
    if not is_decoder or sketch.family.year < _SINCE or dice.below(10) >= likely:
        return ()
    size = math.log10(elements(sketch.row.name, sketch.size, 0, sketch.task or "") / 1e9)
    best = 48 + 9 * (sketch.family.year - _SINCE) + 16 * size
    day = datetime.fromtimestamp((sketch.family.year - 1970) * YEAR, UTC).date().isoformat()
    files: list[File] = []
    for dataset, task, name, harder in dice.some(_BENCHMARKS, 1 + dice.below(len(_BENCHMARKS))):
        value = round(min(96.0, max(3.0, best - harder + 8 * dice.unit() - 4)), 1)
        text = (
            f'- dataset:\n    id: {dataset}\n    task_id: {task}\n  value: {value}\n  date: "{day}"\n'
            f"  source:\n    url: https://hub.invalid/{sketch.repo_id}\n    name: Model Card\n"
        )
        files.append(plain_file(f".eval_results/{name}.yaml", text.encode()))
    return tuple(files)
