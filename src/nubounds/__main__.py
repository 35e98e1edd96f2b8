"""``python -m nubounds``, which MPI launchers start."""

import sys

from nubounds.cli import main

sys.exit(main())
