"""From the inputs of a config to the setup that the limits depend on, and their checks."""

from __future__ import annotations

from dataclasses import replace

from nubounds.constraints.sn_dipole import detectors, diffuse, low_energy, probes, user_profile
from nubounds.constraints.sn_dipole.constants import KPC_CM
from nubounds.constraints.sn_dipole.production import E_MAX_MEV, Options
from nubounds.contract import InputError

TELESCOPES = ("smm", "fermi_223", "fermi_3600", "eastrogam")
DAY_S = 86400.0
M_MIN_MEV = 1e-6  # lighter N would be lighter than active neutrinos


def options(inputs) -> Options:
    """The production's choices."""
    return Options(
        screening=inputs["screening"],
        pauli=inputs["pauli"],
        protons=inputs["protons"],
        jacobian=inputs["jacobian"],
        channels=tuple(inputs["channels"]),
        profile=str(inputs["profile"] or ""),
        T0_MeV=float(inputs["T0_MeV"]),
        mu_nu=inputs["neutrino_potential"],
        precision=inputs["precision"],
    )


def delay(inputs) -> str:
    """Which photons and neutrinos arrive in time, wherever the paper's bound is not asked for."""
    return "full" if inputs["full_geometry"] else "leading"


def delay_name(inputs) -> str:
    """The same in words, for curves and figures."""
    return "whole geometry of the delay" if inputs["full_geometry"] else "delay to leading order in L1/D"


def telescope(name: str, inputs) -> probes.Telescope:
    """One telescope; SMM looked at SN1987A, the others wait for a galactic supernova."""
    distance = inputs["sn1987a_distance_kpc" if name == "smm" else "galactic_distance_kpc"]
    return probes.Telescope(**{key: float(value) for key, value in inputs[name].items()}, distance_kpc=float(distance))


def telescopes(inputs) -> dict[str, probes.Telescope]:
    """All telescopes, e-ASTROGAM in both windows."""
    found = {name: telescope(name, inputs) for name in TELESCOPES}
    short = replace(found["eastrogam"], window_s=found["fermi_223"].window_s, counts=inputs["eastrogam_223_counts"])
    return found | {"eastrogam_223": short}


def searches(inputs) -> dict[str, probes.Search]:
    """The searches for neutrinos."""
    window, rate = (
        float(inputs["neutrino_window_s"]),
        inputs["background_per_kt_day"] * inputs["neutrino_window_s"] / DAY_S,
    )

    def detector(name):
        mass = float(inputs["detector_mass_kt"][name])
        return probes.Detector(
            "argon" if name == "dune" else "water", mass, float(inputs["detector_efficiency"][name]), rate * mass
        )

    def search(names, band, distance):
        return probes.Search(
            tuple(map(detector, names)),
            *map(float, inputs[band]),
            window,
            float(inputs[distance]),
            float(inputs["threshold"]),
        )

    return {
        "kamiokande_imb": search(("kamiokande", "imb"), "neutrino_band_MeV", "sn1987a_distance_kpc"),
        "hyperk": search(("hyperk",), "neutrino_band_MeV", "galactic_distance_kpc"),
        "dune": search(("dune",), "argon_band_MeV", "galactic_distance_kpc"),
    }


def low_energy_search(inputs) -> low_energy.Search:
    """The search between 10 and 50 MeV, where the burst itself was seen."""
    experiments = tuple(
        low_energy.Experiment(
            float(inputs["detector_mass_kt"][name]),
            float(inputs["low_energy_window_s"][name]),
            efficiency,
            float(inputs["low_energy_counts"][name]),
        )
        for name, efficiency in low_energy.EFFICIENCIES.items()
    )
    band = map(float, inputs["low_energy_band_MeV"])
    return low_energy.Search(experiments, *band, float(inputs["sn1987a_distance_kpc"]), float(inputs["threshold"]))


def history(inputs) -> diffuse.History:
    """Star formation and expansion."""
    return diffuse.History(
        float(inputs["collapses_per_Msun"]),
        float(inputs["star_formation"]),
        tuple(map(float, inputs["star_formation_slopes"])),
        tuple(map(float, inputs["star_formation_breaks"])),
        float(inputs["star_formation_smoothness"]),
        float(inputs["hubble"]),
        float(inputs["matter"]),
        float(inputs["z_max"]),
    )


def backgrounds(inputs) -> tuple:
    """The diffuse photon background: the user's table, or COMPTEL and EGRET."""
    if inputs["diffuse_background"]:
        return diffuse.read_background(inputs["diffuse_background"])
    norms = [(float(inputs[name]["norm"]), float(inputs[name]["index"])) for name in ("comptel", "egret")]
    return tuple(
        replace(law, norm=norm, index=index) for law, (norm, index) in zip(probes.BACKGROUNDS, norms, strict=True)
    )


