"""What a step wrote is noted; what differs is found, made again, and nothing else is ever removed."""

import json

import pytest

from nubounds.code import build, sources
from nubounds.contract import InputError
from nubounds.files import digests, tables
from nubounds.files.layout import Layout
from nubounds.steps import limits


@pytest.fixture
def layout(tmp_path):
    """A results folder in which one step wrote three files, and a user a fourth."""
    layout = Layout(tmp_path / "results")
    with digests.noting(layout, "lens", "contour"):
        tables.write_json(layout.hepdata("lens"), [1, 2])
        tables.write_json(layout.limits_index("lens"), {"a": {}})
        tables.write_text(layout.limits("lens") / "a.txt", "1 2\n")
    (layout.limits("lens") / "mine.txt").write_text("my own\n")
    return layout


def repair(layout):
    """What a run removes, and the lines that it says."""
    before = {path for path in layout.root.rglob("*") if path.is_file()}
    lines = digests.repair(layout, {("lens", "contour"): [layout.hepdata("lens"), layout.limits_index("lens")]})
    return {path.name for path in before if not path.exists()}, lines


def test_whole_results_stay(layout):
    digests.require(layout, "lens", "contour")
    assert repair(layout) == (set(), [])


@pytest.mark.parametrize(
    "damage", [lambda text: text.replace("1", "7"), lambda text: text[: len(text) // 2], lambda text: ""]
)
@pytest.mark.parametrize(
    ("name", "removed"),
    [
        ("limits/hepdata/submission.yaml", {"submission.yaml"}),
        ("limits/index.json", {"index.json"}),
        ("limits/a.txt", {"a.txt", "submission.yaml", "index.json"}),  # the workflow does not know it by name
    ],
)
def test_what_differs_is_named_and_goes(layout, name, removed, damage):
    path = layout.root / "lens" / name
    path.write_text(damage(path.read_text().replace("{}", "1")))
    with pytest.raises(InputError, match=f"{path.name}: changed or truncated since it was written"):
        digests.require(layout, "lens", "contour")
    gone, lines = repair(layout)
    assert gone == removed
    assert lines == [f"{path}: changed or truncated since it was written: it will be recomputed"]


def test_a_missing_file_that_the_workflow_does_not_know_is_made_again(layout):
    (layout.limits("lens") / "a.txt").unlink()
    assert repair(layout) == ({"submission.yaml", "index.json"}, [])


@pytest.mark.parametrize("note", [None, "", "{", "[1]", "5", '{"lens/limits/hepdata/submission.yaml": 5}'])
def test_results_without_a_good_note_are_made_again(layout, note):
    path = layout.digests("lens", "contour")
    path.unlink()
    if note is not None:
        path.write_text(note)
    gone, lines = repair(layout)
    assert gone == {"submission.yaml", "index.json"}
    assert len(lines) == 2


def test_a_note_from_a_stranger_removes_nothing_outside(layout, tmp_path):
    (tmp_path / "precious.txt").write_text("precious")
    note = layout.digests("lens", "contour")
    for name in ("../precious.txt", str(tmp_path / "precious.txt"), "lens/../../precious.txt"):
        note.write_text(json.dumps(json.loads(note.read_text()) | {name: "0" * 64}))
    repair(layout)
    assert (tmp_path / "precious.txt").exists()


def test_a_step_in_parts_keeps_what_it_noted_before(layout):
    (layout.root / "lens/limits/a.txt").unlink()
    with digests.noting(layout, "lens", "contour"):
        tables.write_text(layout.limits("lens") / "b.txt", "1 2\n")
    names = {path.name for path in digests.read(layout, "lens", "contour")}
    assert names == {"submission.yaml", "index.json", "b.txt"}


def test_a_step_that_fails_notes_nothing(layout):
    with pytest.raises(RuntimeError), digests.noting(layout, "lens", "contour"):
        tables.write_json(layout.hepdata("lens"), [3])
        raise RuntimeError
    assert repair(layout)[0] == {"submission.yaml"}


def test_only_unchanged_files_of_ours_are_ours(layout):
    (layout.limits("lens") / "a.txt").write_text("improved\n")
    assert {path.name for path in digests.ours(layout, "lens", "contour")} == {"submission.yaml", "index.json"}


def test_files_of_a_user_stay_beside_limit_files(tmp_path, monkeypatch):
    """Curves that are gone lose their files; a user's own, and those that a user has changed, stay."""
    import types

    from nubounds import registry
    from nubounds.contract import Coordinate, Curve
    from nubounds.steps import hepdata

    name = registry.names()[0]
    source = {
        "commit": "abc",
        "config": "def",
        "inputs_date": "2000-01-01",
        "reference": {"reference": "x", "title": "", "authors": ""},
    }
    monkeypatch.setattr(limits, "origin", lambda config, name: source)
    config, layout = types.SimpleNamespace(results=tmp_path), Layout(tmp_path)
    for stems in (("a", "b", "c"), ("a",)):
        axes = Coordinate("m", "1", "m"), Coordinate("g", "1", "g")
        curves = [Curve(stem, stem, [1.0, 2.0], [1.0, 2.0], *axes) for stem in stems]
        limits.write(config, name, curves, lambda line: None)
        hepdata.write(config, name, curves, lambda line: None)
        assert set(limits.read_curves(layout, name)) == set(stems)
        if len(stems) > 1:
            for file in ("mine.txt", "mine.json", "notes.md", "hepdata/mine.yaml"):
                (layout.limits(name) / file).write_text("{}")
            (layout.limits(name) / "b.txt").write_text("improved\n")
    left = {path.relative_to(layout.limits(name)).as_posix() for path in layout.limits(name).rglob("*.*")}
    ours = {"a.txt", "a.json", "index.json", "hepdata/a.yaml", "hepdata/submission.yaml"}
    assert left == ours | {"mine.txt", "mine.json", "notes.md", "hepdata/mine.yaml", "b.txt"}


@pytest.mark.parametrize("content", ["", "[", "null", "[1]", '[{"name": "a"}]', '{"a": 1}', "[" * 10_000, "\x00"])
def test_damaged_limit_files_without_a_note_are_one_line(tmp_path, content):
    path = tmp_path / "limit.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"limit\.json: (damaged|not a limit file)"):
        limits.read(path)


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b'a,b\n"1', b"a,b\n1,2,3\n1\n1,2,3,4,5\n"])
def test_damaged_tables_without_a_note_are_one_line(tmp_path, content):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"table\.csv: damaged or not a table"):
        tables.read_table(path)


