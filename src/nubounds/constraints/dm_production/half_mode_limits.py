"""Published limits on warm dark matter as facts: the half mode of each, through the mapping of its own paper."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A published limit: what saw it, the half mode [h/Mpc] that its own mapping gives, and what was published."""

    name: str
    k_hm: float
    statement: str
    source: str

    @property
    def label(self) -> str:
        """For figures: what saw it, and the source."""
        return f"{self.name} ({self.source})"


LIMITS = {
    "lyman_alpha_2013": Published("Lyman-$\\alpha$ forest", 36.07, "m > 3.3 keV, 2 sigma", "arXiv:1306.2314"),
    "lyman_alpha_2016": Published("Lyman-$\\alpha$ forest, SDSS", 45.77, "m > 4.09 keV, 95%", "arXiv:1512.01981"),
    "lyman_alpha_2023": Published(
        "Lyman-$\\alpha$ forest, high resolution", 66.16, "m > 5.7 keV, 95%", "arXiv:2309.04533"
    ),
    "lensing_joint_2021": Published(
        "lensing, Lyman-$\\alpha$ and satellites", 70.6, "half mode below 0.089 Mpc/h, 95%", "arXiv:2010.13802"
    ),
    "lensing_jwst_2024": Published("lensed quasars, JWST", 75.0, "M_hm < 10^7.6 M_sun, odds 10:1", "MNRAS stae2458"),
    "mw_satellites_des": Published("Milky Way satellites, DES", 76.55, "m > 6.5 keV, 95%", "arXiv:2008.00022"),
    "mw_satellites_cozmic": Published("Milky Way satellites, COZMIC", 77.87, "m > 5.9 keV, 95%", "arXiv:2410.03635"),
    "lensing_arcs_2025": Published(
        "lensed arcs and quasars, JWST", 87.4, "M_hm < 10^7.4 M_sun, odds 10:1", "arXiv:2511.07513"
    ),
    "satellites_lensing_2021": Published(
        "Milky Way satellites and lensing", 118.9, "M_hm < 10^7.0 M_sun, 95%", "arXiv:2101.07810"
    ),
}

MILKY_WAY = "mw_satellites_des"  # the one that is taken unless another is named
MAPPED = "published limits map to a half mode only within 10 to 15 %"
