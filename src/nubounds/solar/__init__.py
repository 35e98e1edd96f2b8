"""What constraints on solar neutrinos share: spectra, production zones and targets as tables."""

from pathlib import Path

DATA = Path(__file__).parent / "data"
