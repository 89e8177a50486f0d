"""Plans what to request: this run's listing, without what is final in the lake; the most downloaded models first.

The plan is a table in a scratch DuckDB file, read in chunks, so that three million models need little memory.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from harvester.crawl.journal import INDEX_KINDS
from harvester.crawl.losses import valid_histories, valid_refs, valid_visits
from harvester.crawl.planned import NOT_SERVED, KnownFile, KnownHistory, PlannedModel, PriorDocument
from harvester.crawl.sample import draw
from harvester.crawl.select import Selection
from harvester.crawl.stale import make_stale
from harvester.extract.version import EXTRACTOR_VERSION
from harvester.lake.duck import quoted
from harvester.lake.parts import Loss

CHUNK = 500

_LISTED = """
CREATE OR REPLACE TABLE listed AS
WITH first_rows AS (
    SELECT hub_id, sha, min(position) AS position FROM lake_listing WHERE run_id = $run GROUP BY hub_id, sha
),
relisted AS (
    SELECT hub_id, arg_max(repo_id, observed_at) AS repo_id, arg_max(sha, observed_at) AS sha,
        max(observed_at) AS observed_at
    FROM lake_facts WHERE run_id = $run GROUP BY hub_id HAVING count(*) > 1
)
SELECT listed.hub_id, coalesce(newer.repo_id, listed.repo_id) AS repo_id, coalesce(newer.sha, listed.sha) AS sha,
    coalesce(listed.requested_id, listed.repo_id) AS requested_id,
    listed.downloads, listed.position, listed.gated, listed.disabled, listed.listed_files
FROM lake_listing AS listed JOIN first_rows USING (hub_id, position)
-- A model that was listed again in this run, its commit gone, is what it was then.
LEFT JOIN relisted AS newer
    ON newer.hub_id = listed.hub_id AND newer.observed_at > listed.observed_at AND listed.requested_id IS NULL
WHERE listed.run_id = $run
"""
# Members that an update did not list are planned as last known. Models found gone wait for the next listing.
_UNLISTED = """
INSERT INTO listed
WITH members AS (
    SELECT hub_id FROM lake_members WHERE selection_id = $selection GROUP BY hub_id HAVING arg_max(present, run_id)
),
others AS (SELECT hub_id FROM members ANTI JOIN listed USING (hub_id)),
gone AS (SELECT hub_id, max(run_id) AS run_id FROM lake_tombstones WHERE renamed_to IS NULL GROUP BY hub_id),
newest AS (
    SELECT hub_id, max(run_id) AS run_id, arg_max(
        {'repo_id': repo_id, 'sha': sha, 'files': listed_files}, (run_id, observed_at)
    ) AS reported
    FROM lake_facts SEMI JOIN others USING (hub_id) WHERE pinned IS NOT TRUE GROUP BY hub_id
),
observed AS (
    SELECT hub_id, arg_max({'downloads': downloads, 'gated': gated, 'disabled': disabled}, run_id) AS reported
    FROM lake_observations SEMI JOIN others USING (hub_id) GROUP BY hub_id
)
SELECT newest.hub_id, newest.reported.repo_id, newest.reported.sha, newest.reported.repo_id,
    observed.reported.downloads, NULL, observed.reported.gated, observed.reported.disabled, newest.reported.files
FROM newest
LEFT JOIN observed ON observed.hub_id = newest.hub_id
LEFT JOIN gone ON gone.hub_id = newest.hub_id
WHERE (gone.run_id IS NULL OR gone.run_id < newest.run_id)
    AND (newest.hub_id, newest.reported.sha) NOT IN (
        SELECT (hub_id, sha) FROM lake_fetches
        WHERE outcome IN ('private_or_deleted', 'replaced', 'disabled') AND hub_id IS NOT NULL AND sha IS NOT NULL
    )
