"""Lines of kernels, documents, declarations and rules end at 120 columns (ruff looks after Python)."""

import subprocess

import pytest

from nubounds.code.sources import CHECKOUT

ENDINGS = (".h", ".md", ".pxd", ".pyx", ".smk", ".toml", ".yaml", ".yml")
LONGEST = 120


def files():
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.splitlines() if name.endswith(ENDINGS) or name in ("Makefile", "Snakefile")]


def rows(text):
    """Numbers of lines that cannot be broken: rows of tables, in Markdown and in blocks that become csv files."""
    csv = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            csv = line.endswith(".csv")
        if csv or line.startswith("|"):
            yield number


@pytest.mark.skipif(not (CHECKOUT / ".git").exists(), reason="not a git checkout")
def test_lines_end_at_120_columns():
    found = []
    for name in files():
        text = (CHECKOUT / name).read_text(encoding="utf-8")
        kept = set(rows(text)) if name.endswith(".md") else ()
        found += [
            f"{name}:{number}: {len(line)}"
            for number, line in enumerate(text.splitlines(), 1)
            if len(line) > LONGEST and number not in kept
        ]
    assert found == []
