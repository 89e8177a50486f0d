"""What a harvest reads of a model: one file per depth of `--with` (crawl/depths.py has the table)."""
