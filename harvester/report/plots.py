"""The plots, as data: a row says which query answers which question, and how the answer is drawn. Draws nothing.

To add a plot, add a row to ``PLOTS``: the query must be shipped, and the encoding names its columns.
"""

from harvester.report.encodings import Bars, Columns, Dots, Families, Matrix, Ranges, Trend
from harvester.report.plot import Plot, Population

#: More rows than any query has: parts of a whole are only summed up correctly if none is left out.
ALL = 1_000_000_000

MODELS = Population("live models", "SELECT count(*) FROM models")
CONFIGS = Population(
    "live models whose config.json was read",
    "SELECT count(*) FROM models WHERE config_path = 'config.json' AND config_status IN ('ok', 'lenient')",
)
DATED = Population("live models with a creation date", "SELECT count(created_at) FROM models")
SIZED = Population(
    "live models with a creation date and a known number of parameters",
    "SELECT count(*) FROM models WHERE created_at IS NOT NULL AND parameters IS NOT NULL",
)
WITH_CONTEXT = Population(
    "live models with a creation date that declare a context length",
    "SELECT count(*) FROM models WHERE created_at IS NOT NULL AND context_length IS NOT NULL",
)
WITH_FILES = Population("live models whose file names are known", "SELECT count(*) FROM reuse")
REPORTED = Population("live models with reported downloads", "SELECT count(downloads) FROM models")
GATING = Population("live models whose gating is reported", "SELECT count(gated) FROM models")
ROOTED = Population("live models with a known root model", "SELECT count(DISTINCT child_hub_id) FROM lineage_roots")
REQUESTED = Population(
    "requested items",
    "SELECT count(*) FROM (SELECT DISTINCT coalesce(hub_id, requested_id), item, coalesce(path, '') FROM fetches)",
)
CHANGES = Population(
    "changes with a meaning (no version stamps, no formatting)",
    "SELECT count(*) FROM changes WHERE NOT coalesce(noise, false)",
)
LAST_CHANGES = Population(
    "changes between the last two runs", "SELECT CAST(coalesce(sum(changes), 0) AS BIGINT) FROM ({answer})"
)
RESULTS = Population(
    "results reported for live models",
    "SELECT count(*) FROM evaluations INNER JOIN models ON models.hub_id = evaluations.hub_id "
    "WHERE evaluations.error IS NULL",
)

_BY_KIND = """SELECT
    kind,
    count(*) AS changes,
    count(*) FILTER (WHERE len(announced_by) = 0) AS silent,
    count(DISTINCT repo_id) AS models
FROM answer
GROUP BY kind
ORDER BY changes DESC, kind"""
_NO_DATES = "No live model has a creation date."
_NO_CONFIGS = "No config.json was read: harvest with `--with configs`."
_INFERRED = "The Hub infers it from tags and file names if the card does not state it."
_TODAY = "Only models that still exist; the Hub dates all older models to March 2022."

