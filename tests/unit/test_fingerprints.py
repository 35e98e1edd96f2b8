"""What an edit makes out of date is told by fingerprints, and they see into data files."""

import ast
import os

import pytest

from nubounds import config, plan, registry, sources
from nubounds.registry import Constraint


def test_content_of_a_users_file(tmp_path):
    constraint, scan, name = next(
        (constraint, scan, name)
        for constraint in registry.all_constraints()
        for scan, declared in constraint.scans.items()
        for name in declared["inputs"]
        if constraint.declaration["inputs"][name]["kind"] == "file"
    )
    defaults = {key: declared["default"] for key, declared in constraint.declaration["inputs"].items()}
    file = tmp_path / "mine.csv"

    def fingerprint():
        return plan.scan_fingerprint(constraint, scan, config.Section({}, defaults | {name: str(file)}, {}))

    file.write_text("1")
    first = fingerprint()
    os.utime(file, (0, 0))
    assert fingerprint() == first
    file.write_text("2")
    assert fingerprint() != first


def test_content_and_names_of_embedded_data(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "FOLDER", tmp_path)
    constraint, data = Constraint("made_up", {}), tmp_path / "made_up" / "data"
    data.mkdir(parents=True)
    hashes = [constraint.code_hash("model")]
    for name, text in (("a.csv", "1"), ("a.csv", "2"), ("b.csv", "1")):
        (data / name).write_text(text)
        hashes.append(constraint.code_hash("model"))
    assert len(set(hashes)) == 4


def test_inputs_that_a_scan_does_not_declare_do_not_count():
    for constraint in registry.all_constraints():
        defaults = {key: declared["default"] for key, declared in constraint.declaration["inputs"].items()}
        for scan, declared in constraint.scans.items():
            seen = plan.scan_inputs(constraint, scan, config.Section({}, defaults, {}))
            assert set(seen) == set(declared["inputs"])


AWKWARD = '''"""
from here on nothing is certain
"""
from nubounds import (
    axes,  # :)
    grid,
)
import nubounds.units as u; from nubounds \\
    import tables
def f():
    from . import contour
'''


@pytest.mark.parametrize("text", [*(path.read_text() for path in sources.PACKAGE.rglob("*.py")), AWKWARD])
def test_every_import_statement_is_found(text):
    tree = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    found = sources._import_statements(text)
    assert sorted(map(ast.unparse, found)) == sorted(map(ast.unparse, tree))
