"""Pages run where a reader would run them: in the project's folder."""

import os
from pathlib import Path

os.chdir(Path(os.environ["PYTHONSTARTUP"]).parents[2])
del os, Path