"""
# Commits whose files are unknown although an earlier version considered them complete: no files, names without sizes,
# fewer files than are listed. They are read again from the tree.
_DOUBTFUL = """
CREATE OR REPLACE TABLE doubtful AS
WITH whole AS (
    SELECT DISTINCT hub_id, sha FROM lake_manifests
    WHERE source = 'tree' OR (file_count > 0 AND total_size IS NOT NULL)
)
SELECT hub_id, sha FROM lake_manifests ANTI JOIN whole USING (hub_id, sha)
UNION SELECT hub_id, sha FROM lake_facts ANTI JOIN whole USING (hub_id, sha) WHERE listed_files = 0
UNION SELECT manifests.hub_id, manifests.sha FROM lake_manifests AS manifests JOIN listed USING (hub_id, sha)
GROUP BY manifests.hub_id, manifests.sha
HAVING bool_and(manifests.source = 'manifest') AND max(manifests.file_count) < max(listed.listed_files)
"""
_NEED = """
CREATE OR REPLACE TABLE need AS
WITH final AS (
    SELECT DISTINCT hub_id, sha, scope FROM lake_visits AS visits
    LEFT JOIN (SELECT hub_id, sha, true AS doubted FROM doubtful) AS doubtful USING (hub_id, sha)
    -- A gate or a closure holds as long as the listing shows it, an extractor's error as long as its version.
    WHERE ((state = 'complete' AND (doubted IS NULL OR scope IN ('dates', 'history'))
            AND (hub_id, sha, scope) NOT IN (SELECT (hub_id, sha, scope) FROM stale))
        OR (state = 'erred' AND version = $extractor)
        OR (state = 'gated' AND credentials = $credentials
            AND hub_id NOT IN (SELECT hub_id FROM listed WHERE gated = 'false'))
        OR (state = 'disabled' AND hub_id IN (SELECT hub_id FROM listed WHERE disabled)))
        AND {valid}
),
wanted AS (SELECT hub_id, sha, unnest($scopes::VARCHAR[]) AS scope FROM listed)
SELECT hub_id, sha, list(wanted.scope ORDER BY wanted.scope) AS scopes
FROM wanted ANTI JOIN final ON wanted.hub_id = final.hub_id AND wanted.sha = final.sha AND wanted.scope = final.scope
GROUP BY hub_id, sha
"""
_PLAN = """
CREATE OR REPLACE TABLE plan AS
SELECT row_number() OVER (ORDER BY listed.downloads DESC NULLS LAST, listed.position, listed.hub_id) - 1 AS place,
    listed.hub_id, listed.repo_id, listed.sha, listed.requested_id, need.scopes, listed.position, listed.gated
FROM need JOIN listed ON listed.hub_id = need.hub_id AND listed.sha IS NOT DISTINCT FROM need.sha
"""
_WORK = """
CREATE OR REPLACE TABLE work AS
WITH read AS (
    SELECT hub_id, arg_max(chain, (run_id, fetched_at)) AS chain, arg_max(sha, (run_id, fetched_at)) AS head,
        arg_max(commits, (run_id, fetched_at)) AS commits, arg_max(whole, (run_id, fetched_at)) AS whole
    FROM lake_histories WHERE {valid} GROUP BY hub_id
),
named AS (
    SELECT hub_id, sha, list(DISTINCT path ORDER BY path) AS names FROM lake_files
    SEMI JOIN (SELECT hub_id, sha FROM plan WHERE position IS NULL) AS unlisted USING (hub_id, sha)
    GROUP BY hub_id, sha
),
indices AS (
    SELECT hub_id, chain, list(DISTINCT {'path': path, 'oid': oid}) AS versions FROM lake_file_versions
    WHERE path IN (SELECT unnest($indices::VARCHAR[])) AND oid IS NOT NULL GROUP BY hub_id, chain
)
SELECT plan.place, plan.hub_id, plan.repo_id, plan.sha, plan.requested_id, plan.scopes,
    -- Without names a manifest is read first.
    CASE WHEN doubtful.sha IS NULL THEN coalesce(listed.names, named.names) END AS names,
    plan.position IS NULL AS carried, coalesce(plan.gated IN ('auto', 'manual'), false) AS gated,
    -- A kind that was added since may be in any commit: all of them are read again.
    CASE WHEN read.chain IS NOT NULL AND plan.hub_id NOT IN (SELECT hub_id FROM stale WHERE scope = 'history')
        THEN {'chain': read.chain, 'head': read.head, 'commits': read.commits, 'whole': read.whole,
            'indices': indices.versions} END AS history
