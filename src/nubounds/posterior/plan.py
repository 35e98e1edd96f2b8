"""What a posterior of a config is, and the fingerprint that decides whether it is out of date."""

from __future__ import annotations

import importlib.util

from nubounds import registry
from nubounds.code import sources
from nubounds.config import Config
from nubounds.contract import InputError
from nubounds.face.study import Study
from nubounds.files import digests, tables
from nubounds.files.layout import ENDINGS, Layout
from nubounds.interfaces.posterior import flat_ranges
from nubounds.likelihood import Likelihood
from nubounds.steps.plan import digest, with_file_contents

SAMPLES, CORNER = "posterior", "corner"  # the two steps
NEEDED = {"nautilus": "nautilus-sampler", "h5py": "h5py"}


def likelihood(config: Config, name: str) -> Likelihood:
    """The likelihood of a posterior, with what is held fixed.

    Parameters
    ----------
    config : the config
    name : of the posterior

    Returns
    -------
    The likelihood of the parameters that vary.

    Raises
    ------
    InputError
        For a likelihood, input or parameter that does not exist, a range outside of the bounds, or a parameter of
        interest that has neither a prior nor a value.
    """
    one, where = config.posteriors[name], f"{config.source}: posteriors.{name}"
    study = Study(registry.get(one.constraint), config.sections[one.constraint], config.user_limits)
    try:
        like = study.likelihood(one.likelihood, **one.inputs).fixed(**one.fixed)
        missing = [each.name for each in like.parameters if not each.nuisance and each.name not in one.priors]
        if missing:
            raise InputError(f"{', '.join(missing)}: needs a prior in priors, or a value in fixed")
        if len(like.parameters) < 2:
            raise InputError("the sampler needs at least two parameters")
        flat_ranges(like, one.ranges)
    except InputError as problem:
        raise InputError(f"{where}: {problem}") from None
    return like


def check(config: Config) -> None:
    """Make every likelihood; InputError with a line for each that cannot be sampled as the config says."""
    problems = []
    for name in config.posteriors:
        try:
            likelihood(config, name)
        except InputError as problem:
            problems.append(str(problem))
    if problems:
        raise InputError("\n".join(problems))


def require_sampler() -> None:
    """InputError if a package that the sampler needs is not installed."""
    missing = [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise InputError(f"posterior: {' and '.join(missing)} not installed here: pip install 'nubounds[sample]'")


def fingerprint(config: Config, name: str) -> str:
    """Identity of the code and inputs that the samples depend on.

    Parameters
    ----------
    config : the config
    name : of the posterior

    Returns
    -------
    A hash.
    """
    one = config.posteriors[name]
    constraint = registry.get(one.constraint)
    ours = sources.hash_files(sources.reachable_modules("nubounds.posterior.sample")[0])
    inputs = with_file_contents(constraint, config.sections[one.constraint].inputs)
    own = {key: value for key, value in one.inputs.items() if key in constraint.inputs}
    own = with_file_contents(constraint, own)
    return digest([ours, constraint.code_hash("likelihoods"), inputs, own, one.effective()])


def prepare(config: Config) -> list[str]:
    """Write the fingerprints, forget checkpoints that nothing can go on from, and remove what is not as it was written.

    Parameters
    ----------
    config : the config

    Returns
    -------
    A line for each file that will be made again.

    Raises
    ------
    InputError
        For what :func:`check` finds.
    """
    check(config)
    layout, outputs, kept = Layout(config.results), {}, set()
    drawing = sources.hash_files(sources.reachable_modules("nubounds.posterior.figures")[0])
    for name in config.posteriors:
        found = fingerprint(config, name)
        tables.write_if_changed(layout.fingerprint(SAMPLES, name), found + "\n")
        tables.write_if_changed(layout.fingerprint(CORNER, name), drawing + "\n")
        kept.add(layout.checkpoint(name, found))
        outputs[name, SAMPLES] = layout.posterior_files(name)
        outputs[name, CORNER] = [layout.posterior_corner(name, ending) for ending in ENDINGS]
    for path in layout.checkpoint("any", "").parent.glob("*.h5"):
        if path not in kept:
            path.unlink()
    return digests.repair(layout, outputs)
