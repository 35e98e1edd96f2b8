"""Solar neutrinos on nuclei: what the constraints on recoils of solar neutrinos share.

Their inputs (:mod:`nubounds.solar.inputs`), targets, spectra, oscillations, and rates at unit fluxes.
"""

from pathlib import Path

DATA = Path(__file__).parent / "data"
