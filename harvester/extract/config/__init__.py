"""The typed columns of a config document, harmonised over every architecture."""
