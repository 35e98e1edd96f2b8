"""``python -m nubounds``, as started by MPI launchers."""

import os
import sys

if not sys.flags.safe_path and sys.path[0] == os.getcwd():  # noqa: PTH109  before anything else is imported
    del sys.path[0]  # so that a user's random.py in the project folder does not shadow the standard module

from nubounds.cli import main

sys.exit(main())
