"""The inputs: what recoils, the Sun's neutrinos, the scenarios, the bins, and what a limit is."""

from __future__ import annotations

from dataclasses import dataclass

from nubounds.contract import DataFile, Inputs, given, part
from nubounds.inputs.priors import Normal
from nubounds.solar.inputs import (
    Accuracy,
    Oscillations,
    Production,
    Scattering,
    SolarFluxes,
    Spectra,
    Target,
    WeakMixing,
)

PROJECTIONS = ("next_generation", "future_1", "future_2")
SCENARIOS = (*PROJECTIONS, "current")
STATISTICS = ("poisson", "fractional", "fitted")


class ByProjection(Inputs):
    """A number for each projection: ``record[scenario]``."""

    def __getitem__(self, scenario: str) -> float:
        return getattr(self, scenario)


def _of_projection(default: float, unit: str, meaning: str, minimum: float, maximum: float):
    return given(default, unit, meaning, minimum=minimum, maximum=maximum, source="Sec. 3.3")


@dataclass(frozen=True)
class Thresholds(ByProjection):
    """Thresholds of the projections."""

    next_generation: float = _of_projection(1.0, "keV", "threshold of the next generation", 1e-6, 1e3)
    future_1: float = _of_projection(1.0, "keV", "threshold of future 1", 1e-6, 1e3)
    future_2: float = _of_projection(0.1, "keV", "threshold of future 2", 1e-6, 1e3)


@dataclass(frozen=True)
class Exposures(ByProjection):
    """Exposures of the projections."""

    next_generation: float = _of_projection(0.15, "ton yr", "exposure of the next generation", 1e-12, 1e12)
    future_1: float = _of_projection(1.5, "ton yr", "exposure of future 1", 1e-12, 1e12)
    future_2: float = _of_projection(1.5, "ton yr", "exposure of future 2", 1e-12, 1e12)


@dataclass(frozen=True)
class Backgrounds(ByProjection):
    """Backgrounds of the projections."""

    next_generation: float = _of_projection(0.01, "1/(keVee kg d)", "background of the next generation", 0, 1e12)
    future_1: float = _of_projection(0.01, "1/(keVee kg d)", "background of future 1", 0, 1e12)
    future_2: float = _of_projection(0.01, "1/(keVee kg d)", "background of future 2", 0, 1e12)


@dataclass(frozen=True)
class FractionalUncertainties(ByProjection):
    """Relative uncertainties of a projection's bins."""

    next_generation: float = _of_projection(0.1, "1", "uncertainty of the next generation", 1e-12, 1e6)
    future_1: float = _of_projection(0.01, "1", "uncertainty of future 1", 1e-12, 1e6)
    future_2: float = _of_projection(0.01, "1", "uncertainty of future 2", 1e-12, 1e6)


@dataclass(frozen=True)
class Projections(Inputs):
    """The projections; one that is left out keeps the paper's numbers."""

    threshold_keV: Thresholds = given(Thresholds(), "keV", "threshold in nuclear recoil energy")
    exposure_ton_yr: Exposures = given(Exposures(), "ton yr", "exposure")
    background_per_keVee_kg_d: Backgrounds = given(Backgrounds(), "1/(keVee kg d)", "flat background")
    fractional_uncertainty: FractionalUncertainties = given(
        FractionalUncertainties(), "1", "relative uncertainty of a bin with statistics: fractional"
    )


@dataclass(frozen=True)
class Bins(Inputs):
    """Bins in electron-equivalent energy."""

    bins: int = given(20, "1", "number of bins in electron-equivalent energy", minimum=1, maximum=1000)
    bin_width_keVee: float = given(0.1, "keVee", "width of a bin", minimum=1e-6, maximum=1e3)


