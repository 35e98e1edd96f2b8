"""The pages of the documentation are complete; `make docs` builds them and runs their examples."""

import fnmatch
import re

import pytest

import nubounds
from nubounds import contract, registry
from nubounds.code.sources import CHECKOUT

DOCS = CHECKOUT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def documented(page):
    """Last names of everything that a page of the API documents."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return {name.split(".")[-1] for name in re.findall(r"^\.\. (?:auto|py:)\w+:: ([\w.]+)", text, re.MULTILINE)}


def test_every_public_name_is_in_the_reference():
    assert set(dir(nubounds)) <= documented("api.md")


def test_what_constraints_are_made_with_is_in_the_reference():
    constants = {name for name in contract.__all__ if name.isupper()}
    internal = {"Settings"}
    assert set(contract.__all__) - constants - internal <= documented("api.md") | documented("api_constraints.md")


@pytest.mark.parametrize("name", registry.names())
def test_every_constraint_has_a_page(name):
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8").startswith("# ")


def test_every_page_is_in_the_contents():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    trees = re.findall(r"^```\{toctree\}\n(?::[^\n]*\n)*\n(.*?)^```", index, re.MULTILINE | re.DOTALL)
    entries = " ".join(trees).split()
    for page in PAGES:
        name = str(page.relative_to(DOCS).with_suffix(""))
        assert name == "index" or any(fnmatch.fnmatchcase(name, entry) for entry in entries), name


@pytest.mark.parametrize("page", [*PAGES, CHECKOUT / "README.md"], ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_links_lead_somewhere(page):
    for link in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        assert ":" in link or (page.parent / link).exists(), link
