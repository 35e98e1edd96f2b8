"""The quantities anyone can ask for: rates, efficiencies, expected counts, the likelihood, limits, the 8B flux."""

from __future__ import annotations

import numpy as np

from nubounds.constraints.xenon_cevns import expectation, flux_fits, rates
from nubounds.constraints.xenon_cevns import likelihood as fits
from nubounds.constraints.xenon_cevns.inputs import (
    ANALYSES,
    RUN_SETS,
    RUNS,
    Fluxes,
    Release,
    Search,
    Shapes,
)
from nubounds.constraints.xenon_cevns.templates import templates
from nubounds.contract import Answer, InputError, Status, choice, integer, number, quantity
from nubounds.solar.inputs import FLAVOURS, FLUX_CHOICES, FLUXES
from nubounds.solar.oscillations import flavour_shares

SOURCE = "arXiv:2604.06002 and doi:10.5281/zenodo.20576156"
TABLE = 1e-6  # relative accuracy of the embedded table, which has six digits
ROUNDING = 1e-14

M4 = number("m4_MeV", "MeV", 0.1, minimum=0, maximum=1e6, meaning="mass of the heavy neutrino")
MU = number("mu_muB", "1", 1e-9, minimum=0, maximum=1, meaning="transition moment mu/mu_B")
NO_MU = number("mu_muB", "1", 0.0, minimum=0, maximum=1, meaning="transition moment mu/mu_B")
FLAVOUR = choice("flavour", FLAVOURS, "all", "flavour with the moment; the Standard Model part is flavour-blind")
FLUX = choice("flux", FLUX_CHOICES, "all", "component of the solar flux")
RUN_SET = choice("runs", tuple(RUN_SETS), "sr0_2", "run or runs")
ANALYSIS = choice("analysis", ANALYSES, "binned", "81 bins a run (needs the release), or counts of each run")
T_LY = number("t_ly", "1", 0.0, minimum=-3, maximum=3, meaning="light yield in standard deviations")
T_QY = number("t_qy", "1", 0.0, minimum=-3, maximum=3, meaning="charge yield in standard deviations")
NUISANCES = (
    *(
        number(name, "1", 1.0, minimum=0, maximum=1e6, meaning=f"{words} over the nominal value")
        for name, words in fits.NUISANCE_WORDS.items()
    ),
    T_LY,
    T_QY,
)
COMPONENTS = {
    "sm": ("sm",),
    "dipole": ("dipole",),
    "ac": ("ac",),
    "er": ("er",),
    "neutron": ("neutron",),
    "background": ("ac", "er", "neutron"),
    "total": ("sm", "dipole", "ac", "er", "neutron"),
}


def _selected(flux: str) -> np.ndarray:
    return np.array([flux in ("all", name) for name in FLUXES], dtype=float)


@quantity(
    "xenon_cevns.recoil_rate",
    number("T_keV", "keV", above=0, maximum=1e9, meaning="nuclear recoil energy"),
    choice("component", ("sm", "dipole", "total"), "sm", "part of the rate; total is their sum"),
    M4,
    MU,
    FLAVOUR,
    FLUX,
    unit="1/(keV t yr)",
    source="Eqs. (3), (8) and (11) of Demirci and Mustamin (2025), on xenon",
)
def recoil_rate(
    T_keV: float, component: str, m4_MeV: float, mu_muB: float, flavour: str, flux: str, shapes: Shapes, fluxes: Fluxes
) -> Answer:
    """Rate of nuclear recoils on xenon.

    Returns
    -------
    float [1/(keV t yr)], with the error of quadrature and interpolation
    """
    value, error = (array[0] for array in rates.recoil_rates(shapes, [T_keV], [m4_MeV]))
    totals = _selected(flux) * fluxes.totals
    shares = np.array(flavour_shares(shapes.scattering.oscillations)[flavour])
    parts = {
        "sm": (totals @ value[:, rates.SM], totals @ error[:, rates.SM]),
        "dipole": tuple(
            mu_muB**2 * (totals @ (array[:, rates.DIPOLE] @ mix))
            for array, mix in ((value, shares), (error, np.abs(shares)))
        ),
    }
    wanted = ("sm", "dipole") if component == "total" else (component,)
    return Answer(*(float(sum(parts[name][k] for name in wanted)) for k in (0, 1)))


