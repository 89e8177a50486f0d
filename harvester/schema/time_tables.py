"""The catalogue's tables about time: tombstones, commits, changes."""

from harvester.schema.keys import HUB_ID
from harvester.schema.table import Column, Table

TOMBSTONES = Table(
    "tombstones",
    "Names that disappeared, one row per name. Only a complete listing of a whole selection shows that a name is gone "
    "(never a top-N, an id file, or a listing that is far shorter than the one before), and one direct request confirms "
    "each. No request is needed for a rename, a name that another model has in the same listing, or a repository listed "
    "as disabled. New gating is a change, not a tombstone.",
    (
        HUB_ID,
        Column("repo_id", "VARCHAR", "The name that disappeared. Trap: another model may have it by now."),
        Column("last_seen", "TIMESTAMP", "Last listing with the model under this name, UTC."),
        Column(
            "noticed_at",
            "TIMESTAMP",
            "When it was found to be gone, UTC. It disappeared between last_seen and this time.",
        ),
        Column(
            "cause",
            "VARCHAR",
            "deleted_or_private (the Hub does not distinguish them); renamed: the same hub_id now has the name renamed_to; "
            "replaced: the name now belongs to another hub_id, and the old one is gone; disabled: closed by the Hub. Trap: "
            "most disabled repositories are still listed and stay in `models`, with disabled = true.",
        ),
        Column(
            "renamed_to",
            "VARCHAR",
            "New name of the same hub_id. NULL for other causes, and if the new name was purged.",
        ),
        Column(
            "returned_at",
            "TIMESTAMP",
            "First later listing with the model (renamed: under this name; disabled: no longer disabled), UTC. NULL: not "
            "so far.",
        ),
    ),
    ("hub_id", "repo_id", "noticed_at"),
)

CHANGES = Table(
    "changes",
    "One row per change between two consecutively read revisions of a model. The first version of an item has no rows; nor "
    "has a document that was added or removed (see its file row) or that could not be read.",
    (
        HUB_ID,
        Column("repo_id", "VARCHAR", "Name of the model when the change was noticed."),
        Column(
            "changed_at",
            "TIMESTAMP",
            "Time of the commit (source git), or when it was noticed: end of that run's listing (source harvest), UTC.",
        ),
        Column(
            "from_sha",
            "VARCHAR",
            "First known commit with the old value (for an added file: the revision before). Trap: without a history, "
            "commits between two harvests are unknown, so the change happened after the last commit with the old value.",
        ),
        Column("to_sha", "VARCHAR", "First known commit with the new value; equals from_sha if only gating changed."),
        Column(
            "kind",
            "VARCHAR",
            "config (a leaf of a document), label (one row per label), license, lineage (base models), card (task and "
            "library), file, gating.",
        ),
        Column("path", "VARCHAR", "Document or file. NULL for license, lineage, card, gating and weight_format."),
        Column(
            "field",
            "VARCHAR",
            "config: as in config_fields; label: the class index, after the path of the sub-model that has the map "
            "(text_config.0); license, base_model, base_model_relation, pipeline_tag, library_name, gated; file: content if "
            "it changed, NULL if the file was added or removed, weight_format if the formats of all weight files changed "
            "(pickle to safetensors).",
        ),
        Column(
            "change",
            "VARCHAR",
            "added, removed, changed, or permuted (an existing label that moved to another index).",
        ),
        Column(
            "old",
            "VARCHAR",
            "Value before. config: JSON text, so that 1 and 1.0 differ but 1e-5 and 0.00001 do not; file: SHA-256 of an LFS "
            "file, else git blob id; base models: names joined with commas. NULL: no value (or a leaf above 64 kB: it is "
            "compared, but not shown).",
        ),
        Column("new", "VARCHAR", "Value after, in the same form."),
        Column(
            "noise",
            "BOOLEAN",
            "The change has no meaning: only version stamps (transformers_version, _commit_hash, _diffusers_version), a "
            "document that was only reformatted, placeholder labels (LABEL_n) that a library wrote, renumbered or left out, "
            "the same value under the name or in the spelling of transformers 5 (rope_theta and rope_scaling in "
            'rope_parameters, dtype for torch_dtype, float16 for torch.float16, {"__float__": "Infinity"}).',
        ),
        Column(
            "announced_by",
            "VARCHAR[]",
            "What else changed in the same step: card_body, tag, name, new_version; empty means silent. Trap: without "
            "--with cards, card_body is inferred: the card's blob changed by more than its front matter.",
        ),
        Column(
            "source",
            "VARCHAR",
            "harvest: between two harvests; git: between two commits, from the history (read through git or the API), which "
            "replaces the interval between harvests that it covers.",
        ),
    ),
    ("hub_id", "to_sha", "kind", "path", "field"),
)

COMMITS = Table(
    "commits",
    "One row per commit that leads to the head at which the history of a model was last read (--with history). If main "
    "was rewritten since, only the new commits are here.",
    (
        HUB_ID,
        Column("repo_id", "VARCHAR", "Current name of the model."),
        Column("commit", "VARCHAR", "Commit (40 hex digits)."),
        Column(
            "position",
            "BIGINT",
            "Position in the history, 0 for the newest, in the order of git log. Trap: counted from the head that was read, "
            "which may be older than models.sha.",
        ),
        Column("title", "VARCHAR", "First line of the message."),
        Column("message", "VARCHAR", "The rest of the message, without e-mail addresses, at most 20,000 characters."),
        Column(
            "authors",
            "VARCHAR[]",
            "Author, then co-authors. Trap: git has the name that the author configured, the API the user name on the Hub. "
            "Never an e-mail address.",
        ),
        Column(
            "committed_at",
            "TIMESTAMP",
            "Time of the commit, UTC, as reported by the author's machine: it may be wrong.",
        ),
    ),
    ("hub_id", "commit"),
)

FILE_VERSIONS = Table(
    "file_versions",
    "One row per file that a commit of main added, changed or removed (--with history). Together they give the manifest "
    "at every commit: see files_at(model, commit).",
    (
        HUB_ID,
        Column("repo_id", "VARCHAR", "Current name of the model."),
        Column("commit", "VARCHAR", "Commit (40 hex digits)."),
        Column("committed_at", "TIMESTAMP", "Its time, UTC."),
        Column("path", "VARCHAR", "Path in the repository."),
        Column("present", "BOOLEAN", "FALSE if the commit removed the file."),
        Column("size", "BIGINT", "Bytes. NULL if removed, and for plain files above 64 kB that git did not send."),
        Column("oid", "VARCHAR", "Git blob id; for LFS files that of the pointer. NULL if removed."),
        Column("sha256", "VARCHAR", "SHA-256 of the content of an LFS file."),
        Column("role", "VARCHAR", "As in files."),
        Column("format", "VARCHAR", "As in files."),
    ),
    ("hub_id", "commit", "path"),
)

TIME_TABLES = (TOMBSTONES, COMMITS, FILE_VERSIONS, CHANGES)
