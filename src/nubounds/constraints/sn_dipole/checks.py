"""What must fit together before anything runs: the user's files, with file and line of what is wrong."""

from __future__ import annotations

from nubounds.constraints.sn_dipole import detectors, diffuse, user_profile
from nubounds.constraints.sn_dipole.inputs import CrossSections, DiffuseBackground, NeutrinoLimit, Star, Stars
from nubounds.contract import DataFile


def check(
    star: Star, others: Stars, cross_sections: CrossSections, background: DiffuseBackground, limit: NeutrinoLimit
) -> None:
    """InputError for a star, cross sections, a background or a limit that cannot be used.

    Parameters
    ----------
    star : the proto-neutron star: PNS-8.8A, or a user's
    others : stars that stand beside that of the run
    cross_sections : how neutrinos are seen above 70 MeV
    background : the measured diffuse photons
    limit : a measured limit to compare with
    """
    for file in (star.profile, *(others.stars or {}).values()):
        if isinstance(file, DataFile):
            user_profile.of(file)
    for target in ("water", "argon"):
        detectors.per_molecule(target, cross_sections.of(target))
    diffuse.backgrounds_of(background)
    if limit.diffuse_neutrino_limit:
        diffuse.read_neutrino_limit(limit.diffuse_neutrino_limit)