@quantity(
    "xenon_cevns.efficiency",
    number("E_keV", "keV", minimum=0.5, maximum=5.0, meaning="nuclear recoil energy"),
    choice("run", RUNS, "sr0", "run"),
    T_LY,
    T_QY,
    ANALYSIS,
    unit="1",
    source=SOURCE,
)
def efficiency(E_keV: float, run: str, t_ly: float, t_qy: float, analysis: str, release: Release) -> Answer:
    """Share of nuclear recoils in the fiducial mass that are detected, summed over bins, linear between energies.

    Returns
    -------
    float [1], with six digits from the embedded table
    """
    source = templates(release, analysis)
    corners = expectation.bilinear(t_ly, t_qy)
    signal = sum(share * source.signal[:, anchor, RUNS.index(run)].sum(axis=-1) for anchor, share in corners)
    value = float(np.interp(E_keV, source.energy_keV, signal))
    return Answer(value, value * (TABLE if analysis == "counting" else ROUNDING))


@quantity(
    "xenon_cevns.expected_counts",
    choice("component", tuple(COMPONENTS), "total", "what is counted; total includes the dipole"),
    RUN_SET,
    integer("bin", 0, minimum=0, maximum=81, meaning="bin of one run, 0 for all"),
    FLUX,
    M4,
    MU,
    FLAVOUR,
    *NUISANCES,
    ANALYSIS,
    unit="1",
    source=SOURCE,
)
def expected_counts(
    component: str,
    runs: str,
    bin: int,
    flux: str,
    m4_MeV: float,
    mu_muB: float,
    flavour: str,
    analysis: str,
    search: Search,
    **nuisances: float,
) -> Answer:
    """Expected counts of one component or of all.

    Returns
    -------
    float [1], with the error of the recoil spectra
    """
    source, chosen = templates(search.release, analysis), list(RUN_SETS[runs])
    if bin and len(chosen) > 1:
        raise InputError(f"bin={bin}: bins are those of one run: give runs=sr0, sr1 or sr2")
    if bin > source.bins:
        raise InputError(f"bin={bin}: analysis={analysis} has {source.bins} bins a run")
    made = expectation.weights(search, analysis, [m4_MeV])
    totals = (_selected(flux) * search.fluxes.totals)[:, None]
    shares = np.array(flavour_shares(search.shapes.scattering.oscillations)[flavour])
    weights = totals * made.sm, totals * np.tensordot(shares, made.dipole[0], (0, 1))
    errors = totals * made.sm_error, totals * np.tensordot(np.abs(shares), made.dipole_error[0], (0, 1))

    def add(found):
        kept = [found[name][chosen] for name in COMPONENTS[component]]
        return float(sum((part[:, bin - 1] if bin else part).sum() for part in kept))

    value = add(expectation.expected(source, *weights, mu_muB**2, nuisances))
    signal_error = expectation.expected(source, *errors, mu_muB**2, nuisances)
    signal_error |= {name: 0.0 * signal_error[name] for name in COMPONENTS["background"]}
    return Answer(value, add(signal_error) + ROUNDING * value)


def _likelihood(m4_MeV, flavour, runs, analysis, search: Search) -> fits.Likelihood:
    return fits.likelihood(search, m4_MeV, flavour, runs, analysis)


