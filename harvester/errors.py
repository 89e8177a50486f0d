"""The errors that end a command; the class decides the exit code.

    HarvesterError
    ├── UsageError        2   wrong option, unreadable id file, a directory that is not a harvest
    ├── HubUnavailable    3   the Hub cannot be reached, or refuses the credentials
    │   └── TokenRefused      it refuses the credentials
    ├── LocalError        2   a problem of this machine: full disk, a file in use by another process
    └── DamagedLake       1   a file of the lake is damaged, and dropping it would lose what no run can request again

A model that cannot be read is never an exception: it is an outcome (see ``outcome``).
"""

#: The next step if a Hub does not answer as one.
DOCTOR = "`harvester doctor` looks for the cause"


class HarvesterError(Exception):
    """Ends the command with one line on stderr and ``exit_code``; the message names what is wrong and the fix."""

    exit_code = 1


class UsageError(HarvesterError):
    """The command cannot be executed as given."""

    exit_code = 2


class LocalError(HarvesterError):
    """A problem of this machine: no space left, a lock of another process, a damaged file."""

    exit_code = 2


class HubUnavailable(HarvesterError):
    """The Hub cannot be reached, or refuses the credentials."""

    exit_code = 3


class TokenRefused(HubUnavailable):
    """The Hub refuses the token, or credentials that something on the way added."""


class DamagedLake(HarvesterError):
    """A file of the lake is missing or damaged, and is not dropped without consent."""

    exit_code = 1
