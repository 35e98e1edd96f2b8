"""Production of sterile neutrinos at one momentum: V(2.8), the density matrix D(32), and the thermal potential."""

import itertools
from functools import cache

import harness
import numpy as np

from nubounds.constraints.dm_production import phase_space, physics, production
from nubounds.constraints.dm_production.conventions import resolve
from nubounds.constraints.dm_production.medium import FAST, FINE, FINEST, STANDARD
from nubounds.kernels import dm_density_matrix, dm_thermal

MODEL, M, X, M4, COUPLING, S2 = "scalar", 10.0, 3.0, 7.1e-3, 1e-3, 1e-13
CHOICES = resolve(g_star=10.75)
PRODUCTION_CAP, RIGHT_HAND_CAP = 200_000, 200_000


@cache
def line(step=phase_space.LINE_STEP):
    return phase_space.line([X], MODEL, M, CHOICES, step)


@cache
def history():
    """Functions of ln z through a fine table: D, d = D c - V and Gamma in units of H, cubic splines of smooth parts."""
    from scipy.interpolate import CubicSpline

    at = line(0.00125)
    D, d, gamma = at.rates(M4, COUPLING, S2)
    t = at.around.log_z
    return CubicSpline(t, np.log(D[0])), CubicSpline(t, d[0] / D[0]), CubicSpline(t, np.log(gamma[0]))


def rate(t):
    """df_s/dln z of V(2.8) over f_a, for an array of ln z."""
    log_D, ratio, log_gamma = (spline(t) for spline in history())
    D, gamma = np.exp(log_D), np.exp(log_gamma)
    return 0.25 * gamma * D**2 * S2 / (D**2 * S2 + 0.25 * gamma**2 + (ratio * D) ** 2)


def reference():
    """Int dln z, split at every zero of d and where its Lorentzian ends, in a variable that resolves it."""
    at, total = line(0.00125).around, 0.0
    roots = [r for r in history()[1].roots(extrapolate=False) if at.first < r < at.last]
    edges = np.unique([at.first, *np.linspace(at.first, at.last, 400), *roots, at.last])
    x, w = harness.gauss(40)
    for low, high in itertools.pairwise(edges):
        for end, other in ((low, 0.5 * (low + high)), (high, 0.5 * (low + high))):
            depth = np.log(1e-16)  # from the end in a logarithm: widths of any size
            u = np.exp(depth * (1 - x)) * (other - end)
            total += np.sum(w * rate(end + u) * np.abs(u)) * -depth
    return float(total / (np.exp(X) + 1))


def integrand(x):
    """V(2.8) on the unit interval; x has shape (n, 1)."""
    at = line(0.00125).around
    return rate(at.first + (at.last - at.first) * x[:, 0]) * (at.last - at.first) / (np.exp(X) + 1)


def ode_way(method, max_step=None, cap=RIGHT_HAND_CAP):
    """The usual way: an ODE solver on df_s/dln z."""
    from scipy.integrate import solve_ivp

    at = line(0.00125).around
    options = {} if max_step is None else {"max_step": max_step}

    def run():
        counted = harness.Counted(lambda t, y: [float(rate(t)) / (np.exp(X) + 1)], cap)
        solution = solve_ivp(
            counted, (at.first, at.last), [0.0], method=method, rtol=1e-8, atol=1e-30, first_step=1e-3, **options
        )
        return float(solution.y[0, -1]), counted.count

    limit = "" if max_step is None else f", steps of at most {max_step:g}"
    return harness.Way(f"scipy solve_ivp {method}{limit}, stopped at {cap} evaluations", run, repeats=1)


def quad_way():
    """scipy quad that is told where the resonances are."""
    from scipy.integrate import quad

    at = line(0.00125).around

    def run():
        roots = [r for r in history()[1].roots(extrapolate=False) if at.first < r < at.last]
        counted = harness.Counted(lambda t: float(rate(t)), PRODUCTION_CAP)
        value = quad(counted, at.first, at.last, points=roots or None, epsrel=1e-6, epsabs=0, limit=2000)[0]
        return value / (np.exp(X) + 1), counted.count

    return harness.Way("scipy quad, told the resonances", run, repeats=3)


