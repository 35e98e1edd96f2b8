"""Archives of runs: their content, their verification, and the detection of damage."""

import gzip
import io
import json
import tarfile
import types

import numpy as np
import pytest

from nubounds.archive import crate, pack
from nubounds.contract import Coordinate, Curve, InputError
from nubounds.steps import limits


@pytest.fixture
def run(tmp_path):
    """A results folder that looks like a finished run."""
    results = tmp_path / "results"
    files = {
        "report/index.html": "<p>report</p>",
        "thing/limits/a.txt": "1 2\n",
        "thing/chunks/s/0.npz": "left out",
        ".nubounds/config.json": "{}",
        ".nubounds/cache/thing/s/0.npz": "left out",
        "logs/thing/contour.log": "$ nubounds contour\ntook 1.00 s\n",
        "thing/.a.txt.1.part": "left out",
    }
    for name, text in files.items():
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text(text)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/my.txt").write_text("# label: mine\n")
    return types.SimpleNamespace(results=results, user_limits=tmp_path / "mine")


@pytest.fixture
def archive(run, tmp_path):
    pack.pack(run, tmp_path / "run.tar.gz", lambda line: None)
    return tmp_path / "run.tar.gz"


def contents(archive):
    with tarfile.open(archive) as file:
        return {info.name: file.extractfile(info).read() for info in file}


def rewritten(archive, change):
    """Rewrite an archive with its contents changed by a function."""
    files = contents(archive)
    change(files)
    with tarfile.open(archive, "w:gz") as file:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))


def test_it_verifies_and_says_what_it_is(archive):
    lines = pack.verify(archive)
    assert "all as the manifest says" in lines[0]
    assert "commit" in lines[1] and "numpy" in lines[2]


def test_what_only_a_later_run_needs_is_left_out(archive):
    names = contents(archive)
    assert {
        f"nubounds-run/results/{name}" for name in ("report/index.html", "thing/limits/a.txt", ".nubounds/config.json")
    } <= set(names)
    assert {
        "nubounds-run/workflow/Snakefile",
        "nubounds-run/user_limits/my.txt",
        "nubounds-run/workflow/rules/scan.smk",
    } <= set(names)
    assert not any(b"left out" in data for data in names.values())


def test_the_same_run_gives_the_same_bytes(run, archive, tmp_path):
    pack.pack(run, tmp_path / "again.tar.gz", lambda line: None)
    assert archive.read_bytes() == (tmp_path / "again.tar.gz").read_bytes()


TARGET = "nubounds-run/results/thing/limits/a.txt"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda files: files.update({TARGET: b"1 3\n"}), "results/thing/limits/a.txt: differs from the manifest"),
        (lambda files: files.pop(TARGET), "results/thing/limits/a.txt: missing"),
        (lambda files: files.update({"nubounds-run/extra": b""}), "extra: not in the manifest"),
        (lambda files: files.update({"nubounds-run/../escape": b""}), "not a plain file"),
        (lambda files: files.pop("nubounds-run/manifest-sha256.txt"), "not an archive of a run"),
    ],
)
def test_damage_is_reported(archive, change, message):
    rewritten(archive, change)
    with pytest.raises(InputError, match=message):
        pack.verify(archive)


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", gzip.compress(b"nonsense" * 200)], ids=["empty", "nonsense", "compressed nonsense"]
)
def test_other_files_are_rejected(tmp_path, content):
    path = tmp_path / "other.tar.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"other\.tar\.gz"):
        pack.verify(path)


def test_a_truncated_archive_is_rejected(archive):
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(InputError, match="damaged or not an archive"):
        pack.verify(archive)


def test_a_flipped_bit_is_noticed_wherever_it_is(archive):
    """Except in the ten bytes of the gzip header and in the unused bits before the checksum, which hold no content."""
    whole, unnoticed = archive.read_bytes(), 0
    for place in np.random.default_rng(1).integers(10, len(whole), 300):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << (place % 8)
        archive.write_bytes(damaged)
        try:
            pack.verify(archive)
            assert gzip.decompress(damaged) == gzip.decompress(whole)
            unnoticed += 1
        except InputError as problem:
            assert "run.tar.gz" in str(problem)
    assert unnoticed <= 2


def test_an_archive_says_which_commits_made_its_limits(run, tmp_path):
    curve = Curve("a", "a", [1.0, 2.0], [1.0, 2.0], Coordinate("m", "1", "m"), Coordinate("g", "1", "g"))
    for name, commit in {"first": "abc123", "second": "def456"}.items():
        path = run.results / f"{name}/limits/a.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(limits.as_json(curve, {"commit": commit})))
    pack.pack(run, tmp_path / "two.tar.gz", lambda line: None)
    assert "limit files of commit abc123, def456" in pack.verify(tmp_path / "two.tar.gz")[2]


def test_an_unfinished_run_is_not_packed(run, tmp_path):
    (run.results / "report/index.html").unlink()
    with pytest.raises(InputError, match="no report in it; finish the run first"):
        pack.pack(run, tmp_path / "run.tar.gz", lambda line: None)


def references(value):
    """Return all {"@id": ...} links inside a value."""
    if isinstance(value, dict):
        return (
            [value["@id"]]
            if set(value) == {"@id"}
            else [link for entry in value.values() for link in references(entry)]
        )
    return [link for entry in value for link in references(entry)] if isinstance(value, list) else []


def test_the_crate_is_connected_and_follows_the_profiles(archive):
    files = {name.removeprefix("nubounds-run/"): data for name, data in contents(archive).items()}
    document = json.loads(files[crate.METADATA])
    graph = {entity["@id"]: entity for entity in document["@graph"]}
    assert len(graph) == len(document["@graph"])
    outside = ("http://schema.org/", "https://bioschemas.org/", "https://snakemake.readthedocs.io", crate.CRATE)
    for entity in graph.values():
        for link in references([value for key, value in entity.items() if key != "@id"]):
            assert link in graph or link.startswith(outside), link
    root, action = graph["./"], graph["#run"]
    assert {link["@id"] for link in root["conformsTo"]} == set(crate.PROFILES)
    assert graph[root["mainEntity"]["@id"]]["@type"] == ["File", "SoftwareSourceCode", "ComputationalWorkflow"]
    assert action["@type"] == "CreateAction" and action["instrument"] == root["mainEntity"]
    assert {"@id": "results/.nubounds/config.json"} in action["object"]
    assert {"@id": "results/thing/limits/a.txt"} in action["result"]
    described = {name for name, entity in graph.items() if "sha256" in entity}
    assert described == set(files) - {crate.METADATA, pack.MANIFEST}
