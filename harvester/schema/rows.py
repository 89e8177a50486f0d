"""The rows of the lake: `<table>_row` takes the columns of a table by name and returns them in the table's order.

A row has no ``run_id``, which is one for all rows of a part; times become microseconds since 1970. No other module
builds a row by position, and a test compares names, order and types with ``lake.py``.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, NewType

from harvester.schema.config_columns import CONFIG_COLUMNS
from harvester.schema.lake import EVALUATIONS, FACTS, OBSERVED, RUNS

Row = tuple[Any, ...]
#: Values of the columns ``FACTS`` and ``OBSERVED``, in their order.
Facts = NewType("Facts", Row)
Observed = NewType("Observed", Row)
Texts = Sequence[str] | None
_EPOCH = datetime(1970, 1, 1)
_FACTS = attrgetter(*(column.name for column in FACTS))
_OBSERVED = attrgetter(*(column.name for column in OBSERVED))
_TYPED = tuple(column.name for column in CONFIG_COLUMNS)
RESULT = EVALUATIONS.columns[EVALUATIONS.names.index("place") + 1 :]
_RESULT = attrgetter(*(column.name for column in RESULT))


def micros(when: datetime | None) -> int | None:
    """Return whole microseconds since 1970 of a UTC time without tzinfo."""
    if when is None:
        return None
    when = when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when
    delta = when - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def facts_of(model: object) -> Facts:
    """Return the listing facts of a model (`hub.answers.ModelInfo`), which has them under the names of the columns."""
    return Facts(tuple(micros(fact) if isinstance(fact, datetime) else fact for fact in _FACTS(model)))


def observed_of(model: object) -> Observed:
    """Return the counts and flags of a model (`hub.answers.ModelInfo`)."""
    return Observed(_OBSERVED(model))


def listing_row(
    *, position: int, requested_id: str | None, observed_at: datetime, hub_id: str, facts: Facts, observed: Observed,
    facts_hash: int, names: Texts,
) -> Row:  # fmt: skip
    """A listed model."""
    return (position, requested_id, micros(observed_at), hub_id, *facts, *observed, facts_hash, names)


def facts_row(*, observed_at: datetime, hub_id: str, facts: Facts, facts_hash: int, pinned: bool | None) -> Row:
    """Changed facts of a model."""
    return (micros(observed_at), hub_id, *facts, facts_hash, pinned)


def selections_row(*, selection_id: str, flags: str, name: str | None) -> Row:
    """What a run selected."""
    return (selection_id, flags, name)


def manifests_row(
    *, hub_id: str, repo_id: str, sha: str, fetched_at: datetime, source: str, file_count: int, total_size: int | None,
    used_storage: int | None, card_data: str | None, card_data_oid: bytes | None, gguf: str | None, spaces: Texts,
    children: str | None,
) -> Row:  # fmt: skip
    """A manifest that was read."""
    return (
        hub_id, repo_id, sha, micros(fetched_at), source, file_count, total_size, used_storage, card_data,
        card_data_oid, gguf, spaces, children,
    )  # fmt: skip


def files_row(
    *, hub_id: str, sha: str, source: str, path: str, size: int | None = None, oid: bytes | None = None,
    sha256: bytes | None = None, xet_hash: bytes | None = None, role: str, format: str | None, framework: str | None,
    unsafe: bool, last_commit: str | None = None, last_commit_at: datetime | None = None,
    scan_status: str | None = None,
) -> Row:  # fmt: skip
    """A file at a commit; of a listing only the name is known."""
    return (
        hub_id, sha, source, path, size, oid, sha256, xet_hash, role, format, framework, unsafe, last_commit,
        micros(last_commit_at), scan_status,
    )  # fmt: skip


def documents_row(*, oid: bytes, size: int, bytes: bytes) -> Row:
    """The content of a document."""
    return (oid, size, bytes)


def refs_row(
    *, hub_id: str, repo_id: str, sha: str | None, path: str, kind: str, oid: bytes, fetched_at: datetime
) -> Row:  # fmt: skip
    """A document at a path of a commit."""
    return (hub_id, repo_id, sha, path, kind, oid, micros(fetched_at))


def configs_row(
    *, oid: bytes, kind: str, extractor: int, status: str, reason: str | None, keep_bytes: bool,
    typed: Mapping[str, Any],
) -> Row:  # fmt: skip
    """What was extracted from a document; ``typed`` has the typed columns that it fills, by name."""
    return (oid, kind, extractor, status, reason, keep_bytes, *map(typed.get, _TYPED))


def fields_row(
    *, oid: bytes, kind: str, field: str, type: str, value: str | None, number: float | None
) -> Row:  # fmt: skip
    """A leaf of a document."""
    return (oid, kind, field, type, value, number)


def labels_row(*, oid: bytes, kind: str, label_id: int, label: str | None) -> Row:
    """A class of a label map."""
    return (oid, kind, label_id, label)


def cards_row(
    *, oid: bytes, kind: str, extractor: int, status: str, reason: str | None, front_matter: str | None,
    body_length: int | None, sections: Texts, license: str | None, licenses: Texts, license_name: str | None,
    license_link: str | None, languages: Texts, language_codes: Sequence[str | None] | None, datasets: Texts,
    base_models: Texts, base_model_relation: str | None, metrics: Texts, papers: Texts, body_papers: Texts,
    body_base_models: Texts, pipeline_tag: str | None, library_name: str | None, new_version: str | None,
    co2_grams: float | None, co2_source: str | None, gate: str | None,
) -> Row:  # fmt: skip
    """What was extracted from a model card or card data."""
    return (
        oid, kind, extractor, status, reason, front_matter, body_length, sections, license, licenses, license_name,
        license_link, languages, language_codes, datasets, base_models, base_model_relation, metrics, papers,
        body_papers, body_base_models, pipeline_tag, library_name, new_version, co2_grams, co2_source, gate,
    )  # fmt: skip


def evaluations_row(*, oid: bytes, kind: str, place: int, result: object) -> Row:
    """A result (`extract.evaluations.EvaluationRow`), which has its values under the names of the columns."""
    return (oid, kind, place, *_RESULT(result))


def license_texts_row(
    *, oid: bytes, extractor: int, license: str | None, title: str | None, status: str, reason: str | None
) -> Row:  # fmt: skip
    """What a licence file contains."""
    return (oid, extractor, license, title, status, reason)


def weights_row(
    *, content: bytes, format: str, tensor_count: int | None, parameters: int | None, parameters_by_dtype: str | None,
    elements_by_dtype: str | None, metadata: str | None, architecture: str | None, context_length: int | None,
    file_type: str | None, header_bytes: int | None, bytes_read: int, tensor_names: str | None, status: str,
    reason: str | None,
) -> Row:  # fmt: skip
    """The header of a weight file."""
    return (
        content, format, tensor_count, parameters, parameters_by_dtype, elements_by_dtype, metadata, architecture,
        context_length, file_type, header_bytes, bytes_read, tensor_names, status, reason,
    )  # fmt: skip


def histories_row(
    *, hub_id: str, repo_id: str, sha: str | None, chain: str, commits: int, source: str, whole: bool,
    fetched_at: datetime,
) -> Row:  # fmt: skip
    """A history that was read."""
    return (hub_id, repo_id, sha, chain, commits, source, whole, micros(fetched_at))


def commits_row(
    *, hub_id: str, chain: str, number: int, commit: str, title: str | None, message: str | None, authors: Texts,
    committed_at: datetime | None, on_main: bool,
) -> Row:  # fmt: skip
    """A commit of a history."""
    return (hub_id, chain, number, commit, title, message, authors, micros(committed_at), on_main)


def file_versions_row(
    *, hub_id: str, chain: str, number: int, path: str, present: bool, size: int | None, oid: bytes | None,
    sha256: bytes | None, role: str | None, format: str | None,
) -> Row:  # fmt: skip
    """A file that a commit changed."""
    return (hub_id, chain, number, path, present, size, oid, sha256, role, format)


def visits_row(
    *, hub_id: str, sha: str | None, scope: str, state: str, credentials: str, visited_at: datetime, version: int
) -> Row:  # fmt: skip
    """How far a scope of a model was read."""
    return (hub_id, sha, scope, state, credentials, micros(visited_at), version)


def fetches_row(
    *, hub_id: str | None, requested_id: str, repo_id: str | None, sha: str | None, item: str, path: str | None,
    outcome: str, http_status: int | None, attempts: int, error: str | None, fetched_at: datetime | None,
) -> Row:  # fmt: skip
    """The outcome of one requested item; long errors are cut."""
    return (
        hub_id, requested_id, repo_id, sha, item, path, str(outcome), http_status, attempts, error and error[:500],
        micros(fetched_at),
    )  # fmt: skip


def runs_row(values: Mapping[str, Any]) -> Row:
    """The record of a run, from its values by column; those of an older version may lack some."""
    row = (values.get(name) for name in RUNS.names if name != "run_id")
    return tuple(micros(value) if isinstance(value, datetime) else value for value in row)


def tombstones_row(
    *, hub_id: str, repo_id: str, last_seen: datetime | None, noticed_at: datetime | None, cause: str,
    renamed_to: str | None, returned_at: datetime | None,
) -> Row:  # fmt: skip
    """A name that disappeared."""
    return (hub_id, repo_id, micros(last_seen), micros(noticed_at), cause, renamed_to, micros(returned_at))
