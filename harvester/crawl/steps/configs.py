"""`--with configs`: the configuration documents of a model, and those of its components."""

from harvester.crawl.steps.documents import Documents
from harvester.crawl.steps.step import Names
from harvester.extract.kinds import default_paths, kinds_version


class Configs(Documents):
    """Reads the documents of ``KINDS`` that are read by default; each index among them names components."""

    scope = "configs"
    main_document = "config.json"
    unread = """
    SELECT hub_id, sha FROM named ANTI JOIN requested USING (hub_id, sha, path)
    UNION ALL SELECT hub_id, sha FROM named WHERE path IN (SELECT unnest($indices::VARCHAR[]))
    UNION ALL SELECT hub_id, sha FROM lake_listing WHERE run_id = $run AND names IS NULL
    """

    def version(self) -> int:
        """Return a digest of the kinds read by default."""
        return kinds_version()

    def paths(self, names: Names) -> list[str]:
        """Return the documents of the root folder that are read by default."""
        return default_paths(names)
