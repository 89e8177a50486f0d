"""The tables of the lake about the history of models: commits, and the files at each of them."""

from harvester.schema.lake_keys import HUB_ID, RUN, SHA
from harvester.schema.table import Column, Table

_CHAIN = Column("chain", "VARCHAR", "head at which this line of commits was first read; changes if main is rewritten")
_NUMBER = Column("number", "BIGINT", "position of the commit, 0 for the oldest")
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
        Column("whole", "BOOLEAN", "file_versions contain every file; false: only documents"),
        Column("fetched_at", "TIMESTAMP", "arrival"),
    ),
    ("hub_id", "sha"),
)
COMMITS = Table(
    "commits",
    "commits of a model; known commits of a chain are not written again",
    (
        RUN,
        HUB_ID,
        _CHAIN,
        _NUMBER,
        Column("commit", "VARCHAR", "commit id"),
        Column("title", "VARCHAR", "first line of the message, without e-mail addresses"),
        Column("message", "VARCHAR", "the rest of the message, without e-mail addresses"),
        Column("authors", "VARCHAR[]", "author and co-authors, only names"),
        Column("committed_at", "TIMESTAMP", "time of the commit"),
        Column("on_main", "BOOLEAN", "its tree was that of main; false for commits that came in by a merge"),
    ),
    ("hub_id", "chain", "number"),
)
FILE_VERSIONS = Table(
    "file_versions",
    "file changes of each commit of main; together they give the manifest at every commit",
    (
        RUN,
        HUB_ID,
        _CHAIN,
        _NUMBER,
        Column("path", "VARCHAR", "path in the repository"),
        Column("present", "BOOLEAN", "false if the commit removed the file"),
        Column("size", "BIGINT", "bytes; NULL for a plain file that git did not send because of its size"),
        Column("oid", "BLOB", "git blob id, 20 bytes; NULL if it follows from sha256 and size (LFS pointer)"),
        Column("sha256", "BLOB", "content SHA-256 of an LFS file, 32 bytes"),
        Column("role", "VARCHAR", "role of the file"),
        Column("format", "VARCHAR", "file format"),
    ),
    ("hub_id", "chain", "number", "path"),
)
