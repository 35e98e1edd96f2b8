"""The likelihood for other programs."""

from __future__ import annotations

from nubounds.constraints.xenon_cevns.inputs import ANALYSES, Search
from nubounds.constraints.xenon_cevns.model import Xenon
from nubounds.constraints.xenon_cevns.quantities import FLAVOUR, RUN_SET, SOURCE
from nubounds.constraints.xenon_cevns.templates import available
from nubounds.contract import choice, quantity
from nubounds.likelihood import Likelihood

ANALYSIS = choice(
    "analysis", ANALYSES, None, "81 bins a run or counts of each run; default: binned where the release is installed"
)


@quantity("xenon_cevns.xenonnt", FLAVOUR, RUN_SET, ANALYSIS, unit="1", source=SOURCE)
def xenonnt(flavour: str, runs: str, analysis: str | None, search: Search) -> Likelihood:
    """Counts of XENONnT: extended Poisson likelihood in bins or runs, with up to ten nuisances.

    Returns
    -------
    :class:`nubounds.likelihood.Likelihood` of mu_muB, m4_MeV and the nuisances whose sigma is not 0
    """
    analysis = analysis or ("binned" if available(search.release, "binned") else "counting")
    return Likelihood(Xenon(search, flavour, runs, analysis))


LIKELIHOODS = {"xenonnt": xenonnt}
