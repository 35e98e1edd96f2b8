"""Eq. (19) by the kernel and by general integrators: time and error of each.

Run with ``pytest -s tests/benchmarks/bench_sn_diffusion.py``.  The integral is one integral of the kernel (Z' exchange,
neutrons of the innermost shell at 5 s, antineutrinos, mediator of 10 MeV) over q0, |q| and E_N with the azimuth done; the
kernel gives all seven integrals for all masses in the time shown.
"""

import math
import time

import numpy as np
import pytest

from nubounds.constraints.sn_diffusion import physics, states
from nubounds.kernels import sn_diffusion as kernel

STATE = states.shell_state(5, 1, "nubar")
MASS = 10.0
ROW = [STATE.T, STATE.m_eff, STATE.mu_n, STATE.E_nu, STATE.mu_nu, 0, 0]
VECTOR = kernel.INTEGRALS.index("vector")
FINEST = kernel.Quadrature(40, 32, 96, 64, 48, 20)


def integrand(x):
    """Eq. (19) with FLUX = E_N E_nu on the unit cube; x has shape (n, 3)."""
    T, m, mu, E_nu = STATE.T, STATE.m_eff, STATE.mu_n, STATE.E_nu
    q0 = E_nu - (E_nu + 12 * T) * x[:, 0]
    width = 2 * E_nu - q0 - np.abs(q0)
    q = np.abs(q0) + width * x[:, 1]
    Q2 = np.maximum(q**2 - q0**2, 1e-12)
    E = -q0 / 2 + q / 2 * np.sqrt(1 + 4 * m**2 / Q2)
    reach = np.maximum(mu + np.maximum(0, -q0) - E, 0) + 25 * T
    E = E + reach * x[:, 2]
    p = np.sqrt(np.maximum(E**2 - m**2, 1e-12))
    cos_p = np.clip((q0**2 + 2 * q0 * E - q**2) / (2 * q * p), -1, 1)
    cos_k = np.clip((2 * E_nu * q0 + Q2) / (2 * E_nu * q), -1, 1)
    a = E_nu * (E - p * cos_p * cos_k)
    b2 = (p * E_nu) ** 2 * (1 - cos_p**2) * (1 - cos_k**2)
    amplitude = (8 * (a**2 + b2 / 2) - Q2 * (2 * m**2 - Q2 + 4 * a)) / (Q2 + MASS**2) ** 2
    holes = physics.fermi(-E - q0, -mu, T) * physics.fermi(q0 - E_nu, -STATE.mu_nu, T)
    jacobian = (E_nu + 12 * T) * width * reach
    return jacobian * physics.fermi(E, mu, T) * holes * amplitude / (8 * (2 * math.pi) ** 3 * E_nu**2)


@pytest.fixture(scope="module")
def reference():
    return kernel.Response(ROW, FINEST).integrals(np.array([MASS]))[0][0, VECTOR]


def report(name, seconds, value, reference):
    print(f"\n{name:58s} {1e3 * seconds:10.2f} ms   error {abs(value / reference - 1):.1e}")


def timed(function):
    start = time.perf_counter()
    value = function()
    return value, time.perf_counter() - start


@pytest.mark.parametrize("n_mass", [1, 15, 100])
@pytest.mark.parametrize("flux", list(kernel.FLUX))
def test_kernel(reference, n_mass, flux):
    masses = np.geomspace(1e-3, 1e4, n_mass) if n_mass > 1 else np.array([MASS])
    row = [*ROW[:5], kernel.FLUX[flux], 0]
    exact = kernel.Response(row, FINEST).integrals(masses)[0]
    tries = [timed(lambda: kernel.Response(row).integrals(masses)) for _ in range(10)]
    seconds = min(seconds for _, seconds in tries)
    worst = np.max(np.abs(tries[0][0][0] / exact - 1))
    name = f"kernel, flux {flux}, {n_mass} masses, with error estimate"
    print(f"\n{name:58s} {1e3 * seconds:10.2f} ms   error {worst:.1e} (worst of 7 x {n_mass} integrals)")
    assert worst < 1e-5


def test_all_nuclear_states():
    def solve():
        states.nuclear_matter.cache_clear()
        for row in states.DIRAC.values():
            states.nuclear_matter(row["T_MeV"], row["n_B_per_fm3"], row["Y_L"])
            states.nuclear_matter(row["T_MeV"], row["n_B_per_fm3"], None)

    _, seconds = timed(solve)
    print(f"\n{'TM1: all 22 states, with error estimate':58s} {1e3 * seconds:10.2f} ms")
    assert seconds < 1


def test_phase_space_integral():
    parts, seconds = timed(lambda: physics.inverse_mean_free_path(STATE, MASS, "nubar"))
    both = [kernel.Response([*ROW[:2], mu, *ROW[3:]], FINEST) for mu in (STATE.mu_n, STATE.mu_p)]
    vector = 2 * kernel.medium(both, np.array([MASS]))[0][:, 0, VECTOR].sum() / (physics.HBARC_MEV_FM * 1e-15)
    report("numpy over phase space, n and p, all parts, one mass", seconds, parts["vector"], vector)


@pytest.mark.parametrize("max_subdivisions", [100, 1000])
def test_scipy_cubature(reference, max_subdivisions):
    from scipy.integrate import cubature

    result, seconds = timed(
        lambda: cubature(integrand, np.zeros(3), np.ones(3), rule="gk15", rtol=1e-5, max_subdivisions=max_subdivisions)
    )
    report(f"scipy cubature, {result.status}, {result.subdivisions} subdivisions", seconds, result.estimate, reference)


@pytest.mark.parametrize("budget", [200_000])
def test_scipy_nquad(reference, budget):
    """Nested adaptive quadrature does not end in reasonable time: stop it after `budget` evaluations."""
    from scipy.integrate import nquad

    class Enough(Exception):
        pass

    count = 0

    def scalar(*x):
        nonlocal count
        count += 1
        if count > budget:
            raise Enough
        return float(integrand(np.array([x]))[0])

    start = time.perf_counter()
    try:
        value, _ = nquad(scalar, [(0, 1)] * 3, opts={"epsrel": 1e-3, "limit": 20})
        report(f"scipy nquad, {count} evaluations", time.perf_counter() - start, value, reference)
    except Enough:
        name = f"scipy nquad (1e-3 asked), stopped at {budget} evaluations"
        print(f"\n{name:58s} {1e3 * (time.perf_counter() - start):10.2f} ms   no result")


@pytest.mark.parametrize("points", [2_000, 50_000])
def test_vegas(reference, points):
    vegas = pytest.importorskip("vegas")
    integrator = vegas.Integrator([[0, 1]] * 3)

    def run():
        integrator(vegas.lbatchintegrand(integrand), nitn=5, neval=points)
        return integrator(vegas.lbatchintegrand(integrand), nitn=10, neval=points).mean

    value, seconds = timed(run)
    report(f"vegas, 15 x {points} points", seconds, value, reference)