def numba_way(n=100_000):
    """The trapezoidal rule in ln z on the splines' values, compiled."""
    import numba

    at = line(0.00125).around
    t = np.linspace(at.first, at.last, n)
    D, ratio, gamma = (spline(t) for spline in history())
    D, gamma = np.exp(D), np.exp(gamma)

    @numba.njit
    def total(D, ratio, gamma):
        result = 0.0
        for k in range(D.size):
            d = ratio[k] * D[k]
            value = 0.25 * gamma[k] * D[k] ** 2 * S2 / (D[k] ** 2 * S2 + 0.25 * gamma[k] ** 2 + d * d)
            result += value if 0 < k < D.size - 1 else 0.5 * value
        return result

    step = (at.last - at.first) / (n - 1)
    return harness.Way(
        f"numba, trapezoids at {n} given values", lambda: (total(D, ratio, gamma) * step / (np.exp(X) + 1), n)
    )


def kernel_way():
    at = line()
    return harness.Way(
        "kernel, one momentum with error estimate",
        lambda: float(phase_space.boltzmann(at, M4, COUPLING, S2, False)[0][0]),
        repeats=20,
    )


def core():
    return harness.Core(
        "dm_production",
        "f_s at x = 3 for a scalar of 10 MeV, coupling 1e-3, m4 = 7.1 keV, sin^2 2theta = 1e-13: an integral over ln z "
        "with two resonances 1.5e-3 and 4e-3 wide. Potential and rates are given to all as functions (tables, splines).",
        reference(),
        kernel_way(),
        [
            ode_way("LSODA"),
            ode_way("LSODA", 0.002),
            quad_way(),
            harness.cubature(integrand, 1, 1e-6, 2000),
            harness.vegas(integrand, 1, 20_000),
            numba_way(),
        ],
    )


def density_core(m=100.0, n=200):
    """Relic densities along a line of couplings, the tables being there: time of one, error of the worst."""
    couplings, choices = np.geomspace(1e-7, 1, n), resolve()
    args = (MODEL, m, choices, couplings, M4, 7e-11)
    finest = production.relic_densities(*args, FINEST)[0]

    def way(name, compute):
        return harness.Way(name, lambda: 1 + float(np.max(np.abs(compute()[0] / finest - 1))), results=n)

    def on(resolution):
        x, step = resolution
        name = f"kernel, {x - 1} momenta, steps of {step:g}"
        return way(name, lambda: production.relic_densities(*args, resolution))

    return harness.Core(
        "dm_production relic density",
        f"Omega h^2 for a scalar of {m:g} MeV and {n} couplings from 1e-7 to 1 at 7.1 keV, 7e-11, error estimates "
        "included. The error is that of the worst coupling: resonances end within the range of x between 5e-5 and 2e-4.",
        1.0,
        way(
            "kernel, 1e-3 asked: fast grid, standard where it does not do",
            lambda: production.relic_densities_within(1e-3, *args),
        ),
        [],
        [on(FAST), on(STANDARD), on(FINE)],
    )


def rates_at_x():
    """D, d and Gamma in units of H on the line's nodes, f_a, and about what f_s will be."""
    at = line()
    D, d, gamma = (each[0] for each in at.rates(M4, COUPLING, S2))
    expected = float(phase_space.boltzmann(at, M4, COUPLING, S2, True)[0][0])
    return D, d, gamma, at.around, float(at.grid.f_a[0]), expected


def matrix_way(rtol=1e-6):
    D, d, gamma, m, f_a, expected = rates_at_x()
    step = m.log_z[1] - m.log_z[0]

    def run():
        value, steps, _ = dm_density_matrix.evolve(
            D, d, gamma, m.log_z[0], step, m.first, m.last, f_a, S2, rtol, expected / S2
        )
        return float(value), steps

    return harness.Way(f"kernel, Radau IIA of order 5, {rtol:g} asked (steps)", run)


