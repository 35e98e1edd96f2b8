"""``nubounds init``: a folder to run in, without a clone of the repository.

What it holds is the user's own: a short config, the profiles, a Snakefile of a few lines that uses the workflow inside
the package.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from nubounds import __version__, registry
from nubounds.contract import InputError
from nubounds.declaration import RESOLUTIONS
from nubounds.parameter import hint
from nubounds.sources import PROJECT

SNAKEFILE = """\
# The workflow of the installed nubounds; rules of your own may stand below.
from nubounds import snakefile


include: snakefile("rules/main.smk")


rule all:
    input:
        everything(),
"""

CONFIG = """\
# What to compute.  A key that is left out takes the paper's value; `nubounds config` prints all there are, with comments.
results: results
resolution: {resolution}  # of the grids: {resolutions}
constraints: [{constraints}]
user_limits: config/user_limits  # limit files dropped there are drawn in the figures
{sections}"""

README = """\
# A project of nubounds

Made by `nubounds init` of nubounds {version}.

    nubounds check                      # is the config right?
    nubounds run                        # everything that config/config.yaml says; `-n` shows what would be done
    nubounds run --profile slurm        # the same on a cluster: account and partition stand in profiles/slurm/config.yaml
    nubounds archive                    # pack the finished run into one file

Figures, tables, limit files and the report appear in `results/`. Only what depends on a change is computed again.
`snakemake --profile slurm` works as well; `nubounds run` reads the config as data, whoever wrote it.

| file | what |
|---|---|
| `config/config.yaml` | grids and inputs: what to compute |
| `config/user_limits/` | your own limit files, drawn beside ours |
| `profiles/` | where and how to run |
| `Snakefile` | the workflow of the installed package; add rules of your own |
"""

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
        "Snakefile": SNAKEFILE,
        "README.md": README.format(version=__version__),
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
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file, not a folder")
    for path in (*files, "slurm"):
        if (folder / path).exists() or (folder / path).is_symlink():
            raise InputError(f"{folder / path} is there already; nothing was written")
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    shutil.copytree(PROJECT / "config/user_limits", folder / "config/user_limits", ignore=_all_but_readme)
    (folder / "slurm").symlink_to("profiles/slurm")  # for `snakemake --profile slurm` as typed
    return [*files, "config/user_limits/README.md", "slurm"]


def _all_but_readme(_, names: list[str]) -> list[str]:
    return [name for name in names if name != "README.md"]
