"""What `find` found as a page: the models with the reasons, what each criterion excluded, near misses."""

from harvester.ask.find import Found
from harvester.ask.page import Page
from harvester.ask.text import fold, table

#: Characters of a line of reasons where there is no terminal.
WIDTH = 120


def find_page(found: Found, note: str | None = None) -> Page:
    """Return the page of a result; ``note`` is its last line."""
    tables = {"models": found.models, "criteria": found.criteria, "near_misses": found.near_misses}
    return Page(lambda width: _text(found, width, note), lambda: tables)


def _text(found: Found, width: int | None, note: str | None) -> str:
    models = found.models.drop("explanation", strict=False)
    sections = [table(models, width) if models.height else "No model meets all criteria.\n"]
    if models.height and "explanation" in found.models.columns:
        sections.append("Why\n" + "".join(_why(row, width or WIDTH) for row in found.models.iter_rows(named=True)))
    if found.criteria.height:
        sections.append(
            "Criteria (excluded: models that do not meet it, or of which it is unknown; only_this: meet all others)\n"
            + table(found.criteria, width)
        )
    if found.near_misses.height:
        sections.append("Near misses: models that miss only one criterion\n" + table(found.near_misses, width))
    return "\n".join([*sections, *([f"{note}\n"] if note else [])])


def _why(row: dict[str, object], width: int) -> str:
    met, _, score = str(row["explanation"]).partition(". Score ")
    lines = [line for part in (met, f"score {score}") for line in fold(part, width - 4)]
    return "".join([f"  {row['repo_id']}\n", *(f"    {line}\n" for line in lines)])
