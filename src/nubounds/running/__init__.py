"""Running the program and the workflow: starting, waiting, locking, reporting progress."""