PLOTS: tuple[Plot, ...] = (
    Plot(
        query="coverage",
        section="Coverage",
        question="For how many models is each item known?",
        population=MODELS,
        encoding=Bars(label=("item",), noun="item", count="known", ordered=True),
        caveat="File names come with the listing, sizes and hashes with the manifest.",
    ),
    Plot(
        query="config_status",
        section="Coverage",
        question="How many configs could be read, and why not the others?",
        population=MODELS,
        encoding=Bars(label=("meaning",), noun="outcome", marker=None),
        caveat="“The repository has none” is a final outcome: many formats, such as GGUF, need no config.",
    ),
    Plot(
        query="items_not_read",
        section="Coverage",
        question="Which requested items could not be read, and why?",
        population=REQUESTED,
        encoding=Bars(label=("item", "outcome"), noun="outcome", count="items", share=None, marker=None),
        caveat="The last outcome of each item counts. Files that a repository does not have are left out.",
        empty="No requested item is missing.",
    ),
    Plot(
        query="growth_by_month",
        section="Growth",
        question="When were the models created?",
        population=DATED,
        encoding=Columns(time="month", noun="month"),
        caveat="Only models that still exist: deleted ones are not counted. The Hub dates all older models to March "
        "2022.",
        empty=_NO_DATES,
    ),
    Plot(
        query="license_mix",
        section="Licences",
        question="Which licences do models have, and how many have none?",
        population=MODELS,
        encoding=Bars(label=("license",), noun="licence", absent="none declared"),
        params={"limit": ALL},
        caveat="The Hub's licence tag is a claim: the text may be missing, or differ from the card's or the base "
        "model's. “Other” is a tag that people set.",
    ),
    Plot(
        query="task_share",
        section="Tasks and libraries",
        question="Which tasks are models for?",
        population=MODELS,
        encoding=Bars(label=("pipeline_tag",), noun="task", absent="none reported"),
        params={"limit": ALL},
        caveat=_INFERRED,
    ),
    Plot(
        query="library_share",
        section="Tasks and libraries",
        question="Which libraries are models for?",
        population=MODELS,
        encoding=Bars(label=("library_name",), noun="library", absent="none reported"),
        params={"limit": ALL},
        caveat=_INFERRED,
    ),
    Plot(
        query="language_share",
        section="Tasks and libraries",
        question="For which languages are models made?",
        population=MODELS,
        encoding=Bars(label=("language",), noun="language", absent="none declared", exclusive=False),
        caveat="A model counts in each language that it declares, so the shares add up to more than 100%.",
    ),
    Plot(
        query="model_types_by_quarter",
        section="Architectures over time",
        question="Which architectures do new models have, quarter by quarter?",
        population=CONFIGS,
        encoding=Matrix(label="model_type", time="quarter", noun="model type", absent="none declared"),
        caveat=f"Fine-tunes count like new designs: a popular base model raises its type. {_TODAY}",
        empty=_NO_CONFIGS,
    ),
    Plot(
        query="model_sizes",
        section="Parameters",
        question="How large are models, and which sizes are downloaded?",
        population=MODELS,
        encoding=Bars(label=("size",), noun="size", missing={"unknown": "not known"}, ordered=True),
        caveat="Measured in weight headers, else reported by the Hub, else estimated from the config; the Hub's count "
        "is wrong for packed low-bit weights.",
    ),
    Plot(
        query="parameters_by_quarter",
        section="Parameters",
        question="How does the size of new models change?",
        population=SIZED,
        encoding=Trend(
            time="quarter", middle="median", low="p25", high="p75", unit="parameters", count="known",
            words=("median", "middle half of the models"),
        ),
        caveat=f"Early quarters contain few models. {_TODAY}",
        empty="No live model has both a creation date and a known number of parameters.",
    ),
    Plot(
        query="context_length",
        section="Context length",
        question="What context length do models of each type declare?",
        population=CONFIGS,
        encoding=Ranges(
            label="model_type", noun="model type", low="shortest", middle="median", high="longest", unit="tokens",
            count="declared", absent="none declared",
        ),
        params={"limit": ALL},
        caveat="Declared positions as written, not multiplied by a rope factor. Types with relative positions or ALiBi "
        "may declare none, or their training length.",
        empty=_NO_CONFIGS,
    ),
    Plot(
        query="context_length_by_month",
        section="Context length",
        question="How did the declared context length of new models grow?",
        population=WITH_CONTEXT,
        encoding=Trend(
            time="month", middle="median", low="median", high="p90", unit="tokens", count="models",
            words=("median", "from the median to the ninth decile"),
        ),
        caveat=_TODAY,
        empty="No live model with a creation date declares a context length.",
    ),
    Plot(
        query="dtypes",
        section="Dtypes and quantization",
        question="In which dtype were the weights saved?",
        population=CONFIGS,
        encoding=Bars(label=("dtype",), noun="dtype", absent="none declared"),
        caveat="Declared in the config, not measured: a quantized model often keeps its base model's dtype. Adapters "
        "and diffusers pipelines have no config.json at the root.",
        empty=_NO_CONFIGS,
    ),
    Plot(
        query="quantization",
        section="Dtypes and quantization",
        question="Which quantization do configs declare?",
        population=CONFIGS,
        encoding=Bars(
            label=("quant_method", "quant_bits"), noun="quantization", absent="no quantization declared"
        ),
        caveat="GGUF files are quantized without a config: see file formats.",
        empty=_NO_CONFIGS,
    ),
    Plot(
        query="weight_formats",
        section="File formats and safety",
        question="In which formats are weights published?",
        population=WITH_FILES,
        encoding=Bars(label=("format",), noun="format", missing={"none": "no weights"}, exclusive=False),
        caveat="A model counts in each of its formats. Downloads are counted by repository, not by file.",
        empty="No file is known.",
    ),
    Plot(
        query="pickle_share",
        section="File formats and safety",
        question="How many models include weights that can run code when loaded, and are popular ones safer?",
        population=WITH_FILES,
        encoding=Dots(
            label="downloads_band",
            shares={
                "safetensors_share": "safetensors", "pickle_share": "pickle", "only_pickle_share": "nothing but pickle",
            },
        ),
        caveat="A pickle can contain code, but need not. Models without weight files are left out. Bands are downloads "
        "in 30 days.",
        empty="No model has a file of weights.",
    ),
    Plot(
        query="gated_share",
        section="File formats and safety",
        question="How many models are gated, and are popular ones gated more often?",
        population=GATING,
        encoding=Dots(label="downloads_band", shares={"share": "gated"}),
        caveat="Bands are downloads in 30 days. Files of gated models are listed publicly, their documents are not.",
        empty="The Hub reports for no model whether it is gated.",
    ),
    Plot(
        query="relation_mix",
        section="Lineage",
        question="How many models are derived from another, and how?",
        population=MODELS,
        encoding=Bars(label=("relation",), noun="relation", marker=None, missing={"none": "no base model declared"}),
        caveat="The Hub infers the relation unless the card states it. “Unknown”: a base model without a relation.",
    ),
    Plot(
        query="largest_families",
        section="Lineage",
        question="How do the largest families branch?",
        population=ROOTED,
        encoding=Families(),
        caveat="Declared parents only: not every derived model declares one. Below each model the "
        "largest branches are shown, then the most downloaded models.",
        empty="No model with a known parent.",
    ),
    Plot(
        query="missing_components",
        section="Reuse",
        question="What do models lack that is needed to load them?",
        population=MODELS,
        encoding=Bars(
            label=("missing",), noun="component", marker=None, exclusive=False, absent="not known: no file is listed"
        ),
        caveat="Judged by file names; no model was loaded. A model that lacks several components counts in each.",
    ),
    Plot(
        query="latest_changes",
        name="last_run",
        section="Changes",
        question="What changed between the last two runs?",
        population=LAST_CHANGES,
        encoding=Bars(
            label=("kind",), noun="kind of change", count="changes", share=None, marker=None, part="silent",
        ),
        params={"limit": ALL},
        over=_BY_KIND,
        caveat="A change is silent if neither card text, tags, name nor new_version changed in the same step. Without "
        "histories, all commits between two harvests are one step.",
        empty="Nothing changed between the last two runs, or there was only one: harvest again tomorrow.",
    ),
    Plot(
        query="changes_by_month",
        section="Changes",
        question="When did models change, and what changed?",
        population=CHANGES,
        encoding=Matrix(label="kind", time="month", noun="kind of change", count="updates"),
        caveat="An update is a step from one commit to another. Without histories (`--with history`), only changes "
        "between harvests are known.",
        empty="No change is known: harvest again tomorrow, or read the past with `--with history`.",
    ),
    Plot(
        query="reported_evaluations",
        section="Evaluations",
        question="On which datasets and metrics do models report results?",
        population=RESULTS,
        encoding=Bars(
            label=("dataset", "metric"), noun="benchmark", share=None, marker=None, exclusive=False
        ),
        params={"limit": 200},
        caveat="Reported by the authors themselves unless verified. Numbers have no unit: 0.9 and 90 may be the same "
        "accuracy, so values are not compared here.",
        empty="No card that was read reports a result (`--with files` or `--with cards` reads them).",
    ),
    Plot(
        query="download_bands",
        section="Downloads",
        question="How many models are downloaded a lot, and how many hardly ever?",
        population=MODELS,
        encoding=Bars(
            label=("downloads_band",), noun="band", missing={"not reported": "not reported"}, ordered=True
        ),
        caveat="Downloads in 30 days. Not reported is not 0.",
    ),
    Plot(
        query="download_concentration",
        section="Downloads",
        question="What share of all downloads do the most downloaded models have?",
        population=REPORTED,
        encoding=Bars(
            label=("top_share",), noun="group", share="download_share", marker=None, ordered=True
        ),
        caveat="Groups contain each other, most downloaded models first. Only a harvest of the whole Hub says "
        "something about the Hub.",
        empty="The Hub reports downloads for no model.",
    ),
    Plot(
        query="rising_models",
        section="Downloads",
        question="Which models gained the most downloads between the first and the last run?",
        population=REPORTED,
        encoding=Bars(
            label=("repo_id",), noun="model", count="gain", share=None, marker=None, exclusive=False,
            lead="Largest gain",
        ),
        params={"limit": 15},
        caveat="Both counts cover 30 days, so observations less than a month apart overlap.",
        empty="No model gained downloads between two runs, or there was only one run: harvest again tomorrow.",
    ),
)  # fmt: skip


def find_plot(query: str) -> Plot | None:
    """Return the plot of a shipped query, or None."""
    return next((plot for plot in PLOTS if plot.query == query and not plot.over), None)
