"""Plots and the browse page."""
