"""Crossings, maxima, polylines, grids and units: tools that know nothing of the project."""
