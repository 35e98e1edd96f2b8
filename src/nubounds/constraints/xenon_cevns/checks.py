"""What must make sense before anything runs: the files that a user gives."""

from __future__ import annotations

from nubounds.constraints.xenon_cevns.inputs import Release, Shapes
from nubounds.constraints.xenon_cevns.rates import isotopes
from nubounds.constraints.xenon_cevns.templates import templates
from nubounds.solar.flux import components_of


def check(shapes: Shapes, release: Release) -> None:
    """InputError for a target, a spectrum, a production zone or a release that makes no sense.

    Parameters
    ----------
    shapes : inputs of the recoil spectra
    release : which data
    """
    isotopes(shapes)
    components_of(shapes.scattering.spectra, shapes.scattering.production, shapes.scattering.oscillations)
    if release.data_file is not None:
        templates(release, "binned")
