"""Neutrino-dipole upscattering on a nucleus of germanium, beside DarkNews (`pip install DarkNews`).

What is made equal: the nucleus (DarkNews is given the mass and the form factor of ours), the moment (theirs in 1/GeV,
mu_B = e/(2 m_e) with e^2 = 4 pi alpha), and the sum over the helicities of the heavy neutrino, which DarkNews takes one
by one.  It calls mu_tr what we call mu, and half of it stands in its Lagrangian.
"""

import functools
import importlib.util
import logging

import harness
import numpy as np
import pytest
from scipy.integrate import quad

from nubounds.constraints.solar_cevns import average_nucleus as nucleus
from nubounds.constraints.solar_cevns.quantities import cross_section
from nubounds.numerics.constants import ALPHA, M_ELECTRON_MEV
from nubounds.solar import physics as plain

pytestmark = pytest.mark.skipif(importlib.util.find_spec("DarkNews") is None, reason="DarkNews is not installed")

E_MEV, M4_MEV, MU = 10.0, 5.0, 1e-9
M = nucleus.M_MEV
HELICITIES = ("conserving", "flipping")
NODES = 48
Way = functools.partial(harness.Way, clock=harness.processor_time)
WHERE = f"neutrino of {E_MEV:g} MeV, heavy neutrino of {M4_MEV:g} MeV, mu = 1e-9 mu_B, processor time"


def recoils(E):
    """Smallest and largest recoil energy [MeV], from momenta and energies in the centre of mass."""
    s = M * (M + 2 * E)
    E3 = (s + M4_MEV**2 - M**2) / (2 * np.sqrt(s))
    largest = E * M / np.sqrt(s) * (E3 + np.sqrt(E3**2 - M4_MEV**2)) / M - M4_MEV**2 / (2 * M)
    return M4_MEV**4 / (4 * s * largest), largest


def ours(E, T):
    """dsigma/dT [cm^2/MeV] by the kernel, for arrays."""
    return 1e3 * cross_section.many(E, 1e3 * T, M4_MEV, MU, "half").value


def integrated(E):
    """Total cross sections [cm^2] for an array of energies: Gauss nodes in ln T between the ends of phase space."""
    low, high = recoils(E)
    x, w = harness.gauss(NODES)
    T = low[:, None] * (high / low)[:, None] ** x
    section = ours(np.repeat(E, NODES), T.ravel()).reshape(T.shape)
    return np.log(high / low) * ((section * T) @ w)


@functools.cache
def processes(kind):
    """Theirs, for both helicities, of a Dirac or a Majorana neutrino."""
    from DarkNews import pdg
    from DarkNews.model import GenericHNLModel
    from DarkNews.nuclear_tools import NuclearTarget
    from DarkNews.processes import UpscatteringProcess

    logging.getLogger("logger").setLevel(logging.ERROR)
    bohr_magneton = np.sqrt(4 * np.pi * ALPHA) / (2e-3 * M_ELECTRON_MEV)  # 1/GeV
    model = GenericHNLModel(m4=1e-3 * M4_MEV, mu_tr_e4=MU * bohr_magneton, HNLtype=kind)
    model.set_vertices()
    target = NuclearTarget("Ge74")
    target.mass = 1e-3 * M
    target.F1_EM = lambda Q2: np.sqrt(nucleus.squared_form_factor(1e9 * Q2 / (2 * M)))
    return [UpscatteringProcess(pdg.nue, pdg.neutrino4, target, "coherent", model, each) for each in HELICITIES]


def total_of_darknews():
    both = [float(process.total_xsec(1e-3 * E_MEV)) for process in processes("dirac")]
    return sum(both), len(both) * 20_000


def differential_of_darknews(T):
    """dsigma/dT [cm^2/MeV], by the formula for a Majorana neutrino, which does not need u."""
    both = [p.diff_xsec_Q2(1e-3 * E_MEV, 2e-6 * M * T, diagrams=["TMM_SQR"]) for p in processes("majorana")]
    return 2e-6 * M * sum(both)


def total_core(n=1000):
    E, low_high = np.full(n, E_MEV), recoils(E_MEV)
    reference = quad(
        lambda t: np.exp(t) * float(plain.dipole_cross_section(E_MEV, np.exp(t), M4_MEV, MU, nucleus.Z, nucleus.A, M)),
        *np.log(low_high),
        epsabs=0,
        epsrel=1e-12,
    )[0]
    return harness.Core(
        "solar_cevns total cross section",
        f"Dipole upscattering on one nucleus of germanium, all recoils: {WHERE}. DarkNews is given our nuclear mass and "
        "form factor, and samples each of two helicities with vegas, by default 20 times 1000 points. They scatter by "
        "4e-6; the rest of its error is the lower end of Q^2, which it takes to leading order in m4/E (13 % too low here).",
        reference,
        Way(f"kernel at {NODES} nodes in ln T, {n} energies at once", lambda: float(integrated(E)[-1]), results=n),
        [Way("DarkNews, total_xsec of both helicities", total_of_darknews)],
        [Way(f"kernel at {NODES} nodes in ln T, one energy", lambda: float(integrated(E[:1])[0]))],
    )


def differential_core(n=10_000):
    T = np.full(n, 1e-3)
    E = np.full(n, E_MEV)
    reference = plain.dipole_cross_section(E_MEV, T[0], M4_MEV, MU, nucleus.Z, nucleus.A, M)
    return harness.Core(
        "solar_cevns cross section",
        f"The same per recoil energy at 1 keV, arrays of {n} recoils: {WHERE}. DarkNews as for a Majorana neutrino: the "
        "formula is the same, but in s and t alone. For a Dirac neutrino diff_xsec_Q2 of version 0.4.8 is 4e-3 low here, "
        "because m4 stands for m4^2 in its u; total_xsec is not touched by that.",
        float(reference),
        Way("kernel", lambda: float(ours(E, T)[-1]), results=n),
        [Way("DarkNews, diff_xsec_Q2 of both helicities", lambda: float(differential_of_darknews(T)[-1]), results=n)],
    )


def test_total_cross_section():
    harness.store(harness.compare(total_core()))


def test_differential_cross_section():
    harness.store(harness.compare(differential_core()))
