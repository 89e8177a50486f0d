"""Asks the catalogue: shipped queries, SQL, one model's page, models that fit a use. Never imports crawl or hub."""
