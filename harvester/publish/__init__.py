"""Publishes an export as a data set on the Hub."""