FROM plan LEFT JOIN lake_listing AS listed ON listed.run_id = $run AND listed.position = plan.position
LEFT JOIN named ON named.hub_id = plan.hub_id AND named.sha = plan.sha
LEFT JOIN read ON read.hub_id = plan.hub_id AND list_contains(plan.scopes, 'history')
LEFT JOIN indices ON indices.hub_id = read.hub_id AND indices.chain = read.chain
LEFT JOIN doubtful ON doubtful.hub_id = plan.hub_id AND doubtful.sha = plan.sha
ORDER BY plan.place
"""
_PRIOR = """
CREATE OR REPLACE TABLE prior AS
WITH fetched AS (
    SELECT hub_id, sha, path, NULL AS kind, NULL AS oid, arg_max(outcome, (run_id, fetched_at)) AS outcome
    FROM lake_fetches
    WHERE (item = 'document' AND outcome IN ('absent', 'oversized', 'invalid'))
        -- Found named but not served by another run: once more, and it is final.
        OR (item IN ('document', 'weights') AND outcome = 'mismatch' AND run_id <> $run
            AND starts_with(error, $not_served))
    GROUP BY hub_id, sha, path
),
stored AS (
    SELECT hub_id, sha, path, any_value(kind) AS kind, any_value(oid) AS oid, 'ok' AS outcome
    FROM lake_refs WHERE {valid} GROUP BY hub_id, sha, path
),
final AS (
    SELECT hub_id, sha, path, kind, oid, outcome FROM stored
    UNION ALL SELECT hub_id, sha, path, kind, oid::BLOB, outcome FROM fetched
)
SELECT plan.place, path, outcome, kind, oid FROM final
JOIN plan USING (hub_id, sha)
"""
_MANIFESTS = """
CREATE OR REPLACE TABLE manifest_files AS
SELECT plan.place, files.path, files.size, files.oid, files.sha256
FROM plan JOIN lake_files AS files USING (hub_id, sha)
ANTI JOIN doubtful USING (hub_id, sha)
WHERE files.source <> 'listing' AND NOT list_contains(plan.scopes, 'files')
"""


def _known_history(*, indices: list[dict[str, Any]] | None, **known: Any) -> KnownHistory:
    return KnownHistory(**known, indices=tuple((one["path"], one["oid"]) for one in indices or ()))


class Plan:
    """The planned models of a run, in the order they are visited."""

    def __init__(self, con: duckdb.DuckDBPyConnection):
        self._con = con

    @classmethod
    def make(
        cls, con: duckdb.DuckDBPyConnection, run_id: str, scopes: Sequence[str], credentials: str,
        losses: Sequence[Loss] = (), unlisted_of: str | None = None, selection: Selection | None = None,
    ) -> "Plan":  # fmt: skip
        """Make the plan of a run in the database ``con`` is on (views ``lake_*`` defined).

        After ``losses`` what was visited until then is looked at again; what is still known costs no request.
        ``unlisted_of``: the selection whose members are planned although the run did not list them.
        ``selection``: if it is a sample, only that is planned.
        """
        con.execute(_LISTED, {"run": run_id})
        if selection is not None and selection.sample is not None:
            draw(con, run_id, selection)
            con.execute("DELETE FROM listed WHERE hub_id NOT IN (SELECT hub_id FROM sampled)")
        if unlisted_of is not None:
            con.execute(_UNLISTED, {"selection": unlisted_of})
        con.execute(_DOUBTFUL)
        need = _NEED.replace("{valid}", valid_visits(losses))
        make_stale(con, run_id, scopes)
        con.execute(need, {"scopes": list(scopes), "credentials": credentials, "extractor": EXTRACTOR_VERSION})
        con.execute(_PLAN)
        indices = [f"{kind}.json" for kind in INDEX_KINDS]
        con.execute(_WORK.replace("{valid}", valid_histories(losses)), {"run": run_id, "indices": indices})
        prior = _PRIOR.replace("{valid}", valid_refs(losses))
        con.execute(prior, {"run": run_id, "not_served": NOT_SERVED})
        con.execute(_MANIFESTS)
        for table in ("listed", "stale", "need", "plan", "doubtful"):
            con.execute(f"DROP TABLE {quoted(table)[1:-1]}")
        return cls(con)

    def count(self) -> int:
        """Return how many models are planned."""
        return int(self._con.execute("SELECT count(*) FROM work").fetchall()[0][0])

    def carried(self) -> int:
        """Return the number of planned models that this run did not list."""
        return int(self._con.execute("SELECT count(*) FROM work WHERE carried").fetchall()[0][0])

    def gated(self) -> int:
        """Return the number of planned models that are gated."""
        return int(self._con.execute("SELECT count(*) FROM work WHERE gated").fetchall()[0][0])

    def models(self) -> Iterator[PlannedModel]:
        """Yield the planned models, reading ``CHUNK`` per query."""
        for start in range(0, self.count(), CHUNK):
            bounds = {"first": start, "end": start + CHUNK}
            between = "WHERE place >= $first AND place < $end"
            prior: dict[int, dict[str, PriorDocument]] = {}
            for place, path, outcome, kind, oid in self._con.execute(
                f"SELECT place, path, outcome, kind, oid FROM prior {between}", bounds
            ).fetchall():
                prior.setdefault(place, {})[path] = PriorDocument(outcome, kind, oid)
            manifests: dict[int, dict[str, KnownFile]] = {}
            for place, path, size, oid, sha256 in self._con.execute(
                f"SELECT place, path, size, oid, sha256 FROM manifest_files {between}", bounds
            ).fetchall():
                manifests.setdefault(place, {})[path] = KnownFile(size, oid, sha256)
            for place, hub_id, repo_id, sha, requested_id, scopes, names, history in self._con.execute(
                "SELECT place, hub_id, repo_id, sha, requested_id, scopes, names, history "
                f"FROM work {between} ORDER BY place",
                bounds,
            ).fetchall():
                yield PlannedModel(
                    hub_id, repo_id, sha, requested_id, None if names is None else tuple(names), frozenset(scopes),
                    prior.get(place, {}), manifests.get(place),
                    None if history is None else _known_history(**history),
                )  # fmt: skip
