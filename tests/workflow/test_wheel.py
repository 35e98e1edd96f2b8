"""From a checkout to an sdist, a wheel, a fresh environment and an empty folder: everything works without the clone."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from project import optimise

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 1800
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".snakemake", "build", "results", "published_limits", "__pycache__", "*.so", "manifest.json", ".*"
)
TWO_OF_THEM = ("neutron_star", "sn_diffusion")  # for what need not be done with all


class Place:
    """A folder and the programs of an environment that knows nothing of this checkout."""

    def __init__(self, folder: Path, environment: Path):
        self.folder, self.bin = folder, environment / "bin"

    def run(self, *command, status=0):
        """Run a program of the environment in the folder; its output."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "NUBOUNDS"))}
        path = os.pathsep.join([str(self.bin), "/usr/local/bin", "/usr/bin", "/bin"])
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=inherited | {"PATH": path, "PIP_COMPILE": "0"},  # modules are compiled when they are imported
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.returncode == status, f"{command}\n{done.stdout[-4000:]}"
        return done.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """Made of a copy of the checkout, by what makes it for `pip` and `python -m build`."""
    folder = tmp_path_factory.mktemp("checkout") / "nubounds"
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT, symlinks=True)
    code = "from setuptools import build_meta; print(build_meta.build_sdist('dist'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "dist" / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def installed(sdist, tmp_path_factory):
    """A fresh environment with the wheel of the sdist, made and installed as the Dockerfile says."""
    folder = tmp_path_factory.mktemp("installed")
    environment = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    place = Place(folder, environment)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.glob("nubounds-*")
    optimise(source, "-O1")  # compiles in half the time; which kernels are fast is no question of these tests
    place.run("pip", "wheel", "--no-deps", "--wheel-dir", "wheels", str(source))
    (wheel,) = (folder / "wheels").glob("nubounds-*.whl")
    (line,) = re.findall(r"^RUN /opt/nubounds/bin/(pip install .*)$", (source / "Dockerfile").read_text(), re.MULTILINE)
    assert line.split()[-1] == '".[workflow,mpi]"' and line in (source / "apptainer.def").read_text()
    words = [word.strip('"') for word in line.replace('".[', f'"{wheel}[').split()]
    Place(source, environment).run(*words)
    shutil.rmtree(source)  # nothing that is installed may need it
    return Place(folder, environment)


@pytest.fixture(scope="module")
def project(installed):
    """What `nubounds init` makes, after a run of two constraints on toy grids."""
    words = ["init", "project", "--constraints", *TWO_OF_THEM, "--resolution", "toy"]
    assert "next: cd project && nubounds run" in installed.run("nubounds", *words)
    place = Place(installed.folder / "project", installed.bin.parent)
    place.run("nubounds", "run")
    return place


