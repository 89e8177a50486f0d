"""Defaults of a harvest's options, in one place for the command line and for Python. Light: `--help` shows them."""

#: What is read of a model; file names come with every listing.
DEPTHS = ("files", "configs")
HISTORY_BY = "git"
QUOTA_SHARE = 1.0
#: Concurrent requests if the quota is small, unknown, or that of a Hub on this machine.
WORKERS = 8
#: And at most: enough to use the quota of an Enterprise plan.
WORKERS_MOST = 64
#: Models that `find` prints.
FOUND = 20
