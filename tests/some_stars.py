"""Stars for tests of sn_dipole: states of any kind, and files as users bring them."""

import numpy as np

from nubounds.constraints.sn_dipole.inputs import Production

u = np.random.default_rng(3).uniform(0, 1, 300)
cluster = u < 0.5
angle = 2 * np.pi * u
STARS = {
    "curve": (38 * u ** (2 / 3) + 1.5, 240 * u ** (1 / 3) + 1),
    "circle": (20 + 15 * np.cos(angle), 120 + 100 * np.sin(angle)),
    "falling line": (40 - 38 * u, 5 + 200 * u),
    "noisy line": (2 + 38 * u + 0.03 * np.cos(1e3 * u), 5 + 200 * u),
    "one temperature": (20 + 0 * u, 240 * u),
    "one potential": (2 + 60 * u, 100 + 0 * u),
    "no electrons": (2 + 60 * u, 0 * u),
    "point": (30 + 0 * u, 150 + 0 * u),
    "two clusters": (np.where(cluster, 5, 40) + 0.3 * u, np.where(cluster, 200, 20) + 3 * np.sin(1e3 * u)),
    "one hot zone": (np.where(np.arange(300) == 7, 90, 2 + 3 * u), 50 + 50 * np.sin(1e3 * u)),
    "plane": (2 + 38 * u, 120 + 119 * np.sin(1e4 * u)),
    "wide": (1.5 * 66**u, 10 ** (1 + 1.9 * np.sin(1e4 * u))),
    "cold and dense": (1.5 + 2.5 * u, 500 + 400 * np.sin(1e4 * u)),
    "hot and thin": (60 + 40 * u, 25 + 25 * np.sin(1e4 * u)),
    "negative potentials": (5 + 25 * u, 200 * np.sin(1e4 * u)),
}


def write(tmp_path, rows, columns="t_s,r_km,rho_gcc,T_MeV,Ye,Ynu"):
    path = tmp_path / "star.csv"
    path.write_text("\n".join([columns, *(",".join(map(repr, map(float, row))) for row in rows)]) + "\n")
    return str(path)


def of_star(path):
    """The production in a user's star."""
    return Production.from_mapping({"profile": path})


def ball(times, T=30.0, radii=(0.0, 6.0, 12.0)):
    """A star that is the same everywhere and at all times."""
    return [(t, r, 3e14, T, 0.1, 0.0) for t in times for r in radii]


def isentrope(times=(0.5, 1.0, 2.0)):
    """A star whose states lie on a curve."""
    r = np.linspace(0, 15, 61)
    x = np.exp(-((r / 6.5) ** 2))
    return [(t, *row, 0.2, 0.02) for t in times for row in zip(r, 4e14 * x, 38 * x ** (2 / 3), strict=True)]
