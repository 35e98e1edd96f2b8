"""Global numbers of a star at one time: baryon mass, heat, lepton number, to judge a profile by."""

from __future__ import annotations

import itertools

import numpy as np

from nubounds.constraints.sn_dipole import pns_8_8, user_profile
from nubounds.constraints.sn_dipole.constants import ATOMIC_MASS_G, HBARC_MEV_CM, MEV_PER_ERG, SOLAR_MASS_G
from nubounds.constraints.sn_dipole.inputs import Star
from nubounds.constraints.sn_dipole.neutrinos import fermi_moments
from nubounds.constraints.sn_dipole.profile import baryon_density, chemical_potential, gauss

M_NUCLEON_MEV = 938.9  # mean of proton and neutron


def span(star: Star) -> tuple[tuple[float, float], tuple[float, float]]:
    """First and last time [s], least and largest radius [km] of a star's profile."""
    if star.profile:
        profile = user_profile.of(star.profile)
        return (float(profile.t[0]), float(profile.t[-1])), (0.0, float(profile.r[-1]))
    return (pns_8_8.T_START_S, pns_8_8.T_STOP_S), (0.0, pns_8_8.R_STOP_KM)


def state(star: Star, t_s: float, r_km: float) -> dict[str, float]:
    """Density [g/cm3], temperature, fractions, chemical potentials [MeV] at one time and radius, and the edge R(t).

    Parameters
    ----------
    star : the proto-neutron star: PNS-8.8A, or a user's
    t_s : time after bounce [s]
    r_km : radius [km]

    Returns
    -------
    Numbers by name.
    """
    if star.profile:
        profile = user_profile.of(star.profile)
        found = {name: float(value) for name, value in profile.at(t_s, r_km).items()}
        edge = profile.edge(t_s)
    else:
        snapshot = pns_8_8.Snapshot(t_s, star.T0_MeV)
        columns = (float(value[0]) for value in snapshot.state(np.array([r_km])))
        found, edge = dict(zip(("rho_gcc", "T_MeV", "Ye", "Ynu"), columns, strict=True)), snapshot.R_km
    n = baryon_density(found["rho_gcc"])
    for name, share, states in (("mu_e_MeV", "Ye", 2), ("mu_nue_MeV", "Ynu", 1)):
        found.setdefault(name, float(chemical_potential(n * found[share], found["T_MeV"], states)))
    return found | {"R_km": edge}


def content_at(star: Star, t_s: float) -> dict[str, float]:
    """The edge R(t) [km] of a star at one time and what is inside it (:func:`content`).

    Parameters
    ----------
    star : the proto-neutron star: PNS-8.8A, or a user's
    t_s : time after bounce [s]

    Returns
    -------
    Numbers by name.
    """
    if star.profile:
        profile = user_profile.of(star.profile)
        return {"R_km": profile.edge(t_s)} | content(*from_user(profile, t_s))
    R_km = pns_8_8.Snapshot(t_s, star.T0_MeV).R_km
    return {"R_km": R_km} | content(*embedded(t_s, star.T0_MeV))


def embedded(t_s: float, T0_MeV: float) -> tuple[np.ndarray, ...]:
    """Radii, weights [km] and rho, T, Ye, Ynu of PNS-8.8A inside R(t).

    Parameters
    ----------
    t_s : time after bounce [s]
    T0_MeV : temperature that sets the scale of the profile [MeV]

    Returns
    -------
    r, dr [km], rho [g/cm3], T [MeV], Ye and Ynu, each of shape (n,).
    """
    snapshot = pns_8_8.Snapshot(t_s, T0_MeV)
    edges = (0.0, *(x * snapshot.R_km for x in (snapshot.x_peak, 0.9, 1.0)))
    parts = [gauss(a, b, 24) for a, b in itertools.pairwise(edges)]
    r, dr = (np.concatenate(column) for column in zip(*parts, strict=True))
    return r, dr, *snapshot.state(r)


def from_user(profile: user_profile.UserProfile, t_s: float) -> tuple[np.ndarray, ...]:
    """The same of a user's profile.

    Parameters
    ----------
    profile : the user's profile
    t_s : time after bounce [s]

    Returns
    -------
    As :func:`embedded`.
    """
    edges = np.unique(np.append(profile.r[profile.r < profile.edge(t_s)], [0.0, profile.edge(t_s)]))
    parts = [gauss(a, b, 3) for a, b in itertools.pairwise(edges)]
    r, dr = (np.concatenate(column) for column in zip(*parts, strict=True))
    state = profile.at(t_s, r)
    return r, dr, *(state[name] for name in ("rho_gcc", "T_MeV", "Ye", "Ynu"))


def _massless_heat(mu, T, states):
    """Energy density [MeV^4] of a massless gas of particles and antiparticles above the cold one of the same net
    density.
    """
    cold = np.cbrt(mu**3 + np.pi**2 * T**2 * mu)
    return states * (mu**4 + 2 * np.pi**2 * T**2 * mu**2 + 7 * np.pi**4 * T**4 / 15 - cold**4) / (8 * np.pi**2)


def _nucleon_heat(n, T):
    """The same of a non-relativistic Fermi gas of one nucleon species with density n [MeV^3]: eta from the density by
    bisection.
    """
    scale = (2 * M_NUCLEON_MEV * T) ** 1.5 / (2 * np.pi**2)
    low, high = np.full_like(n, -60.0), np.full_like(n, 200.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        above = scale * fermi_moments(middle, (0.5,))[0] > n
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    fermi_energy = (3 * np.pi**2 * n) ** (2 / 3) / (2 * M_NUCLEON_MEV)
    return scale * T * fermi_moments(0.5 * (low + high), (1.5,))[0] - 0.6 * n * fermi_energy


def content(
    r: np.ndarray, dr: np.ndarray, rho: np.ndarray, T: np.ndarray, Ye: np.ndarray, Ynu: np.ndarray
) -> dict[str, float]:
    """Baryon mass, heat of nucleons, electrons and neutrinos with all the energy of the trapped nu_e, and net lepton
    number.

    Parameters
    ----------
    r, dr : radii and quadrature weights [km];  rho [g/cm3], T [MeV], Ye, Ynu [1]
    rho : density [g/cm3]
    T : temperature [MeV]
    Ye : net electrons per baryon
    Ynu : net electron neutrinos per baryon

    Returns
    -------
    Numbers by name.
    """
    volume = 4 * np.pi * (r * 1e5) ** 2 * dr * 1e5
    n = baryon_density(rho)
    mu_e, mu_nu = chemical_potential(n * Ye, T, 2), chemical_potential(n * Ynu, T, 1)
    neutrinos = (mu_nu**4 + 2 * np.pi**2 * T**2 * mu_nu**2 + 7 * np.pi**4 * T**4 / 15) / (
        8 * np.pi**2
    ) + 2 * 7 * np.pi**2 * T**4 / 120
    heat = _nucleon_heat(n * Ye, T) + _nucleon_heat(n * (1 - Ye), T) + _massless_heat(mu_e, T, 2) + neutrinos
    baryons = float((volume * rho).sum()) / ATOMIC_MASS_G
    leptons = float((volume * rho * (Ye + Ynu)).sum()) / ATOMIC_MASS_G
    return {
        "baryon_mass_Msun": baryons * ATOMIC_MASS_G / SOLAR_MASS_G,
        "heat_erg": float((volume * heat).sum()) / HBARC_MEV_CM**3 / MEV_PER_ERG,
        "lepton_number": leptons,
        "leptons_per_baryon": leptons / baryons,
    }
