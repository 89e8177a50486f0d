"""Pure functions, bytes in and rows out: no I/O, no clock."""
