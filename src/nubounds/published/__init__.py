"""Published limits of other experiments: a table of where they are, fetched only on request, never part of the project."""
