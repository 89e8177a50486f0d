"""`--with cards`: the model card, and evaluation results in the Hub's own place."""

from harvester.crawl.steps.documents import Documents
from harvester.crawl.steps.step import Names
from harvester.extract.kinds import CARD, card_paths, cards_version


class Cards(Documents):
    """Reads the card and what belongs to it."""

    scope = "cards"
    main_document = CARD.file_name
    unread = "SELECT hub_id, sha FROM with_card ANTI JOIN requested USING (hub_id, sha, path)"

    def version(self) -> int:
        """Return a digest of the names that are read with a card."""
        return cards_version()

    def paths(self, names: Names) -> list[str]:
        """Return the card and the results."""
        return card_paths(names)
