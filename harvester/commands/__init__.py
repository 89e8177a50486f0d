"""What the larger commands do between their options and the rooms."""
