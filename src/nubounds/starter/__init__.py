"""``nubounds init``: a folder to run in, without a clone of the repository.

What it holds is the user's own: a short config, the profiles, a Snakefile of a few lines that uses the workflow inside
the package.
"""

from __future__ import annotations

import importlib.util
import keyword
import shutil
from pathlib import Path

from nubounds import __version__, registry
from nubounds.contract import InputError
from nubounds.declaration import RESOLUTIONS
from nubounds.parameter import hint
from nubounds.sources import PROJECT

HERE = Path(__file__).resolve().parent  # with the Snakefile and the README of a new project
SKELETON = HERE / "constraint"  # files of a new constraint, with NAME for its name

CONFIG = """\
# What to compute.  A key that is left out takes the paper's value; `nubounds config` prints all of them, commented.
results: results
resolution: {resolution}  # of the grids: {resolutions}
constraints: [{constraints}]
user_limits: config/user_limits  # limit files dropped there are drawn in the figures
{sections}"""

IGNORED = "/results/\n/.snakemake/\n/published_limits/\n/nubounds-run.tar.gz\n"


def _section(name: str) -> str:
    """A constraint's section with nothing changed, and what a change looks like."""
    constraint = registry.get(name)
    numbers = [parameter for parameter in constraint.inputs.values() if parameter.kind == "number"]
    change = f"; to change an input: {{inputs: {{{numbers[0].name}: {numbers[0].default:g}}}}}" if numbers else ""
    return f"\n{name}: {{}}  # {constraint.declaration['title']}{change}\n"


def _files(constraints: list[str], resolution: str) -> dict[str, str]:
    """What the folder holds, by path."""
    sections = "".join(map(_section, constraints))
    shipped = {
        f"profiles/{profile}/config.yaml": (PROJECT / "profiles" / profile / "config.yaml").read_text(encoding="utf-8")
        for profile in ("local", "slurm")
    }
    words = {"resolution": resolution, "resolutions": ", ".join(RESOLUTIONS), "constraints": ", ".join(constraints)}
    return {
        "Snakefile": (HERE / "Snakefile").read_text(encoding="utf-8"),
        "README.md": (HERE / "README.md").read_text(encoding="utf-8").replace("VERSION", __version__),
        ".gitignore": IGNORED,
        "config/config.yaml": CONFIG.format(**words, sections=sections),
        **shipped,
    }


def create(folder: Path, constraints: list[str] | None = None, resolution: str = "paper") -> list[str]:
    """Write a project folder; returns the paths that were written.

    Parameters
    ----------
    folder : made if it is not there
    constraints : names; all by default
    resolution : of the grids: paper, toy or hires

    Raises
    ------
    InputError
        For an unknown name, or a file that is there already: nothing is overwritten, and then nothing is written.
    """
    names = list(dict.fromkeys(constraints or registry.names()))
    for name in names:
        registry.get(name)
    if resolution not in RESOLUTIONS:
        raise InputError(f"no resolution {resolution}{hint(resolution, RESOLUTIONS)}")
    files = _files(names, resolution)
    _write(folder, files, "slurm")
    shutil.copytree(PROJECT / "config/user_limits", folder / "config/user_limits", ignore=_all_but_readme)
    (folder / "slurm").symlink_to("profiles/slurm")  # for `snakemake --profile slurm` as typed
    return [*files, "config/user_limits/README.md", "slurm"]


def _write(folder: Path, files: dict[str, str], *others: str) -> None:
    """Write `files` into a folder, unless one of them, or of the `others`, is there."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file, not a folder")
    for path in (*files, *others):
        if (folder / path).exists() or (folder / path).is_symlink():
            raise InputError(f"{folder / path} is there already; nothing was written")
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def create_constraint(folder: Path, name: str) -> list[str]:
    """Write a package with a constraint that works as it stands, to be changed; returns the paths that were written.

    Parameters
    ----------
    folder : made if it is not there
    name : of the constraint and of its Python package

    Raises
    ------
    InputError
        For a name that is none or is taken, or a file that is there already; then nothing is written.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or not name.isascii():
        raise InputError(f"{name}: a constraint's name is a word of letters, digits and _")
    if name in registry.names() or importlib.util.find_spec(name) is not None:
        raise InputError(f"{name}: there is a constraint or a Python package of that name")
    files = {}
    for path in sorted(SKELETON.glob("*.txt")):
        target = path.name.removesuffix(".txt")
        inside = target not in ("pyproject.toml", "README.md")
        files[f"src/{name}/{target}" if inside else target] = path.read_text(encoding="utf-8").replace("NAME", name)
    _write(folder, files)
    return list(files)


def _all_but_readme(_, names: list[str]) -> list[str]:
    return [name for name in names if name != "README.md"]
