"""All that knows HTTP: transport, budgets, endpoints. Knows nothing about Parquet."""
