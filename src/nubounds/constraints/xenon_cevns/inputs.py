"""The inputs: the solar neutrinos, the xenon they meet, the data, and how uncertain all of it is."""

from __future__ import annotations

from dataclasses import dataclass

from nubounds.contract import PRECISIONS, DataFile, Inputs, given, part
from nubounds.solar.inputs import Scattering, Target

RUNS = ("sr0", "sr1", "sr2")
RUN_SETS = {"sr0": (0,), "sr1": (1,), "sr2": (2,), "sr0_1": (0, 1), "sr0_2": (0, 1, 2)}
ANALYSIS_WORDS = {
    "counting": "counting analysis: one bin a run, embedded table of efficiencies",
    "binned": "binned analysis: 81 bins a run of the data release",
}
ANALYSES = tuple(ANALYSIS_WORDS)
SNO_FLUX = 5.25e6  # 8B neutrinos [1/(cm2 s)], SNO's neutral current
FLUX_8B = {"sno": (SNO_FLUX, 0.0381), "b16": (5.46e6, 0.12), "bs05": (5.691e6, 0.16)}  # total, relative uncertainty
CONFIG_2024 = "statistical model of the release of 2024 (arXiv:2409.17868)"


@dataclass(frozen=True)
class Accuracy(Inputs):
    """How accurately recoil spectra are integrated."""

    precision: str = given("paper", meaning="nodes on a piece of the recoil spectrum: 7, 15 or 31", choices=PRECISIONS)


@dataclass(frozen=True)
class Xenon(Target):
    """The nuclei: the detector's response is that of xenon."""

    target: str = given("Xe", meaning="target with embedded isotopes", choices=("Xe",))


@dataclass(frozen=True)
class XenonScattering(Scattering):
    """Solar neutrinos on xenon."""

    target: Xenon = part(Xenon)


@dataclass(frozen=True)
class FormFactor(Inputs):
    """The nucleus of Klein and Nystrand."""

    nuclear_radius_fm: float = given(
        1.23, "fm", "hard-sphere radius of the form factor divided by A^(1/3)", minimum=0, maximum=10
    )
    yukawa_range_fm: float = given(
        0.7, "fm", "range of the Yukawa folding of the form factor (Klein and Nystrand)", minimum=0, maximum=10
    )


@dataclass(frozen=True)
class Fluxes(Inputs):
    """How many neutrinos there are."""

    flux_8b: str = given(
        "sno",
        meaning="total 8B flux and its uncertainty: SNO's neutral current, or the solar model B16 or BS05",
        choices=FLUX_8B,
        source="PRC 88 (2013) 025501; ApJ 835 (2017) 202; ApJ 621 (2005) L85",
    )
    flux_8b_per_cm2_s: float | None = given(
        None, "1/(cm2 s)", "total 8B flux instead of that of flux_8b", above=0, maximum=1e9
    )
    flux_hep_per_cm2_s: float = given(7.93e3, "1/(cm2 s)", "total hep flux", minimum=0, maximum=1e9, source="BS05")
    sigma_f_8b: float | None = given(
        None,
        "1",
        "relative uncertainty of the 8B flux instead of that of flux_8b; 0 fixes it",
        minimum=0,
        maximum=10,
    )
    sigma_f_hep: float = given(
        0.30,
        "1",
        "relative uncertainty of the hep flux; 0 fixes it",
        minimum=0,
        maximum=10,
        source="assumption; no effect below 12 MeV",
    )

    @property
    def totals(self) -> tuple[float, float]:
        """Total fluxes of 8B and hep [1/(cm2 s)]."""
        chosen = FLUX_8B[self.flux_8b][0] if self.flux_8b_per_cm2_s is None else self.flux_8b_per_cm2_s
        return chosen, self.flux_hep_per_cm2_s

    @property
    def sigmas(self) -> tuple[float, float]:
        """Their relative uncertainties."""
        return FLUX_8B[self.flux_8b][1] if self.sigma_f_8b is None else self.sigma_f_8b, self.sigma_f_hep


@dataclass(frozen=True)
class Shapes(Inputs):
    """What recoil spectra of unit fluxes depend on."""

    accuracy: Accuracy = part(Accuracy)
    scattering: XenonScattering = part(XenonScattering)
    form_factor: FormFactor = part(FormFactor)


@dataclass(frozen=True)
class Release(Inputs):
    """The data of the binned analysis."""

    data_file: DataFile | None = given(
        None,
        meaning="repacked release (npz); null: the one that `nubounds published-data xenonnt` installed",
        columns="energy_keV, t, exposure_ton_yr, edges, observed, nr, neutron, ac, er",
        source="doi:10.5281/zenodo.20576156, CC-BY-4.0",
    )


def _sigma(default: float, meaning: str, source: str = CONFIG_2024):
    return given(default, "1", f"{meaning}; 0 fixes it", minimum=0, maximum=10, source=source)


@dataclass(frozen=True)
class Systematics(Inputs):
    """Standard deviations of what the fit may change."""

    sigma_f_ac_sr0: float = _sigma(0.0904, "relative uncertainty of accidental coincidences in SR0")
    sigma_f_ac_sr1: float = _sigma(0.0576, "relative uncertainty of accidental coincidences in SR1")
    sigma_f_ac_sr2: float = _sigma(
        0.0576, "relative uncertainty of accidental coincidences in SR2", "assumption: as in SR1"
    )
    sigma_f_er: float = _sigma(1.0, "relative uncertainty of electronic recoils")
    sigma_f_neutron: float = _sigma(0.58, "relative uncertainty of neutrons")
    sigma_f_eff: float = _sigma(0.25, "relative uncertainty of efficiency, fiducial volume and selections")
    sigma_t_ly: float = _sigma(1.0, "standard deviation of the light yield's parameter", "the release")
    sigma_t_qy: float = _sigma(1.0, "standard deviation of the charge yield's parameter", "the release")


@dataclass(frozen=True)
class Search(Inputs):
    """Everything that the likelihood depends on."""

    shapes: Shapes = part(Shapes)
    fluxes: Fluxes = part(Fluxes)
    release: Release = part(Release)
    systematics: Systematics = part(Systematics)


@dataclass(frozen=True)
class Toys(Inputs):
    """Toys of the test statistic."""

    toys_per_block: int = given(
        250, meaning="toys in a block, at each tested moment and as many without one", minimum=10, maximum=10**6
    )
    toy_seed: int = given(1, meaning="seed of the toys", minimum=0, maximum=2**63 - 1)


RECORDS = (Search, Toys)