def setup(inputs) -> probes.Setup:
    """Everything that a limit depends on."""
    return probes.Setup(
        options=options(inputs),
        telescopes=telescopes(inputs),
        searches=searches(inputs),
        photosphere_cm=float(inputs["photosphere_cm"]),
        neutrinosphere_cm=float(inputs["neutrinosphere_cm"]),
        cooling_share=float(inputs["cooling_share"]),
        energy_erg=float(inputs["energy_erg"]),
        history=history(inputs),
        backgrounds=backgrounds(inputs),
        cross_sections={target: str(inputs[f"cross_section_{target}"] or "") for target in ("water", "argon")},
    )


# ranges of the entries of mappings, under the name of the mapping or of the entry
RANGES = {
    "E_min_MeV": (1e-3, 1e6),
    "E_max_MeV": (1e-3, 1e6),
    "window_s": (1e-3, 1e9),
    "area_cm2": (1e-3, 1e9),
    "counts": (1e-6, 1e12),
    "detector_mass_kt": (1e-6, 1e6),
    "detector_efficiency": (0.0, 1.0),
    "low_energy_window_s": (1e-3, 1e9),
    "low_energy_counts": (1e-6, 1e12),
    "norm": (1e-30, 1e30),
    "index": (0.0, 10.0),
}


def _within(name: str, value, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InputError(f"{name}: must be between {low:g} and {high:g}, not {value:g}")


def _keys(inputs, name: str, wanted) -> None:
    given = set(inputs[name])
    if given != set(wanted):
        raise InputError(f"{name}: needs the keys {', '.join(wanted)}; given: {', '.join(sorted(given))}")
    for key, value in inputs[name].items():
        _within(f"{name}.{key}", value, *RANGES.get(name) or RANGES[key])


def check(inputs) -> None:
    """InputError for inputs that do not fit together, with file and line where a file is at fault."""
    for name in TELESCOPES:
        _keys(inputs, name, ("E_min_MeV", "E_max_MeV", "window_s", "area_cm2", "counts"))
        if inputs[name]["E_max_MeV"] <= inputs[name]["E_min_MeV"]:
            raise InputError(f"{name}: E_max_MeV must be above E_min_MeV")
    for name in ("detector_mass_kt", "detector_efficiency"):
        _keys(inputs, name, ("kamiokande", "imb", "hyperk", "dune"))
    for name in ("low_energy_window_s", "low_energy_counts"):
        _keys(inputs, name, tuple(low_energy.EFFICIENCIES))
    for name in ("comptel", "egret"):
        _keys(inputs, name, ("norm", "index"))
    for name, length in (
        ("neutrino_band_MeV", 2),
        ("argon_band_MeV", 2),
        ("low_energy_band_MeV", 2),
        ("star_formation_slopes", 3),
        ("star_formation_breaks", 2),
        ("photon_benchmarks", 4),
        ("diffuse_benchmark", 2),
    ):
        if len(inputs[name]) != length:
            raise InputError(f"{name}: needs {length} numbers, not {len(inputs[name])}")
    for name in ("neutrino_band_MeV", "argon_band_MeV", "low_energy_band_MeV"):
        if inputs[name][1] <= inputs[name][0]:
            raise InputError(f"{name}: the second energy must be above the first")
    for name in ("photon_benchmarks", "diffuse_benchmark"):
        for M, d in zip(inputs[name][::2], inputs[name][1::2], strict=True):
            _within(f"{name}: mass", M, M_MIN_MEV, E_MAX_MEV)
            _within(f"{name}: d", d, 1e-30, 1.0)
    if not inputs["channels"]:
        raise InputError("channels: name at least one of scattering, inverse_decay")
    nearest = KPC_CM * min(inputs["sn1987a_distance_kpc"], inputs["galactic_distance_kpc"])
    for name in ("photosphere_cm", "neutrinosphere_cm"):
        if inputs[name] >= nearest:
            raise InputError(f"{name}: must be below the distance to the supernova, {nearest:.3g} cm")
    if inputs["profile"]:
        user_profile.read(inputs["profile"])
    for target in ("water", "argon"):
        if inputs[f"cross_section_{target}"]:
            detectors.per_molecule(target, inputs[f"cross_section_{target}"])
    backgrounds(inputs)
    if inputs["diffuse_neutrino_limit"]:
        diffuse.read_neutrino_limit(inputs["diffuse_neutrino_limit"])
