"""Exports of a catalogue for sharing: Parquet, a dataset card, Croissant, a citation and checksums."""
