"""An extracted document as rows of the lake tables `configs`, `fields` and `labels` (without run_id)."""

from typing import Any

from harvester.extract.document import EXTRACTOR_VERSION, extract_document
from harvester.schema.config_columns import CONFIG_COLUMNS

_TYPED = tuple(column.name for column in CONFIG_COLUMNS)


def extracted_rows(oid: bytes, kind: str, path: str, data: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """Extract one document into its rows, by table. Pure, never raises."""
    found = extract_document(path, data)
    typed = found.typed
    config = (
        oid, kind, EXTRACTOR_VERSION, found.status, found.reason, found.keep_bytes, *(typed.get(c) for c in _TYPED)
    )  # fmt: skip
    return {
        "configs": [config],
        "fields": [(oid, kind, *leaf) for leaf in found.leaves],
        "labels": [(oid, kind, label_id, label) for label_id, label in found.labels],
    }