@pytest.fixture
def kernels(tmp_path, monkeypatch):
    """One kernel, built and up to date."""
    folder = tmp_path / "kernels"
    folder.mkdir()
    (tmp_path / "thing.pyx").write_text("x = 1\n")
    monkeypatch.setattr(sources, "KERNELS", folder)
    monkeypatch.setattr(sources, "CYTHON_EXT", tmp_path)
    sources.kernel_file("thing").write_bytes(b"machine code")
    (folder / "manifest.json").write_text(json.dumps({"thing": sources.kernel_entry("thing")}))
    build.require_fresh.cache_clear()
    yield folder
    build.require_fresh.cache_clear()


def test_a_built_kernel_is_fresh(kernels):
    build.require_fresh()


def test_an_exchanged_kernel_is_noticed(kernels):
    sources.kernel_file("thing").write_bytes(b"machine c0de")
    with pytest.raises(InputError, match="were replaced since they were built: thing; run `make build`"):
        build.require_fresh()


@pytest.mark.parametrize("manifest", ["", "{", "[]", "5", '{"thing": "of an older form"}', '{"thing": {}}'])
def test_a_damaged_manifest_asks_for_a_build(kernels, manifest):
    (kernels / "manifest.json").write_text(manifest)
    with pytest.raises(InputError, match="out of date: thing; run `make build`"):
        build.require_fresh()
