"""How an exception inside an extractor is worded: it costs the one item that raised it, as an `invalid` row."""

#: How the reason of such a row begins. It is final only for the version of the extractor that wrote it.
EXTRACTOR_ERROR = "extractor error"
REASON_CAP = 300


def extractor_error(error: BaseException) -> str:
    """Return the reason of an item that made an extractor raise, as printable text of at most ``REASON_CAP``."""
    try:
        words = f"{EXTRACTOR_ERROR}: {type(error).__name__}: {error}"
    except Exception:  # an exception may fail to describe itself
        words = f"{EXTRACTOR_ERROR}: {type(error).__name__}"
    return "".join(c if c.isprintable() else " " for c in words[:REASON_CAP]).strip()
