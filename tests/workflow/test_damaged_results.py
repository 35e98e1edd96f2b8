"""Results that someone or something changed: named in a line, made again by the same run, refused by steps by hand."""

import os
import shutil
import sys

import pytest

CHANGED = "changed or truncated since it was written"
DAMAGE = {
    # file -> what happens to it
    "lens/tables/focal_length.csv": "digit",
    "lens/chunks/focal_length/all.npz": "half",
    "lens/limits/index.json": "half",
    "lens/limits/focal_length.txt": "digit",
    "lens/limits/focal_length.json": "digit",
    "lens/limits/hepdata/focal_length.yaml": "digit",
    "lens/scorecard.csv": "half",
    "lens/figures/fig1.png": "half",
    "mirror/tables/focal_length.csv": "half",
    "mirror/limits/hepdata/submission.yaml": "digit",
    "mirror/scorecard.csv": "digit",
    "comparison/scalar.pdf": "half",
    "report/lens.html": "half",
    ".nubounds/report_time.txt": "half",
}
UNLIKE = ("report/", ".nubounds/report_time.txt", ".nubounds/digests/report/")  # they say when they were made


def damage(path, kind):
    """Change one digit, or cut a file in half, and leave its time as it was."""
    data, status = bytearray(path.read_bytes()), path.stat()
    if kind == "digit":
        place = max(index for index, byte in enumerate(data) if chr(byte).isdigit())
        data[place] = ord("0") + (data[place] - ord("0") + 1) % 10
    else:
        del data[len(data) // 2 :]
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_whatever_was_changed_is_named_and_made_again_by_the_same_run(done):
    mine = done.folder / "results/lens/limits/mine.txt"
    mine.write_text("my own\n")
    before = done.bytes_of("**/*.*")
    for name, kind in DAMAGE.items():
        damage(done.folder / "results" / name, kind)
    output = done.snakemake()
    for name in DAMAGE:
        assert f"results/{name}: {CHANGED}: it will be recomputed" in output
    after = done.bytes_of("**/*.*")
    wanted = [name for name in before if not name.startswith((*UNLIKE, "logs/"))]
    assert {name: after.get(name) for name in wanted} == {name: before[name] for name in wanted}
    assert set(after) == set(before)
    assert "Nothing to be done" in done.snakemake()
    assert mine.read_text() == "my own\n"


@pytest.mark.parametrize(
    ("name", "kind", "step"),
    [
        ("lens/tables/focal_length.csv", "digit", ["contour", "lens"]),
        ("lens/tables/focal_length.csv", "half", ["figures", "lens"]),
        ("lens/limits/focal_length.json", "half", ["limits", "--list"]),
        ("lens/limits/focal_length.json", "digit", ["figures", "lens"]),
        ("lens/limits/index.json", "half", ["planes", "scalar"]),
        ("lens/limits/index.json", "half", ["limits", "--list"]),
        ("lens/limits/focal_length.json", "digit", ["planes", "scalar"]),
        ("lens/scorecard.csv", "half", ["report"]),
        ("lens/figures/fig1.png", "half", ["report"]),
        ("lens/limits/focal_length.txt", "digit", ["archive"]),
    ],
)
def test_a_step_by_hand_refuses_it_in_one_line(done, name, kind, step):
    damage(done.folder / "results" / name, kind)
    lines = done.nubounds(*step, "--config", "lens.yaml", status=2).splitlines()
    assert len(lines) == 1 and f"results/{name}: {CHANGED}; run `nubounds " in lines[0]


def test_a_damaged_cache_is_not_used(done):
    damage(done.folder / "results/.nubounds/cache/lens/focal_length/all.npz", "half")
    output = done.nubounds("scan", "lens", "--config", "lens.yaml")
    assert "cache file ignored" in output and "computed 6, reused 0" in output


def test_an_exchanged_kernel_is_refused(project):
    kernels = project.folder / "src/nubounds/kernels"
    lens, mirror = (next(kernels.glob(f"{name}.*.so")) for name in ("lens", "mirror"))
    shutil.copy(mirror, lens)
    line = "compiled kernels were replaced since they were built: lens; run `make build`"
    assert project.nubounds("check", "lens.yaml", status=2) == f"nubounds: {line}\n"
    assert project.nubounds("evaluate", "lens.focal_length", "a_cm=1", status=2) == f"nubounds: {line}\n"
    project.build()
    project.nubounds("check", "lens.yaml")


def test_the_code_of_another_checkout_is_refused(built_project, project):
    (project.folder / "docs").mkdir(exist_ok=True)
    other = {"PYTHONPATH": str(built_project.folder / "src")}
    line = f"running the code of {built_project.folder}, not of this checkout ({project.folder})"
    for words in (["check", "lens.yaml"], ["evaluate", "lens.focal_length", "a_cm=1"], ["list"]):
        output = project.nubounds(*words, status=2, **other)
        assert line in output and len(output.splitlines()) == 1
    assert line in project.snakemake("--dry-run", status=2, **other)
    assert not (project.folder / "results").exists()


def test_files_of_a_user_named_like_modules_break_nothing(project):
    for name in ("random", "copy", "json", "numpy", "mpi4py", "heapq", "queue", "yaml"):
        (project.folder / f"{name}.py").write_text("raise SystemExit('the wrong module')\n")
    project.nubounds("scan", "lens", "--config", "lens.yaml")
    shutil.rmtree(project.folder / "results")
    project.snakemake("--set-threads", "scan_chunk=2", "--cores", "2", "results/lens/limits/index.json")


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("src/nubounds/constraints", "lies inside src/ of the project"),
        (".git", "lies inside .git"),
        ("config/toy", "lies inside config/ of the project"),
        ("workflow", "is workflow/ of the project"),
        ("results/.nubounds/here", "lies inside .nubounds"),
    ],
)
def test_a_results_folder_over_anything_else_is_refused(project, folder, message):
    before = sorted(project.folder.rglob("*"))
    project.config(f"results: {folder}")
    line = f"lens.yaml: results: {folder} {message}; use a separate folder"
    assert project.nubounds("check", "lens.yaml", status=2) == f"nubounds: {line}\n"
    assert sorted(
        path for path in project.folder.rglob("*") if path.suffix != ".pyc" and path.name != "__pycache__"
    ) == [path for path in before if path.suffix != ".pyc" and path.name != "__pycache__"]


