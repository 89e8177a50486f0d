"""The facts that a model's tags hold, by their prefix; of those without one, the languages."""

from collections.abc import Iterable
from dataclasses import dataclass

from harvester.extract import languages
from harvester.extract.card_body import PaperRow, paper_of
from harvester.extract.ids import dataset_name
from harvester.extract.languages import LanguageRow


@dataclass(frozen=True, slots=True)
class Tagged:
    """What tags say, each once, in their order. Lineage and licence rows are made by the modules of those names."""

    licenses: tuple[str, ...]
    datasets: tuple[str, ...]
    languages: tuple[LanguageRow, ...]
    papers: tuple[PaperRow, ...]


def read_tags(tags: Iterable[str]) -> Tagged:
    """Read ``license:``, ``dataset:``, ``arxiv:``, ``doi:``, and the languages that stand among the tags unmarked."""
    tags = list(tags)
    papers = [row for tag in tags if tag.startswith(("arxiv:", "doi:")) if (row := paper_of(_value(tag), "tag"))]
    datasets = [name for tag in tags if tag.startswith("dataset:") if (name := dataset_name(_value(tag)))]
    return Tagged(
        licenses=tuple(dict.fromkeys(_value(tag) for tag in tags if tag.startswith("license:"))),
        datasets=tuple(dict.fromkeys(datasets)),
        languages=tuple(languages.in_tags(tags)),
        papers=tuple(dict.fromkeys(papers)),
    )


def _value(tag: str) -> str:
    return tag.partition(":")[2]
