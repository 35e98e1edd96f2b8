"""The counts of Eq. (7) as likelihoods for other programs: neutrinos of Kamiokande-II and IMB, photons of the SMM."""

from __future__ import annotations

from nubounds.constraints.sn_dipole.inputs import Analysis
from nubounds.constraints.sn_dipole.model import MOST_BACKGROUND, CountsModel
from nubounds.constraints.sn_dipole.quantities import DELAY
from nubounds.contract import number, quantity
from nubounds.likelihood import Likelihood


@quantity("sn_dipole.kamiokande_imb", DELAY, unit="1", source="Eq. (7)")
def kamiokande_imb(delay: str | None, analysis: Analysis) -> Likelihood:
    """Neutrinos above 70 MeV in Kamiokande-II and IMB: Poisson counts.

    Returns
    -------
    The likelihood of d_per_MeV and M_MeV.
    """
    return Likelihood(CountsModel(analysis, "kamiokande_imb", delay or analysis.arrival.delay))


BACKGROUND = number(
    "background",
    "1",
    None,
    minimum=1e-6,
    maximum=MOST_BACKGROUND,
    meaning="photons of background, taken as observed; default: those on which smm.counts reach the threshold",
)


@quantity("sn_dipole.smm", DELAY, BACKGROUND, unit="1", source="text above Fig. 3; Eq. (7)")
def smm(delay: str | None, background: float | None, analysis: Analysis) -> Likelihood:
    """Photons of SN1987A in the Solar Maximum Mission: Poisson counts.

    Returns
    -------
    The likelihood of d_per_MeV and M_MeV.
    """
    return Likelihood(CountsModel(analysis, "smm", delay or analysis.arrival.delay, background))


LIKELIHOODS = {"kamiokande_imb": kamiokande_imb, "smm": smm}
