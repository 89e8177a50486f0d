"""Tables and columns as data; imports nothing of ours but itself."""
