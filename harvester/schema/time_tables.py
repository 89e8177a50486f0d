"""The catalogue's tables of time: what vanished, and what changed."""

from harvester.schema.keys import HUB_ID
from harvester.schema.table import Column, Table

TOMBSTONES = Table(
    "tombstones",
    "One row a name that vanished. Only complete listings of a whole selection tell that a name is gone (never a top-N, "
    "an id file, or a listing that is clearly shorter than the one before), and one direct request confirms each; a "
    "rename, a name that another model bears in the same listing, or a repository listed as disabled needs none. New "
    "gating is no tombstone but a change.",
    (
        HUB_ID,
        Column("repo_id", "VARCHAR", "The name that vanished. Trap: another model may bear it by now."),
        Column("last_seen", "TIMESTAMP", "Last listing that held the model under this name, UTC."),
        Column("noticed_at", "TIMESTAMP", "When it was found to be gone, UTC: it vanished between the two."),
        Column(
            "cause",
            "VARCHAR",
            "deleted_or_private (the Hub tells no difference); renamed: the same hub_id lives on under renamed_to; "
            "replaced: the name now belongs to another hub_id, its own gone; disabled: closed by the Hub. Trap: the "
            "listing goes on to hold most disabled repositories; those stay in `models`, with disabled = true.",
        ),
        Column(
            "renamed_to",
            "VARCHAR",
            "New name of the same hub_id. NULL for other causes, and where the new name was purged.",
        ),
        Column(
            "returned_at",
            "TIMESTAMP",
            "First listing after that which held the model again (renamed: under this name; disabled: open again), UTC. "
            "NULL: not so far.",
        ),
    ),
    ("hub_id", "repo_id", "noticed_at"),
)

CHANGES = Table(
    "changes",
    "One row a change between two revisions of a model that were read one after the other. A thing's first version makes "
    "no rows: nor does a document that came or went (its file row tells), nor one that could not be read.",
    (
        HUB_ID,
        Column("repo_id", "VARCHAR", "Name of the model when the change was noticed."),
        Column(
            "changed_at", "TIMESTAMP", "When it was noticed (end of that run's listing), UTC; of a commit its own time."
        ),
        Column(
            "from_sha",
            "VARCHAR",
            "First known commit with the old value (a file that was added: the revision before). Trap: without a "
            "history, commits between two harvests are not known, so the change lies after the last commit with it.",
        ),
        Column(
            "to_sha", "VARCHAR", "First known commit with the new value; equals from_sha where only gating changed."
        ),
        Column(
            "kind",
            "VARCHAR",
            "config (a leaf of a document), label (one row a label), license, lineage (base models), card (task and "
            "library), file, gating.",
        ),
        Column("path", "VARCHAR", "Document or file. NULL for license, lineage, card, gating and weight_format."),
        Column(
            "field",
            "VARCHAR",
            "config: as in config_fields; label: the class index, after the path of the sub-model that has the map "
            "(text_config.0); license, base_model, base_model_relation, pipeline_tag, "
            "library_name, gated; file: content where it changed, NULL where it came or went, weight_format where the "
            "formats of all weight files changed (pickle to safetensors).",
        ),
        Column(
            "change",
            "VARCHAR",
            "added, removed, changed, or permuted (a label that took the place of one that stayed, under another index).",
        ),
        Column(
            "old",
            "VARCHAR",
            "Value before. config: JSON text, so 1 and 1.0 differ and 1e-5 and 0.00001 do not; file: SHA-256 of an LFS "
            "file, else git blob id; base models: names joined with a comma. NULL: not there (a leaf above 64 kB too: it is compared, but not shown).",
        ),
        Column("new", "VARCHAR", "Value after, in the form of old."),
        Column(
            "noise",
            "BOOLEAN",
            "Nothing was meant by it: version stamps alone (transformers_version, _commit_hash, _diffusers_version), a "
            "document that was only formatted again, placeholder labels (LABEL_n) that a library wrote, numbered or left "
            "out, the same value under the name or in the spelling of transformers 5 (rope_theta and rope_scaling in "
            'rope_parameters, dtype for torch_dtype, float16 for torch.float16, {"__float__": "Infinity"}).',
        ),
        Column(
            "announced_by",
            "VARCHAR[]",
            "What else changed in the same step: card_body, tag, name, new_version; empty is silent. Trap: without "
            "--with cards, card_body is guessed: the card's blob changed, and by more than its front matter did.",
        ),
        Column(
            "source",
            "VARCHAR",
            "harvest: between two harvests; git: between two commits, where the history was read (by git or through the API); "
            "it supersedes the interval between two harvests that it covers.",
        ),
    ),
    ("hub_id", "to_sha", "kind", "path", "field"),
)

COMMITS = Table(
    "commits",
    "One row a commit that leads to the head at which the history of a model was read last (--with history). Where main "
    "was rewritten since, only the new line of commits is here.",
    (
        HUB_ID,
        Column("repo_id", "VARCHAR", "Current name of the model."),
        Column("commit", "VARCHAR", "Commit (40 hex digits)."),
        Column(
            "position",
            "BIGINT",
            "Place in the history, 0 the newest, in the order of git log. Trap: counted from the head that was read, which "
            "may be behind models.sha.",
        ),
        Column("title", "VARCHAR", "First line of the message."),
        Column("message", "VARCHAR", "The rest of it, e-mail addresses taken out, at most 20,000 characters."),
        Column(
            "authors",
            "VARCHAR[]",
            "Author, then co-authors. Trap: git knows the name the author gave, the API the user name on the Hub. Never an "
            "e-mail address.",
        ),
        Column("committed_at", "TIMESTAMP", "Time of the commit, UTC, as its author's machine said: it may lie."),
    ),
    ("hub_id", "commit"),
)

FILE_VERSIONS = Table(
    "file_versions",
    "One row a file that a commit of main added, changed or removed (--with history): together the manifest at every "
    "commit, which files_at(model, commit) puts together.",
    (
        HUB_ID,
        Column("repo_id", "VARCHAR", "Current name of the model."),
        Column("commit", "VARCHAR", "Commit (40 hex digits)."),
        Column("committed_at", "TIMESTAMP", "Its time, UTC."),
        Column("path", "VARCHAR", "Path in the repository."),
        Column("present", "BOOLEAN", "FALSE: the commit removed the file."),
        Column(
            "size", "BIGINT", "Bytes. NULL where removed, and for a plain file above 64 kB that git did not hand out."
        ),
        Column("oid", "VARCHAR", "Git blob id; of an LFS file its pointer's. NULL where removed."),
        Column("sha256", "VARCHAR", "SHA-256 of the content of an LFS file."),
        Column("role", "VARCHAR", "As in files."),
        Column("format", "VARCHAR", "As in files."),
    ),
    ("hub_id", "commit", "path"),
)

TIME_TABLES = (TOMBSTONES, COMMITS, FILE_VERSIONS, CHANGES)