@quantity(
    "xenon_cevns.log_likelihood",
    NO_MU,
    M4,
    FLAVOUR,
    RUN_SET,
    ANALYSIS,
    *NUISANCES,
    unit="1",
    source=SOURCE,
)
def log_likelihood(
    mu_muB: float, m4_MeV: float, flavour: str, runs: str, analysis: str, search: Search, **nuisances: float
) -> Answer:
    """Logarithm of the likelihood of the observed counts, without ln N! and the norms of the pulls.

    Returns
    -------
    float [1], with the error that the recoil spectra make
    """
    low, high = fits.F_EFF_BOUNDS
    if not low <= nuisances["f_eff"] <= high:
        raise InputError(f"f_eff={nuisances['f_eff']:g}: the likelihood is zero outside {low} to {high}")
    for name, sigma in fits.sigmas(search).items():
        if sigma == 0 and nuisances[name] != fits.CENTRES[name]:
            raise InputError(f"{name}={nuisances[name]:g}: sigma_{name} = 0 fixes it at {fits.CENTRES[name]:g}")
    of = _likelihood(m4_MeV, flavour, runs, analysis, search)
    theta = fits.nominal(nuisances | {"dipole_events": mu_muB**2 * of.events})
    value = float(of(theta[None])[0])
    if not np.isfinite(value):
        return Answer(None, None, "a bin with counts expects none: the likelihood is zero")
    return Answer(value, of.error(theta))


@quantity(
    "xenon_cevns.test_statistic",
    NO_MU,
    M4,
    FLAVOUR,
    RUN_SET,
    ANALYSIS,
    unit="1",
    source=SOURCE,
)
def test_statistic(mu_muB: float, m4_MeV: float, flavour: str, runs: str, analysis: str, search: Search) -> Answer:
    """q = 2 (max ln L - max ln L at this moment), the first maximum over moments from zero up.

    Returns
    -------
    float [1]: not cut to 0 below the best moment; with the error of both fits
    """
    of = _likelihood(m4_MeV, flavour, runs, analysis, search)
    value, theta, status = of.profile([np.nan, mu_muB**2 * of.events])
    if status.any():
        return Answer(None, None, "the fit did not converge")
    return Answer(max(0.0, 2.0 * float(value[0] - value[1])), 2.0 * sum(of.error(at) for at in theta))


test_statistic.function.__test__ = False  # for pytest: it is no test


@quantity(
    "xenon_cevns.moment_limit",
    M4,
    FLAVOUR,
    choice("dof", (2, 1), 2, "degrees of freedom of the 90 % quantile: 4.605 or 2.706"),
    RUN_SET,
    ANALYSIS,
    choice("data", ("observed", "asimov"), "observed", "observed counts, or those expected without a moment"),
    unit="mu_B",
    source=SOURCE,
)
def moment_limit(m4_MeV: float, flavour: str, dof: str, runs: str, analysis: str, data: str, search: Search) -> Answer:
    """Upper limit on the transition moment at 90 % C.L., from the profile likelihood.

    Returns
    -------
    float [mu_B], None where no recoil is seen; with the error of spectra and root

    Notes
    -----
    Arguments as declared above, in the units of their names.  The limit is asymptotic and covers a little too much:
    with 1 degree of freedom 8.6 to 9.4 % of toys at the limit lie beyond it instead of 10 %.
    """
    made = expectation.weights(search, analysis, [m4_MeV])
    value, error, status = fits.moment_limits(search, made, flavour, runs, analysis, data, (dof,))
    if status[0, 0] == Status.NO_SOLUTION:
        return Answer(None, None, f"m4 = {m4_MeV:g} MeV: no flux makes recoils that the detector sees")
    if status[0, 0] != Status.OK:
        return Answer(None, None, "the fit did not converge")
    return Answer(float(value[0, 0]), float(error[0, 0]))


@quantity(
    "xenon_cevns.flux_fit",
    RUN_SET,
    ANALYSIS,
    unit="1/(cm2 s); significance: 1",
    source=SOURCE,
)
def flux_fit(runs: str, analysis: str, search: Search) -> Answer:
    """8B flux without a moment: best value, where 2 ln L has fallen by 1, and the significance of 8B neutrinos.

    Returns
    -------
    dict: flux_8b, lower, upper [1/(cm2 s)], significance [1]
    """
    fit = flux_fits.flux_fit(search, runs, analysis)
    if fit.status != Status.OK:
        return Answer(None, None, "the fit did not converge")
    value = {name: getattr(fit, name) for name in ("flux_8b", "lower", "upper", "significance")}
    return Answer(value, {name: fit.uncertainty * abs(number) for name, number in value.items()})
