"""Builds the DuckDB catalogue from the lake by SQL files."""
