"""Published limits of other experiments: a table of where they are, fetched on request, never part of the project."""
