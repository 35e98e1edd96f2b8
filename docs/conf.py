"""How Sphinx builds the documentation site: `make docs`, which makes the toy run that the pages read first."""

import os
import sys
from pathlib import Path

from jupyter_client import KernelManager

import nubounds

EXTENSIONS = Path(__file__).resolve().with_name("_extensions")
sys.path.insert(0, str(EXTENSIONS))
os.environ["PYTHONSTARTUP"] = str(EXTENSIONS / "page_startup.py")

project = "nubounds"
author = copyright = "The nubounds developers"
version = release = nubounds.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "constraint_pages",
]
exclude_patterns = ["_extensions"]
nitpicky = True
# Types of other libraries have no page here; neither has what is internal.
nitpick_ignore_regex = [("py:.*", r"(?!nubounds\.).*"), ("py:.*", r"nubounds\.\w+\._\w+")]

html_theme = "pydata_sphinx_theme"
html_title = f"nubounds {release}"
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False, "show_toc_level": 2}
html_sidebars = {"**": []}  # the contents are one level deep: the first page has them
html_show_copyright = False

# Pages in MyST; those that say so in their first lines are notebooks, run from top to bottom by every build.
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True
KernelManager.transport_encryption.default_value = "auto"  # a kernel warns that others could listen otherwise

# A public name without its sections ends the build.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_validation_checks = {
    "GL01", "GL03", "GL06", "GL07", "GL08",  # there is a docstring, with known sections in their order
    "SS01", "SS02", "SS03", "SS04",  # which begins with a sentence
    "PR01", "PR02", "PR03", "PR04", "PR07", "PR10",  # every parameter, with type and meaning
    "RT01", "RT03", "YD01",  # what comes back
}  # fmt: skip
numpydoc_validation_exclude = {r"\.(Status|Side|Study|InputTable)$"}  # nobody calls their constructors
