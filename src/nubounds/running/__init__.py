"""How the program and the workflow run: starting, waiting, locking, telling how far they are."""
