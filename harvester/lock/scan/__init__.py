"""Finds the names of models in a code base: ``walk.scan`` returns them with file and line. Reads files, runs none."""
