"""Misbehaviour as a library: each fault is a class with a name.

To add one: write a class with a ``rate`` and ``before`` or ``after``, decorate it with ``@fault``; its kebab-case name is then
known to ``harvester sample-hub --fault``.
"""

from typing import Protocol

from harvester.samplehub.messages import Reply, Request


class Fault(Protocol):
    """A misbehaviour: it may answer in the Hub's place, or alter the Hub's answer."""

    rate: float

    def before(self, request: Request) -> Reply | None:
        """An answer in place of the Hub's, or None."""

    def after(self, request: Request, reply: Reply) -> Reply:
        """The Hub's answer, altered or not."""