def test_links_out_of_the_project_are_refused(done, tmp_path):
    outside = tmp_path / "outside"
    (outside / "figures").mkdir(parents=True)
    (outside / "mine.txt").write_text("# label: x\n# columns: a_cm f_cm\n1 2\n2 3\n")
    limits = done.folder / "config/user_limits"
    limits.mkdir(parents=True)
    (limits / "mine.txt").symlink_to(outside / "mine.txt")
    line = "lens.yaml: user_limits: config/user_limits/mine.txt lies outside the project; set allow_outside_files: true"
    assert line in done.nubounds("check", "lens.yaml", status=2)
    (limits / "mine.txt").unlink()
    packed = done.folder / "results/lens/limits/secret.txt"
    packed.symlink_to(outside / "mine.txt")
    output = done.nubounds("archive", "--config", "lens.yaml", status=2)
    assert f"results/lens/limits/secret.txt: a link to {outside / 'mine.txt'}, outside the project" in output
    packed.unlink()
    figures = done.folder / "results/lens/figures"
    shutil.rmtree(figures)
    figures.symlink_to(outside / "figures")
    assert "results/lens/figures lies outside the project" in done.nubounds("check", "lens.yaml", status=2)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_env_notices_an_environment_that_was_moved(tmp_path):
    from nubounds.code.sources import PROJECT

    shutil.copy(PROJECT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_text("")
    (tmp_path / ".venv").mkdir()
    stamp = tmp_path / ".venv/.installed-test"

    def planned(text):
        import subprocess

        stamp.write_text(text)
        command = ["make", "-n", "env", f"PYTHON={sys.executable}"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert "-m venv" not in planned(f"{tmp_path}\n")
    assert "-m venv --clear .venv" in planned("/elsewhere/nubounds\n")
    assert "-m venv  .venv" in planned("")  # of an older Makefile: nobody knows, so everything is looked at once more
