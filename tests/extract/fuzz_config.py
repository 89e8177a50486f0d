"""Fuzz targets of the config parsers: each takes bytes, and fails if anything is raised or an answer is malformed.

Run by ``test_config_fuzz.py`` on generated and mutated documents. To run one for long with a coverage-guided fuzzer,
hand it the function, for instance ``atheris.Setup(sys.argv, fuzz_document)``.
"""

from collections.abc import Callable

from harvester.extract.document import extract_document
from harvester.extract.kinds import KINDS, OTHER, component_paths, kind_of
from harvester.extract.lenient import REASON_CAP, decode
from harvester.schema.config_columns import CONFIG_COLUMNS

STATUSES = {"ok", "lenient", "invalid", "not_object", "oversized"}
LEAF_TYPES = {"string", "integer", "number", "boolean", "null", "array", "object"}
PYTHON_TYPES = {"VARCHAR": str, "BIGINT": int, "DOUBLE": float, "BOOLEAN": bool, "VARCHAR[]": list}
TYPES = {column.name: PYTHON_TYPES[column.type] for column in CONFIG_COLUMNS}


def fuzz_decode(data: bytes) -> None:
    """The lenient decoder."""
    decoded = decode(data)
    assert decoded.status in {"ok", "lenient", "invalid"}
    assert (decoded.reason is None) == (decoded.status == "ok")
    if decoded.reason is not None:
        assert len(decoded.reason.encode()) <= 10 * REASON_CAP


def fuzz_document(data: bytes) -> None:
    """Every kind of document, whole: every row must fit the lake."""
    for kind in (*KINDS, OTHER):
        read = extract_document(kind.file_name, data)
        assert read.status in STATUSES
        assert (read.reason is None) == (read.status == "ok")
        for field, type_, value, number in read.leaves:
            field.encode()
            assert type_ in LEAF_TYPES
            assert (number is not None) == (type_ in ("integer", "number"))
            if value is not None:
                value.encode()
        for column, cell in read.typed.items():
            assert type(cell) is TYPES[column]
            if isinstance(cell, int):
                assert -(2**63) <= cell < 2**63
            for text in cell if isinstance(cell, list) else [cell] if isinstance(cell, str) else []:
                text.encode()
        for index, label in read.labels:
            assert -(2**63) <= index < 2**63
            label.encode()


def fuzz_components(data: bytes) -> None:
    """The lists of components: no path leaves the repository."""
    for path in ("model_index.json", "modules.json"):
        for component in component_paths(path, data, ()):
            assert component.isprintable() or not component.isascii()
            assert not {"", ".", ".."} & set(component.split("/"))
            kind_of(component)


TARGETS: tuple[Callable[[bytes], None], ...] = (fuzz_decode, fuzz_document, fuzz_components)
