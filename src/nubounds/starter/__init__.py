"""``nubounds init``: create a project folder, without a clone of the repository.

The folder belongs to the user: a short config, the profiles, and a short Snakefile that uses the packaged workflow.
"""

from __future__ import annotations

import importlib.util
import keyword
import shutil
from pathlib import Path

from nubounds import __version__, registry
from nubounds.code.sources import PROJECT
from nubounds.contract import InputError
from nubounds.inputs.declaration import RESOLUTIONS
from nubounds.inputs.parameter import hint

HERE = Path(__file__).resolve().parent  # holds the Snakefile and the README of a new project
SKELETON = HERE / "constraint"  # files of a new constraint, with NAME as a placeholder for its name

CONFIG = """\
# What to compute.  Keys that are left out take the paper's values; `nubounds config` prints all of them, commented.
results: results
resolution: {resolution}  # of the grids: {resolutions}
constraints: [{constraints}]
user_limits: config/user_limits  # limit files in this folder are drawn in the figures
{sections}"""

IGNORED = "/results/\n/.snakemake/\n/published_limits/\n/nubounds-run.tar.gz\n"


def _section(name: str) -> str:
    """Return an empty section for a constraint, with a comment that shows how to change an input."""
    constraint = registry.get(name)
    numbers = [parameter for parameter in constraint.inputs.values() if parameter.kind == "number"]
    change = f"; to change an input: {{inputs: {{{numbers[0].name}: {numbers[0].default:g}}}}}" if numbers else ""
    return f"\n{name}: {{}}  # {constraint.declaration['title']}{change}\n"


def _files(constraints: list[str], resolution: str) -> dict[str, str]:
    """Return the files of a new project, by path."""
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
    """Create a project folder.

    Parameters
    ----------
    folder : the folder; created if it does not exist
    constraints : names of the constraints to include; default: all
    resolution : resolution of the grids: paper, toy or hires

    Returns
    -------
    Paths of the files that were written, relative to the folder.

    Raises
    ------
    InputError
        For an unknown name, or if one of the files exists already; then nothing is written.
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
    """Write `files` into a folder; InputError if one of them, or of the `others`, exists already."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file, not a folder")
    for path in (*files, *others):
        if (folder / path).exists() or (folder / path).is_symlink():
            raise InputError(f"{folder / path} already exists; nothing was written")
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def create_constraint(folder: Path, name: str) -> list[str]:
    """Create a package with a working constraint, as a starting point for a new one.

    Parameters
    ----------
    folder : the folder; created if it does not exist
    name : name of the constraint and of its Python package

    Returns
    -------
    Paths of the files that were written, relative to the folder.

    Raises
    ------
    InputError
        If the name is invalid or taken, or one of the files exists already; then nothing is written.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or not name.isascii():
        raise InputError(f"{name}: the name of a constraint must be an identifier of ASCII letters, digits and _")
    if name in registry.names() or importlib.util.find_spec(name) is not None:
        raise InputError(f"{name}: a constraint or a Python package of that name exists already")
    files = {}
    for path in sorted(SKELETON.glob("*.txt")):
        target = path.name.removesuffix(".txt")
        inside = target not in ("pyproject.toml", "README.md")
        files[f"src/{name}/{target}" if inside else target] = path.read_text(encoding="utf-8").replace("NAME", name)
    _write(folder, files)
    return list(files)


def _all_but_readme(_, names: list[str]) -> list[str]:
    return [name for name in names if name != "README.md"]