def matrix_core():
    """The same momentum with the density matrix: three stiff equations, D(32)."""
    from scipy.integrate import solve_ivp

    D, d, gamma, m, f_a, _ = rates_at_x()

    def solver(method, cap=30_000):
        from scipy.interpolate import CubicSpline

        splines = [CubicSpline(m.log_z, each) for each in (D, d, gamma)]

        def matrix(t):
            D_, d_, gamma_ = (float(spline(t)) for spline in splines)
            return np.array([[-0.5 * gamma_, -d_, 0], [d_, -0.5 * gamma_, -0.5 * D_ * S2], [0, D_, 0]]), 0.5 * D_ * f_a

        def slope(t, y):
            A, q = matrix(t)
            return A @ y + [0, q, 0]

        def run():
            counted = harness.Counted(slope, cap)
            A, q = matrix(m.first)
            start = np.append(np.linalg.solve(A[:2, :2], [0, -q]), 0.0)
            solution = solve_ivp(
                counted, (m.first, m.last), start, method=method, jac=lambda t, y: matrix(t)[0], rtol=1e-6, atol=1e-6
            )
            if not solution.success:
                raise harness.EnoughError(solution.message)
            return float(S2 * solution.y[2, -1]), counted.count

        return harness.Way(f"scipy solve_ivp {method}, stopped at {cap} right-hand sides", run, repeats=1)

    return harness.Core(
        "dm_production density matrix",
        "The same momentum by the density matrix, rates up to 1e15 times the expansion rate. Quadratures do not apply; "
        "a compiled stiff solver is not short, so numba has no line.",
        matrix_way(1e-10).run()[0],
        matrix_way(),
        [solver("Radau"), solver("BDF"), solver("LSODA")],
        [matrix_way(1e-4)],
    )


def potential_way(mu=5.0):
    return harness.Way("kernel with error estimate", lambda: dm_thermal.potential_at(X, mu)[0], repeats=50)


def potential_core():
    """Thermal potential of the scalar at one (x, m/T): what fills the tables."""
    mu = 5.0

    def integrand(u):
        """As a physicist writes it: L(7) over p = 40 u^2, logarithms and all."""
        p = 40 * u[:, 0] ** 2
        omega = np.hypot(p, mu)
        with np.errstate(all="ignore"):
            a = 4 * p * X / mu**2
            fermion = 4 * X * p - 0.5 * mu**2 * np.log(np.abs((a + 1) / (a - 1)))
            top = (2 * X * (p + omega) + mu**2) * np.abs(mu**2 - 2 * X * (omega - p))
            bottom = (mu**2 + 2 * X * (omega - p)) * np.abs(mu**2 - 2 * X * (p + omega))
            boson = 4 * X * p * p / omega - mu**2 * p / (2 * omega) * np.log(top / bottom)
            value = fermion / (np.exp(p) + 1) + boson / np.expm1(omega)
        return np.nan_to_num(value * 80 * u[:, 0] / (16 * np.pi**2 * X**2), posinf=0.0, neginf=0.0)

    return harness.Core(
        "dm_production thermal potential",
        "V/(coupling^2 T) of the scalar at x = 3, m/T = 5: one dimension with two logarithmic singularities, which the "
        "kernel turns into principal values.",
        physics.thermal_potential(X, mu),
        potential_way(mu),
        [
            harness.Way("scipy quad between the singularities", lambda: physics.thermal_potential(X, mu), repeats=3),
            harness.cubature(integrand, 1, 1e-8, 1000),
            harness.vegas(integrand, 1, 5000),
        ],
    )


def test_table():
    harness.store(harness.compare(core()))


def test_relic_density_table():
    harness.store(harness.compare(density_core()))


def test_density_matrix_table():
    harness.store(harness.compare(matrix_core()))


def test_potential_table():
    harness.store(harness.compare(potential_core()))