def test_an_sdist_has_all_that_a_build_needs(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    kernels = {path.relative_to(ROOT).as_posix() for path in (ROOT / "cython_ext").rglob("*.*")}
    assert kernels <= names
    assert {"requirements.lock", "workflow/Snakefile", "profiles/slurm/config.yaml", "config/toy.yaml"} <= names
    assert not [name for name in names if name.endswith((".so", ".pyc", "manifest.json"))]


@pytest.mark.slow
def test_a_wheel_holds_kernels_data_and_the_workflow(installed):
    (wheel,) = (installed.folder / "wheels").glob("nubounds-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    kernels = sorted(path.stem for path in (ROOT / "cython_ext").glob("*.pyx"))
    built = [name.split("/")[-1].split(".")[0] for name in names if re.match(r"nubounds/kernels/.*\.so$", name)]
    assert sorted(built) == kernels
    project = {"workflow/Snakefile", "workflow/rules/main.smk", "profiles/local/config.yaml", "config/config.yaml"}
    assert {f"nubounds/project/{name}" for name in project} | {"nubounds/py.typed"} <= names
    data = {path for path in (ROOT / "src/nubounds").rglob("*") if path.suffix in (".csv", ".yaml", ".css", ".js")}
    assert {path.relative_to(ROOT / "src").as_posix() for path in data} <= names
    assert not [name for name in names if name.startswith(("tests/", "cython_ext/"))]


@pytest.mark.slow
def test_installed_it_answers_without_a_clone(installed):
    assert "sn_diffusion.coupling_limit [1]" in installed.run("nubounds", "list")
    words = ["sn_diffusion.coupling_limit", "model=b_minus_l", "criterion=duration_10s", "m_mediator_MeV=100"]
    assert installed.run("nubounds", "evaluate", *words).startswith("sn_diffusion.coupling_limit = 0.0")
    code = (
        "import nubounds as nb; print(nb.__file__, len(nb.constraint('neutron_star', {'resolution': 'toy'}).limits()))"
    )
    file, count = installed.run("python", "-c", code).split()
    assert Path(file).is_relative_to(installed.folder) and int(count) > 3
    (installed.folder / "empty.yaml").write_text("{}")
    assert "no Snakefile in" in installed.run("nubounds", "run", "--config", "empty.yaml", status=2)


@pytest.mark.slow
def test_a_project_from_a_wheel_runs(project):
    results = project.folder / "results"
    assert (results / "report/index.html").is_file()
    for name in TWO_OF_THEM:
        assert list((results / name / "limits").glob("*.txt")) and list((results / name / "figures").glob("*.pdf"))
    assert project.run("nubounds", "run").splitlines()[-1].startswith("Nothing to be done")
    assert "results/sn_diffusion/limits/" in project.run("nubounds", "limits", "--list")


@pytest.mark.slow
def test_snakemake_with_the_slurm_profile_takes_the_project(project):
    (project.folder / "results/report/index.html").unlink()
    output = project.run("snakemake", "--profile", "slurm", "-n", "--quiet", "host")
    assert "rule write_report:" in output and "scan_chunk" not in output
    project.run("nubounds", "run")


@pytest.mark.slow
def test_a_finished_run_is_archived_and_verified(project):
    project.run("nubounds", "archive")
    with tarfile.open(project.folder / "nubounds-run.tar.gz") as archive:
        assert {"nubounds-run/workflow/Snakefile", "nubounds-run/requirements.lock"} <= set(archive.getnames())
    assert "nubounds-run.tar.gz" in project.run("nubounds", "verify", "nubounds-run.tar.gz")


@pytest.mark.slow
def test_a_change_of_one_constraint_reruns_that_one(project):
    path = project.folder / "config/config.yaml"
    path.write_text(path.read_text().replace("neutron_star: {}", "neutron_star: {inputs: {R_km: 12}}"))
    plan = project.run("nubounds", "run", "-n", "--", "--quiet", "host")
    assert "collect_tables_neutron_star" in plan and "collect_tables_sn_diffusion" not in plan


@pytest.mark.slow
def test_all_constraints_run_from_a_wheel(installed):
    installed.run("nubounds", "init", "everything", "--resolution", "toy")
    place = Place(installed.folder / "everything", installed.bin.parent)
    names = place.run("python", "-c", "import nubounds; print(*nubounds.constraints())").split()
    indexes = [f"results/{name}/limits/index.json" for name in names]  # figures and report: of two, above
    place.run("nubounds", "run", *indexes)
    assert len(indexes) >= 6 and all((place.folder / index).is_file() for index in indexes)


@pytest.mark.slow
def test_two_ranks_from_a_wheel(installed):
    installed.run("nubounds", "init", "ranks", "--constraints", "neutron_star", "--resolution", "toy")
    place = Place(installed.folder / "ranks", installed.bin.parent)
    place.run("nubounds", "run", "results/neutron_star/limits/index.json", "--", "--set-threads", "scan_chunk=2")
    assert "2 ranks" in "".join(path.read_text() for path in (place.folder / "results/logs").rglob("scan_*.log"))
