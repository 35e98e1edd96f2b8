"""What constraints from solar neutrinos share: records that another constraint composes, and rates made from them."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest

from close import close
from nubounds.contract import InputError, given, part
from nubounds.inputs import declare
from nubounds.solar.flux import components_of
from nubounds.solar.inputs import TARGETS, Oscillations, Production, Scattering, SolarFluxes, Spectra, Target
from nubounds.solar.rates import ORDERS, rates_of
from nubounds.solar.target import nuclei_of


@dataclass(frozen=True)
class Xenon(Target):
    target: str = given("Xe", meaning="target with embedded isotopes", choices=TARGETS)


@dataclass(frozen=True)
class XenonScattering(Scattering):
    target: Xenon = part(Xenon)


def test_another_constraint_composes_the_records_with_its_own_target():
    xenon, germanium = rates_of(XenonScattering()), rates_of(Scattering(Target("Xe")))
    np.testing.assert_array_equal(xenon.recoil(1.0, 5.0)[0], germanium.recoil(1.0, 5.0)[0])
    assert xenon.nuclei.elements == [54]
    assert list(declare.parameters(XenonScattering)) == list(declare.parameters(Scattering))
    assert declare.parameters(XenonScattering)["target"].default == "Xe"


def test_isotopes_of_each_element_add_up():
    rates, T = rates_of(Scattering(Target("CsI"))), np.geomspace(0.01, 3, 7)
    parts = sum(rates.recoil(T, 3.0, Z)[0] for Z in rates.nuclei.elements)
    assert parts == close(rates.recoil(T, 3.0)[0], rel=1e-13)


@pytest.mark.parametrize("precision", ORDERS)
def test_rates_between_energies_are_the_integrated_spectrum(precision):
    rates, edges = rates_of(Scattering()), np.array([0.5, 0.7, 1.1])
    together, errors = rates.between(edges, np.array([3.0, 6.0]), precision, False)
    found = together[1]
    x, w = np.polynomial.legendre.leggauss(40)
    for k, (low, high) in enumerate(pairwise(edges)):
        T = 0.5 * (low + high) + 0.5 * (high - low) * x
        by_nodes = 0.5 * (high - low) * np.einsum("n,nfc->fc", w, rates.recoil(T, 6.0)[0][:, :, 1:])
        assert found[:, :, k] == close(by_nodes, rel={"draft": 1e-4, "paper": 1e-7, "reference": 1e-7}[precision])
    assert (errors >= 0).all()


def test_a_flux_that_is_left_out_does_not_count():
    fluxes, rates = SolarFluxes(flux_hep_per_cm2_s=0), rates_of(Scattering())
    assert fluxes.of("8b") == fluxes.of("all") == (5.691e6, 0.0)
    assert rates.end_point(fluxes.of("all")) == close(15.29, abs=0.01)
    assert rates.end_point(fluxes.of("hep")) == rates.largest_mass(fluxes.of("hep")) == 0
    with pytest.raises(InputError, match="both fluxes are 0"):
        replace(fluxes, flux_8b_per_cm2_s=0)


def test_a_file_that_changes_is_read_again(tmp_path):
    path = tmp_path / "isotopes.csv"
    path.write_text("Z,A,mass_u,fraction\n32,70,69.92424875,1\n")
    assert nuclei_of(Target(target_file=str(path))).A.tolist() == [70]
    path.write_text("Z,A,mass_u,fraction\n32,72,71.922075826,1.0\n")
    assert nuclei_of(Target(target_file=str(path))).A.tolist() == [72]


def test_moments_are_tabulated_once_per_spectrum_and_mixing():
    records = (Spectra(), Production(), Oscillations())
    assert components_of(*records) is components_of(Spectra(), Production(), Oscillations())
    assert rates_of(Scattering()).components is rates_of(Scattering(Target("Ar"))).components
