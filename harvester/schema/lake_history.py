"""The tables of the lake that hold what models were: their commits, and the files at each of them."""

from harvester.schema.lake_keys import HUB_ID, RUN, SHA
from harvester.schema.table import Column, Table

_CHAIN = Column(
    "chain", "VARCHAR", "head at which this line of commits was first read; another where main was rewritten"
)
_NUMBER = Column("number", "BIGINT", "place of the commit, from 0 for the oldest")
HISTORIES = Table(
    "histories",
    "a history that was read, up to a head",
    (
        RUN,
        HUB_ID,
        Column("repo_id", "VARCHAR", "name when read"),
        SHA,
        _CHAIN,
        Column("commits", "BIGINT", "commits of the chain up to that head"),
        Column("source", "VARCHAR", "git or api"),
        Column("whole", "BOOLEAN", "file_versions hold every file; false: documents alone"),
        Column("fetched_at", "TIMESTAMP", "arrival"),
    ),
    ("hub_id", "sha"),
)
COMMITS = Table(
    "commits",
    "commits of a model; those of a chain that were known are not written again",
    (
        RUN,
        HUB_ID,
        _CHAIN,
        _NUMBER,
        Column("commit", "VARCHAR", "commit id"),
        Column("title", "VARCHAR", "first line of the message, without e-mail addresses"),
        Column("message", "VARCHAR", "the rest of it, without e-mail addresses"),
        Column("authors", "VARCHAR[]", "author and co-authors, names alone"),
        Column("committed_at", "TIMESTAMP", "time of the commit"),
        Column("on_main", "BOOLEAN", "its tree was main's; false for what a merge brought"),
    ),
    ("hub_id", "chain", "number"),
)
FILE_VERSIONS = Table(
    "file_versions",
    "what each commit of main did to the files: together, the manifest at every commit",
    (
        RUN,
        HUB_ID,
        _CHAIN,
        _NUMBER,
        Column("path", "VARCHAR", "path in the repository"),
        Column("present", "BOOLEAN", "false where the commit removed the file"),
        Column("size", "BIGINT", "bytes; NULL for a plain file that git left out as too large"),
        Column("oid", "BLOB", "git blob id, 20 bytes; NULL where it follows from sha256 and size (LFS pointer)"),
        Column("sha256", "BLOB", "content SHA-256 of an LFS file, 32 bytes"),
        Column("role", "VARCHAR", "what the file is for"),
        Column("format", "VARCHAR", "file format"),
    ),
    ("hub_id", "chain", "number", "path"),
)
