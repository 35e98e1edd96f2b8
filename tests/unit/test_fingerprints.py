"""Fingerprints decide what an edit makes out of date, and depend on the content of data files."""

import ast
import os

import pytest

from nubounds import config, registry
from nubounds.code import sources
from nubounds.inputs import declare
from nubounds.inputs.parameter import plain
from nubounds.registry import Constraint
from nubounds.steps import plan


def defaults_of(constraint):
    return {key: plain(parameter.default) for key, parameter in constraint.inputs.items()}


def test_content_of_a_users_file(tmp_path):
    constraint, scan, name = next(
        (constraint, scan, name)
        for constraint in registry.all_constraints()
        for scan, function in constraint.scan_functions.items()
        for name, parameter in declare.inputs_of(function).items()
        if parameter.kind == "file"
    )
    defaults = defaults_of(constraint)
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
    (tmp_path / "made_up" / "scans.py").write_text("")
    hashes = [constraint.code_hash("scans")]
    for name, text in (("a.csv", "1"), ("a.csv", "2"), ("b.csv", "1")):
        (data / name).write_text(text)
        hashes.append(constraint.code_hash("scans"))
    assert len(set(hashes)) == 4


def test_data_and_records_of_shared_physics_count(monkeypatch):
    shared = [(name, folder) for name in registry.names() for folder in registry.get(name).folders[1:]]
    assert shared
    for name, folder in shared:
        hashed = set()
        monkeypatch.setattr(registry, "hash_files", lambda files, *_, to=hashed: to.update(files))
        registry.get(name).code_hash("scans")
        assert {*(folder / "data").glob("*"), *folder.glob("inputs.py")} <= hashed
        assert folder / "inputs.py" in registry.declaring_files(name)


def test_a_constraint_does_not_see_what_it_does_not_share():
    for name in registry.names():
        others = {file for other in registry.names() if other != name for file in registry.get(other).folder.rglob("*")}
        assert not others & registry.declaring_files(name)


def test_inputs_that_a_scan_does_not_declare_do_not_count():
    for constraint in registry.all_constraints():
        section = config.Section({}, defaults_of(constraint), {})
        for function in constraint.scan_functions.values():
            assert set(plan.inputs_for(constraint, section, function)) == set(declare.inputs_of(function))


AWKWARD = '''"""
from here on nothing is certain
"""
from nubounds import (
    tables,  # :)
    grid,
)
import nubounds.units as u; from nubounds \\
    import registry
def f():
    from . import contour
'''


@pytest.mark.parametrize("text", [*(path.read_text() for path in sources.PACKAGE.rglob("*.py")), AWKWARD])
def test_every_import_statement_is_found(text):
    tree = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    found = sources._import_statements(text)
    assert sorted(map(ast.unparse, found)) == sorted(map(ast.unparse, tree))
