"""Defaults of a harvest's options, in one place for the command line and for Python. Light: `--help` shows them."""

#: What is read of a model; file names come with every listing.
DEPTHS = ("files", "configs")
HISTORY_BY = "git"
QUOTA_SHARE = 1.0
#: Concurrent requests: eight are enough to use a free token's quota.
WORKERS = 8
#: Models that `find` prints.
FOUND = 20