@dataclass(frozen=True)
class Lindhard(Inputs):
    """Lindhard's quenching."""

    lindhard_k: float = given(
        0.162,
        "1",
        "Lindhard's k in Eq. (19)",
        minimum=1e-6,
        maximum=10,
        prior=Normal(0.162, 0.004, "quenching data of germanium; another measurement has 0.179 +- 0.001, 1608.03588"),
        source="Eq. (19)",
    )


@dataclass(frozen=True)
class Quenching(Inputs):
    """How much of a recoil is seen as ionisation."""

    quenching: str = given(
        "lindhard",
        meaning="Lindhard everywhere; or Eq. (20) at 15-254 eV and Lindhard above (germanium, with the jump at "
        "254 eV); or a constant factor",
        choices=("lindhard", "low_energy", "constant"),
        source="Eqs. (19), (20)",
    )
    lindhard: Lindhard = part(Lindhard)
    quenching_factor: float = given(0.2, "1", "factor of quenching: constant", minimum=1e-6, maximum=1)
    quenching_file: DataFile | None = given(
        None,
        meaning="csv of Y(T) instead of a model; linear in between, no signal outside",
        columns="T_keV, Y",
    )


@dataclass(frozen=True)
class FluxUncertainties(Inputs):
    """The pulls of Eq. (22)."""

    flux_uncertainty_8b: float = given(
        0.16, "1", "relative uncertainty of the 8B flux", minimum=0, maximum=1e6, source="Sec. 3.3"
    )
    flux_uncertainty_hep: float = given(
        0.16, "1", "relative uncertainty of the hep flux", minimum=0, maximum=1e6, source="Sec. 3.3"
    )

    @property
    def of_fluxes(self) -> tuple[float, float]:
        """Those of 8B and hep."""
        return self.flux_uncertainty_8b, self.flux_uncertainty_hep


@dataclass(frozen=True)
class Confidence(Inputs):
    """What a limit is."""

    confidence_level: float = given(
        0.9, "1", "confidence level of the limits", minimum=1e-6, maximum=1 - 1e-12, source="Sec. 4.3"
    )
    degrees_of_freedom: int = given(
        2, "1", "degrees of freedom of the chi-square distribution", minimum=1, maximum=100, source="Sec. 4.3"
    )


@dataclass(frozen=True)
class Current(Inputs):
    """Data of the scenario `current`."""

    cdex_data: DataFile | None = given(
        None,
        meaning="csv in 1/(keVee kg d): data for the scenario current",
        columns="T_lo_keVee, T_hi_keVee, rate, sigma[, efficiency[, background]]",
    )
    current_start_keVee: float = given(
        0.16, "keVee", "first bin of the scenario current without data (inferred)", minimum=0, maximum=1e3
    )
    current_sigma_per_keVee_kg_d: float = given(
        0.34,
        "1/(keVee kg d)",
        "uncertainty of a bin of the scenario current without data (inferred from the paper's own limits)",
        minimum=1e-12,
        maximum=1e12,
    )

    @property
    def is_inferred(self) -> bool:
        """Whether the data are inferred from the paper's own limits."""
        return self.cdex_data is None


@dataclass(frozen=True)
class Counting(Inputs):
    """Everything that the rates in the bins of the scenarios depend on at unit fluxes."""

    accuracy: Accuracy = part(Accuracy)
    scattering: Scattering = part(Scattering)
    projections: Projections = part(Projections)
    bins: Bins = part(Bins)
    quenching: Quenching = part(Quenching)
    current: Current = part(Current)


@dataclass(frozen=True)
class Measurement(Inputs):
    """Everything that a limit depends on."""

    counting: Counting = part(Counting)
    fluxes: SolarFluxes = part(SolarFluxes)
    uncertainties: FluxUncertainties = part(FluxUncertainties)
    confidence: Confidence = part(Confidence)


RECORDS = (
    Accuracy,
    Target,
    WeakMixing,
    Projections,
    Bins,
    Quenching,
    SolarFluxes,
    FluxUncertainties,
    Spectra,
    Production,
    Oscillations,
    Confidence,
    Current,
)
