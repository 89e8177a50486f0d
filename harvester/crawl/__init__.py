"""Joins hub, extract and lake: selects, plans, fetches, publishes."""
