"""The same job as people do it without harvester: all files of every model with hashes, and its config documents.

    python benchmarks/peer_jobs.py usual|snapshot|dlt DIR

Each job talks to HF_ENDPOINT, works in DIR, and writes there `found.json`: for each model the hashes of its files by
path ("files") and of the bytes of each document that it read ("documents"). What a job could not read is left out, as
its users would find it. Run by benchmarks/peers.py, each in a process of its own.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from harvester.extract.kinds import default_paths

THREADS = 8
Found = dict[str, dict[str, dict[str, str]]]


def blob_id(data: bytes) -> str:
    """Return the id that git gives to a file of these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def usual(folder: Path) -> Found:
    """The usual script: one listing, then eight threads that call model_info and hf_hub_download."""
    from huggingface_hub import HfApi, hf_hub_download

    api = HfApi()
    listed = list(api.list_models(full=True, cardData=True, fetch_config=True))
    found: Found = {}

    def read(repo_id: str) -> None:
        entry: dict[str, dict[str, str]] = {"files": {}, "documents": {}}
        try:
            info = api.model_info(repo_id, files_metadata=True)
            entry["files"] = {file.rfilename: file.blob_id or "" for file in info.siblings or []}
        except Exception as error:
            print(f"{repo_id}: {error!r}"[:200], file=sys.stderr)
        found[repo_id] = entry
        for path in default_paths(entry["files"]):
            try:
                at = hf_hub_download(repo_id, path, cache_dir=folder / "cache")
                entry["documents"][path] = blob_id(Path(at).read_bytes())
            except Exception as error:
                print(f"{repo_id} {path}: {error!r}"[:200], file=sys.stderr)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(read, [model.id for model in listed]))
    return found


def snapshot(folder: Path) -> Found:
    """snapshot_download of the JSON files of every model; it shows no sizes or hashes of other files."""
    from huggingface_hub import HfApi, snapshot_download

    found: Found = {}

    def read(repo_id: str) -> None:
        entry: dict[str, dict[str, str]] = {"files": {}, "documents": {}}
        found[repo_id] = entry
        try:
            at = Path(snapshot_download(repo_id, allow_patterns=["*.json"], cache_dir=folder / "cache", max_workers=1))
        except Exception as error:
            print(f"{repo_id}: {error!r}"[:200], file=sys.stderr)
            return
        names = [path.relative_to(at).as_posix() for path in at.rglob("*") if path.is_file()]
        entry["documents"] = {path: blob_id((at / path).read_bytes()) for path in default_paths(names)}

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(read, [model.id for model in HfApi().list_models()]))
    return found


def dlt(folder: Path) -> Found:
    """A dlt pipeline into DuckDB: its REST client lists, two parallel transformers read manifests and documents."""
    import dlt as tool
    import duckdb
    from dlt.sources.helpers.rest_client.client import RESTClient
    from dlt.sources.helpers.rest_client.paginators import HeaderLinkPaginator

    client = RESTClient(os.environ["HF_ENDPOINT"], paginator=HeaderLinkPaginator())

    def attempt(what: str, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Exception as error:
            print(f"{what}: {error!r}"[:200], file=sys.stderr)
            return None

    @tool.resource(name="models", write_disposition="merge", primary_key="id")
    def models() -> Iterator[list[dict[str, Any]]]:
        for page in client.paginate("/api/models", params={"full": "true", "limit": 1000}):
            yield [{"id": row["id"], "sha": row["sha"]} for row in page]

    @tool.transformer(
        data_from=models, name="manifests", write_disposition="merge", primary_key="id", parallelized=True
    )
    def manifests(page: list[dict[str, Any]]) -> Iterator[Any]:
        for row in page:

            @tool.defer
            def read(repo_id: str = row["id"]) -> dict[str, Any] | None:
                got = attempt(repo_id, lambda: client.get(f"/api/models/{repo_id}", params={"blobs": "true"}).json())
                files = {file["rfilename"]: file.get("blobId") or "" for file in (got or {}).get("siblings", [])}
                return {"id": repo_id, "sha": (got or {}).get("sha"), "files": json.dumps(files)}

            yield read()

    @tool.transformer(data_from=manifests, name="documents", write_disposition="merge", primary_key=["id", "path"],
                      parallelized=True)  # fmt: skip
    def documents(item: dict[str, Any]) -> Iterator[Any]:
        for path in default_paths(json.loads(item["files"])):

            @tool.defer
            def read(path: str = path) -> dict[str, Any] | None:
                url = f"/{item['id']}/resolve/{item['sha']}/{path}"
                got = attempt(url, lambda: client.get(url).content)
                return None if got is None else {"id": item["id"], "path": path, "oid": blob_id(got)}

            yield read()

    os.environ.update({"EXTRACT__WORKERS": str(THREADS), "RUNTIME__DLTHUB_TELEMETRY": "false"})
    database = folder / "dlt.duckdb"
    pipeline = tool.pipeline("peer", pipelines_dir=str(folder), destination=tool.destinations.duckdb(str(database)))
    pipeline.run([models, manifests, documents], dataset_name="hub")
    found: Found = {}
    with duckdb.connect(str(database), read_only=True) as con:
        for repo_id, files in con.execute("SELECT id, files FROM hub.manifests").fetchall():
            found[repo_id] = {"files": json.loads(files), "documents": {}}
        for repo_id, path, oid in con.execute("SELECT id, path, oid FROM hub.documents").fetchall():
            found[repo_id]["documents"][path] = oid
    return found


JOBS = {"usual": usual, "snapshot": snapshot, "dlt": dlt}


def main() -> None:
    """Run one job, and write what it found."""
    job, folder = JOBS[sys.argv[1]], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "found.json").write_text(json.dumps(job(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
