"""History: what changed from commit to commit. Pure."""
