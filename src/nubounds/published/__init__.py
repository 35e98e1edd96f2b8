"""Published limits of other experiments and public data releases, fetched on request and never part of the project."""
