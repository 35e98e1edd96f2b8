"""Start the workflow with a config (read by our own reader), a profile, and further options for Snakemake."""

from __future__ import annotations

import gc
import importlib.util
import os
import runpy
import sys
from pathlib import Path

from nubounds import config, registry
from nubounds.contract import InputError
from nubounds.files.layout import Layout

SNAKEFILES = ("Snakefile", "snakefile", "workflow/Snakefile", "workflow/snakefile")  # where Snakemake looks
PROFILES = Path("profiles")
OWN_CONFIG = ("--configfile", "--configfiles")  # options of Snakemake, whose config reader can execute code


def profile_of(name: str) -> str:
    """Return the profile to pass to Snakemake.

    Parameters
    ----------
    name : name of one of the project's profiles, another folder, or a name that Snakemake looks up itself
    """
    return str(PROFILES / name) if (PROFILES / name).is_dir() else name


def command(profile: str, dry_run: bool, words: list[str]) -> list[str]:
    """Return the command that starts Snakemake.

    Parameters
    ----------
    profile : name of a profile, or its folder
    dry_run : only show what would be done
    words : targets, and options for Snakemake

    Returns
    -------
    Its words, as Snakemake sees them in ``sys.argv``.

    Raises
    ------
    InputError
        If there is no workflow or no Snakemake, or an option would make Snakemake read a config itself.
    """
    if not any(Path(name).is_file() for name in SNAKEFILES):
        raise InputError(f"no Snakefile in {Path.cwd()}: run this in the folder of a project")
    if importlib.util.find_spec("snakemake") is None:
        raise InputError("Snakemake is not installed here, and the workflow needs it")
    for word in words:
        if word.split("=")[0] in OWN_CONFIG:
            raise InputError(f"{word.split('=')[0]}: give the config as --config FILE, before --")
    # Targets first: some options take all words that follow.
    return ["snakemake", *words, "--profile", profile_of(profile), *["-n"] * dry_run]


def target(word: str, papers: list[str]) -> str:
    """Return the word to pass to Snakemake, with figures replaced by the names of their rules.

    Parameters
    ----------
    word : as typed by the user: a figure (fig6b or NAME/fig3), a file, an option
    papers : constraints of the run

    Returns
    -------
    Name of the rule that draws the figure, or `word` if it is not a figure.

    Raises
    ------
    InputError
        If several papers have a figure of that name.
    """
    paper, _, name = word.rpartition("/")
    owners = [each for each in papers if name in registry.get(each).declaration["figures"] and paper in ("", each)]
    if len(owners) > 1:
        raise InputError(
            f"{name}: several papers have this figure; use one of {', '.join(f'{each}/{name}' for each in owners)}"
        )
    return Layout.figure_target(owners[0], name) if owners else word


def start(config_file: str, papers: list[str], profile: str, dry_run: bool, words: list[str]) -> None:
    """Go on as Snakemake, in this process: it has imported and read what the Snakefile needs.

    Parameters
    ----------
    config_file : path of the config
    papers : constraints of the run
    profile, dry_run, words : see :func:`command`

    Raises
    ------
    InputError
        If Snakemake cannot be started.
    """
    sys.argv = command(profile, dry_run, [target(word, papers) for word in words])
    os.environ[config.VARIABLE] = str(Path.cwd() / config_file)
    gc.set_threshold(100_000)  # what is imported and declared stays; looking through it takes a tenth of a second
    runpy.run_module("snakemake", run_name="__main__", alter_sys=True)
