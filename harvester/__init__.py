"""harvester: a frugal crawler of model metadata on the Hugging Face Hub, into Parquet and DuckDB."""

__version__ = "0.1.0"
