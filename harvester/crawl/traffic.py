"""The traffic of a run: that of this process, added to that of its earlier processes."""

from harvester.crawl.journal import OpenRun
from harvester.hub.endpoints import Hub


def add_traffic(run: OpenRun, base: OpenRun, hub: Hub) -> None:
    """Set a run's counters to those of ``base``, the run as it was found, and what was sent to the Hub since."""
    budget, traffic = hub.transport.budget, hub.transport.traffic
    spent = budget.spent()
    run.requests = {
        name: base.requests.get(name, 0) + (spent[name].requests if name in spent else 0)
        for name in {*base.requests, *spent}
    }
    run.requests_git = base.requests_git + sum(s.of_git for s in spent.values())
    run.git_bucket = hub.git.bucket or base.git_bucket
    run.odd = {name: base.odd.get(name, 0) + hub.odd[name] for name in dict.fromkeys([*base.odd, *hub.odd])}
    run.rate_limited = base.rate_limited + sum(s.rate_limited for s in spent.values())
    run.seconds_waited = base.seconds_waited + budget.seconds_waited()
    run.retries = base.retries + traffic.retries
    run.bytes_read = base.bytes_read + traffic.bytes_read
