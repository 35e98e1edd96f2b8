"""``python -m nubounds``, which MPI launchers start."""

import os
import sys

if not sys.flags.safe_path and sys.path[0] == os.getcwd():  # noqa: PTH109  before anything else is imported
    del sys.path[0]  # a random.py of the user's in the project folder is no module of ours

from nubounds.cli import main

sys.exit(main())
