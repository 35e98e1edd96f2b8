"""Start the workflow: a config that is read by our own reader, a profile, and whatever else Snakemake is told."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from nubounds import config, registry
from nubounds.contract import InputError
from nubounds.layout import Layout

SNAKEFILES = ("Snakefile", "snakefile", "workflow/Snakefile", "workflow/snakefile")  # where Snakemake looks
PROFILES = Path("profiles")
OWN_CONFIG = ("--configfile", "--configfiles")  # of Snakemake, whose reader is the one that can run code


def profile_of(name: str) -> str:
    """What Snakemake is told for a profile: a folder of the project's profiles, another folder, or a name that it looks
    up itself.
    """
    return str(PROFILES / name) if (PROFILES / name).is_dir() else name


def command(profile: str, dry_run: bool, words: list[str]) -> list[str]:
    """The command that starts Snakemake.

    Parameters
    ----------
    profile : name of a profile, or its folder
    dry_run : whether to say only what would be done
    words : targets, and options of Snakemake

    Raises
    ------
    InputError
        Where there is no workflow or no Snakemake, or for an option that would name a config to Snakemake.
    """
    if not any(Path(name).is_file() for name in SNAKEFILES):
        raise InputError(f"no Snakefile in {Path.cwd()}: a project's folder is where to run")
    if importlib.util.find_spec("snakemake") is None:
        raise InputError("Snakemake is not installed here, and the workflow needs it")
    for word in words:
        if word.split("=")[0] in OWN_CONFIG:
            raise InputError(f"{word.split('=')[0]}: name the config by --config FILE, before --")
    # -P: files of the project's folder are no modules.  Targets first: some options take all words that follow.
    return [sys.executable, "-P", "-m", "snakemake", *words, "--profile", profile_of(profile), *["-n"] * dry_run]


def target(word: str, papers: list[str]) -> str:
    """What Snakemake is to make for a word: a figure may be named by itself, or behind its paper.

    Parameters
    ----------
    word : as the user typed it: a figure (fig6b), one of a paper (NAME/fig3), a file, an option
    papers : the constraints of the run

    Raises
    ------
    InputError
        For a figure that several papers have, naming them.
    """
    paper, _, name = word.rpartition("/")
    owners = [each for each in papers if name in registry.get(each).declaration["figures"] and paper in ("", each)]
    if len(owners) > 1:
        raise InputError(
            f"{name}: figure of several papers; name one: {', '.join(f'{each}/{name}' for each in owners)}"
        )
    return Layout.figure_target(owners[0], name) if owners else word


def start(config_file: str, profile: str, dry_run: bool, words: list[str]) -> None:
    """Check a config and let Snakemake take the place of this process; InputError for what cannot be run."""
    papers = list(config.load(config_file).sections)
    line = command(profile, dry_run, [target(word, papers) for word in words])
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(line[0], line, os.environ | {config.VARIABLE: str(Path.cwd() / config_file)})
