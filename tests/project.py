"""A copy of the project whose constraints cost nothing, as if added with a folder and a kernel."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 900  # longer than any command takes; one that hangs fails its own test and does not block the others
LENS = Path(__file__).resolve().parent / "lens"
COPIED = (
    "Snakefile",
    "environment.yml",
    "workflow",
    "src",
    "cython_ext",
    "profiles",
    "setup.py",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)


class Project:
    """A project folder, with methods that run its program and its workflow."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.env = os.environ | {
            "PYTHONPATH": str(folder / "src"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",
        }
        self.env.pop("LENS_BROKEN", None)
        self.constraints = "lens"

    def run(self, *command, status=0, **env):
        """Run a command in the project and return its output, standard error included."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.env | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE_S,
        )
        assert status is None or done.returncode == status, done.stdout
        return done.stdout

    def nubounds(self, *arguments, status=0, **env):
        """Run the program."""
        return self.run(sys.executable, "-m", "nubounds", *arguments, status=status, **env)

    def snakemake(self, *arguments, config="lens.yaml", status=0, **env):
        """Run the workflow."""
        return self.run(*self.workflow(*arguments, config=config), status=status, **env)

    def workflow(self, *arguments, config="lens.yaml", profile="profiles/local"):
        """Return the command that runs the workflow."""
        return ["snakemake", *arguments, "--profile", profile, "--configfile", config]

    def start(self, *command, **env):
        """Start a command in a new process group, with its output in ``output.txt``.

        It heeds interrupts, although a shell tells what it starts in the background to ignore them.
        """
        with (self.folder / "output.txt").open("w") as output:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.env | env,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def wait_for(self, condition, seconds=60):
        """Wait until `condition()` holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (self.folder / "output.txt").read_text()
            time.sleep(0.05)

    def ranks(self):
        """Return the processes that compute chunks of this project."""
        found = subprocess.run(["pgrep", "-f", "nubounds scan lens"], capture_output=True, text=True).stdout.split()
        return [int(pid) for pid in found if self._works_here(pid)]

    def _works_here(self, pid):
        try:
            return Path(f"/proc/{pid}/cwd").readlink() == self.folder
        except OSError:  # it has ended in the meantime
            return False

    def rows(self, pattern="lens/tables/focal_length.csv"):
        """Return the lines of tables without headers, which contain the inputs (one of them is a pause)."""
        text = "".join(data.decode() for data in self.bytes_of(pattern).values())
        return [line for line in text.splitlines() if not line.startswith("#")]

    def build(self):
        """Compile what is stale, and the modules, as `make build` does: every process imports them."""
        self.run(sys.executable, "setup.py", "-q", "build_ext")
        self.run(sys.executable, "-m", "compileall", "-q", "src")

    def config(self, text: str = ""):
        """Write a config with the toy grids of this project's constraints, followed by `text`."""
        (self.folder / "lens.yaml").write_text(f"resolution: toy\nconstraints: [{self.constraints}]\n{text}\n")

    def bytes_of(self, pattern: str) -> dict[str, bytes]:
        """Return the content of the result files that match a pattern."""
        results = self.folder / "results"
        return {
            str(path.relative_to(results)): path.read_bytes()
            for path in sorted(results.glob(pattern))
            if path.is_file()
        }

    def rerun_rules(self, **options) -> set[str]:
        """Return the names of the rules that a dry run would run, except `all`."""
        output = self.snakemake("--dry-run", "--quiet", "host", **options)
        words = [line.split() for line in output.splitlines()]
        return {word[1].rstrip(":") for word in words if len(word) == 2 and word[0] in ("rule", "localrule")} - {"all"}


def optimise(folder: Path, level: str) -> None:
    """Have the kernels of a copy of the project compiled at another level, where it is not their speed that counts."""
    flags = folder / "src/nubounds/code/sources.py"
    before = flags.read_text()
    after = before.replace('COMPILE_FLAGS = ("-O3", ', f'COMPILE_FLAGS = ("{level}", ')
    assert after != before
    flags.write_text(after)


def build_project(folder: Path) -> Project:
    """Copy the project, with the lens and its copy, the mirror, instead of the real constraints, and compile it."""
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    for old in (folder / "src/nubounds/constraints").glob("*/constraint.yaml"):
        shutil.rmtree(old.parent)
    for old in [*(folder / "cython_ext").glob("*.pyx"), *(folder / "src/nubounds/kernels").glob("*.so")]:
        old.unlink()
    for name in ("lens", "mirror"):
        constraint = folder / "src" / "nubounds" / "constraints" / name
        constraint.mkdir()
        for file in LENS.iterdir():
            if file.is_file():
                target = folder / "cython_ext" / f"{name}.pyx" if file.suffix == ".pyx" else constraint / file.name
                target.write_text(file.read_text().replace("lens", name))
    optimise(folder, "-O0")  # a lens costs nothing, and compiles in a sixth of the time
    project = Project(folder)
    project.build()
    return project


def copy(project: Project, folder: Path, *left_out: str) -> Project:
    """Copy a project, and write a config for the lens if it has none."""
    shutil.copytree(project.folder, folder, ignore=shutil.ignore_patterns(*left_out))
    again = Project(folder)
    again.constraints = project.constraints
    if not (folder / "lens.yaml").exists():
        again.config()
    return again
