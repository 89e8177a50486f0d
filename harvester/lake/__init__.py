"""Writes Parquet parts whole or not at all, and reads them."""
