"""Queries the catalogue: shipped queries, SQL, one model's page, model search. Never imports crawl or hub."""
