"""The Croissant description of an export (https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html).

A manifest in, JSON-LD out: a file or set of files per table, and a record set per table with a field per column.
"""

import json
from collections.abc import Sequence
from typing import Any

from harvester.export.about import title
from harvester.schema.table import Table

_TERMS = (
    "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileObject",
    "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5",
    "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator",
    "source", "subField", "transform",
)  # fmt: skip
#: The JSON-LD context of Croissant 1.1, as the specification gives it: loaders warn of any other.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _TERMS},
}
_TYPES = {
    "VARCHAR": "sc:Text", "BIGINT": "sc:Integer", "INTEGER": "sc:Integer", "BOOLEAN": "sc:Boolean", "DOUBLE":
    "sc:Float", "TIMESTAMP": "sc:DateTime", "DATE": "sc:Date", "BLOB": "sc:Text",
}  # fmt: skip
_PARQUET = "application/x-parquet"


def croissant(manifest: dict[str, Any], tables: Sequence[Table]) -> str:
    """Return the text of croissant.json."""
    entries = manifest["tables"]
    described = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": "hub-model-metadata",
        "description": f"{title(manifest)}. Population: {manifest['population']['text']}.",
        "license": "https://choosealicense.com/no-permission/",
        "url": "https://huggingface.co/datasets",
        "version": "1.0.0",
        "citeAs": f"{title(manifest)}. Collected with harvester {manifest['harvester']}.",
        "distribution": [_distribution(table, entries[table.name]) for table in tables],
        "recordSet": [_records(table, entries[table.name]) for table in tables],
    }
    if manifest["as_of"]:
        described["datePublished"] = manifest["as_of"]
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def _distribution(table: Table, entry: dict[str, Any]) -> dict[str, Any]:
    about = {"@id": f"{table.name}-files", "name": f"{table.name}-files", "encodingFormat": _PARQUET}
    if "parts" in entry:
        return {"@type": "cr:FileSet", **about, "includes": entry["file"]}
    return {
        "@type": "cr:FileObject", **about, "contentUrl": entry["file"], "contentSize": f"{entry['bytes']} B",
        "sha256": entry["sha256"],
    }  # fmt: skip


def _records(table: Table, entry: dict[str, Any]) -> dict[str, Any]:
    of = "fileSet" if "parts" in entry else "fileObject"
    fields = []
    for column in table.columns:
        kind = entry["columns"][column.name]
        field: dict[str, Any] = {
            "@type": "cr:Field",
            "@id": f"{table.name}/{column.name}",
            "name": column.name,
            "description": column.comment,
            "dataType": _TYPES[kind.removesuffix("[]")],
            "source": {of: {"@id": f"{table.name}-files"}, "extract": {"column": column.name}},
        }
        if kind.endswith("[]"):
            field |= {"isArray": True, "arrayShape": "-1"}
        fields.append(field)
    return {
        "@type": "cr:RecordSet", "@id": table.name, "name": table.name, "description": table.comment, "field": fields,
    }  # fmt: skip
