"""`harvester browse`: a local web application over a catalogue. Takes requests, returns pages; writes nothing."""
