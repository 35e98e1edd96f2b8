"""From production to the sky: check values of an independent calculation, runs of CLASS, and published numbers."""

import json
import math

import numpy as np
import pytest

import nubounds
from close import close
from nubounds import cli
from nubounds.constraints.dm_production import class_input, curves, production, structure, structure_curves
from nubounds.constraints.dm_production.conventions import resolve
from nubounds.constraints.dm_production.half_mode_limits import LIMITS

# model, m4, mixing, coupling, mediator; <q>, q_rms; F(0.3), F(1), F(5); streaming; k_hm of CLASS and of the fit; m_th
POINTS = {
    "DW": (
        "sm",
        7.1,
        6.32027e-09,
        None,
        None,
        2.7389,
        3.1494,
        0.0010854,
        0.00060939,
        7.6624e-06,
        0.2116,
        16.388,
        16.342,
        1.5726,
    ),
    "C": (
        "scalar",
        7.1,
        7e-11,
        3.83424e-05,
        500,
        2.6012,
        3.0018,
        0.0014551,
        0.00067719,
        6.6531e-06,
        0.202,
        17.158,
        17.091,
        1.6347,
    ),
    "B": (
        "scalar",
        7.1,
        7e-11,
        0.0393945,
        500,
        4.2763,
        4.7512,
        8.8179e-05,
        0.00011779,
        1.7346e-05,
        0.3164,
        11.08,
        11.117,
        1.1259,
    ),
    "A": (
        "scalar",
        7.1,
        7e-11,
        0.0726419,
        500,
        3.4991,
        3.9904,
        0.00047971,
        0.00032952,
        1.2626e-05,
        0.2641,
        13.232,
        13.217,
        1.3087,
    ),
    "vector B": (
        "vector",
        7.1,
        7e-11,
        0.00690586,
        800,
        4.1343,
        4.5663,
        2.2785e-05,
        0.00010504,
        1.7207e-05,
        0.3069,
        11.412,
        11.445,
        1.1548,
    ),
    "50 keV": (
        "scalar",
        50,
        1e-15,
        0.00131286,
        200,
        2.3665,
        2.7607,
        0.00020587,
        0.00012463,
        7.1499e-07,
        0.0312,
        104.953,
        104.412,
        7.5861,
    ),
    "37 keV": (
        "scalar",
        37,
        1e-14,
        0.822862,
        1000,
        3.154,
        3.5993,
        0.00012485,
        8.1062e-05,
        2.0258e-06,
        0.0535,
        61.492,
        61.713,
        4.8795,
    ),
    "DW 20 keV": (
        "sm",
        20,
        1e-10,
        None,
        None,
        2.5083,
        2.911,
        4.3205e-05,
        2.1422e-05,
        1.7147e-07,
        0.0762,
        44.053,
        43.799,
        3.6526,
    ),
    "5 keV": (
        "scalar",
        5,
        7e-11,
        1e-05,
        300,
        2.6047,
        3.0238,
        0.00027894,
        0.00012372,
        1.1979e-06,
        0.2776,
        12.67,
        12.598,
        1.2554,
    ),
    "10 keV": (
        "scalar",
        10,
        7e-11,
        0.02,
        700,
        4.2191,
        4.6597,
        4.5979e-05,
        0.00019753,
        3.583e-05,
        0.2295,
        15.084,
        15.119,
        1.4705,
    ),
    "12 keV": (
        "scalar",
        12,
        7e-11,
        0.1,
        700,
        3.2795,
        3.7427,
        0.0010341,
        0.0006882,
        2.0235e-05,
        0.1549,
        22.087,
        22.067,
        2.0365,
    ),
    "vector 20 keV": (
        "vector",
        20,
        1e-14,
        0.1,
        2000,
        3.0649,
        3.5057,
        3.0666e-07,
        1.9103e-07,
        4.1322e-09,
        0.0915,
        36.663,
        36.687,
        3.1429,
    ),
}
BENCHMARK = {"model": "scalar", "coupling": 0.0393945, "m_mediator_MeV": 500}


def ask(name, **args):
    return nubounds.answer(f"dm_production.{name}", **args)


def arguments(key):
    names = ("model", "m4_keV", "sin2_2theta", "coupling", "m_mediator_MeV")
    return {name: value for name, value in zip(names, POINTS[key], strict=False) if value is not None}


@pytest.mark.parametrize("key", POINTS)
def test_structure_of_a_point(key):
    args, (*_, streaming, k_class, k_fit, m_th) = arguments(key), POINTS[key]
    half_mode = ask("half_mode_wavenumber", **args)
    assert half_mode.value == close(k_fit, rel=1e-4)
    assert abs(half_mode.value - k_class) < half_mode.error
    two = ask("half_mode_wavenumber", moments="two", **args)
    assert abs(two.value - k_class) < two.error
    assert ask("free_streaming", **args).value == close(streaming, rel=2e-3)
    assert ask("thermal_equivalent_mass", **args).value == close(m_th, rel=1e-4)
    assert ask("transfer", k_h_Mpc=half_mode.value, **args).value == close(0.25)


@pytest.mark.parametrize("key", POINTS)
def test_spectrum_of_a_point(key):
    """The independent calculation is good to 1e-3 at the hottest production, A, where ours is converged to 1e-8 and its
    integral is the relic density (below); elsewhere the two agree to 1e-4.
    """
    args, expected = arguments(key), POINTS[key][7:10]
    heavy = key in ("A", "37 keV", "12 keV", "vector 20 keV")
    for q, value in zip((0.3, 1, 5), expected, strict=True):
        found = ask("late_spectrum", q=q, **args)
        assert found.value == close(value, rel=1e-3 if heavy else 1e-4)


@pytest.mark.parametrize("key", ["DW", "B", "50 keV"])
def test_class_input_of_a_point(key):
    found = ask("class_input", **arguments(key)).value
    assert found["mean_q"] == close(POINTS[key][5], rel=1e-4)
    assert found["rms_q"] == close(POINTS[key][6], rel=1e-4)
    assert found["T_ncdm"] == close(0.715189, rel=1e-6)
    density = nubounds.evaluate("dm_production.relic_density", **arguments(key))
    assert found["omega_h2_class"] / density == close(0.119582 / 0.12, rel=1e-5)


def test_temperature_of_constant_degrees():
    for args in ({"convention": "deck"}, {"g_star": 10.75}):
        found = ask("class_input", **args).value["T_ncdm"]
        assert found == close((3.90898 / 10.75) ** (1 / 3))
        assert abs(found - 0.713758) < 1e-6


@pytest.mark.parametrize("key", ["DW", "37 keV"])
def test_the_spectrum_holds_all_neutrinos(key):
    """Int q^2 F dq and its first moment are the relic density and the mean momentum, which are computed otherwise."""
    args, n, end = arguments(key), 150, 26.0
    u = np.arange(1, n + 1) / n
    q = end * u**2
    number = q**2 * np.array([ask("late_spectrum", q=value, **args).value for value in q]) * 2 * end * u / n
    mean = np.sum(q * number) / np.sum(number)
    assert mean == close(nubounds.evaluate("dm_production.mean_momentum", **args), rel=1e-5)
    T = structure.temperature_ratio(resolve()) * structure.T_CMB_EV / structure.HBARC_EV_CM
    density = 2 * np.sum(number) / (2 * np.pi**2) * T**3 * 1e3 * args["m4_keV"] / structure.CRITICAL_EV_PER_CM3
    assert density == close(ask("class_input", **args).value["omega_h2_class"], rel=1e-5)


@pytest.mark.parametrize(
    "mapping, expected", [("class", (34.69, 86.31)), ("vogel", (34.87, 87.37)), ("viel", (32.45, 76.55))]
)
def test_half_modes_of_thermal_relics(mapping, expected):
    """From CLASS (to the 0.8 % of the fit), or the published formulae."""
    found = [structure.thermal_half_mode(m, mapping) for m in (3.0, 6.5)]
    assert found == close(list(expected), rel=8e-3 if mapping == "class" else 3e-4)


def test_thermal_relic():
    assert structure.thermal_velocity() * 3 ** (-4 / 3) == close(2.73886e-8, rel=3e-5)
    found = structure.THERMAL_MEAN
    assert found == close(3.15137, rel=2e-6)
    for mapping in structure.MAPPINGS:
        u = structure.velocity_of(structure.thermal_half_mode(4.0, mapping))
        assert structure.thermal_mass(u, mapping) == close(4.0)


def test_published_half_modes():
    for key, m in (("lyman_alpha_2013", 3.3), ("lyman_alpha_2016", 4.09), ("mw_satellites_des", 6.5)):
        assert LIMITS[key].k_hm == close(structure.thermal_half_mode(m, "viel"), rel=5e-4)
    assert structure.half_mode_mass(LIMITS["mw_satellites_des"].k_hm) == close(3.7e7, rel=0.02)
    for key, m in (("lensing_jwst_2024", 7.6), ("lensing_arcs_2025", 7.4), ("satellites_lensing_2021", 7.0)):
        assert structure.half_mode_mass(LIMITS[key].k_hm) == close(10**m, rel=5e-3)


LIMITED = (6.40, 8.38, 12.68, 13.64, 14.60, 14.94, 15.23, 17.32, 24.42)


@pytest.mark.parametrize("probe, per_q", list(zip(LIMITS, LIMITED, strict=True)))
def test_smallest_mass(probe, per_q):
    found = ask("structure_mass_limit", probe=probe, **BENCHMARK)
    mean = nubounds.evaluate("dm_production.mean_momentum", m4_keV=found.value, sin2_2theta=1e-15, **BENCHMARK)
    assert found.value / mean == close(per_q, rel=1e-3)


def test_free_streaming_against_quad():
    from scipy.integrate import quad

    for u in (1e-9, 3e-7):

        def rate(log_a, u=u):
            a = math.exp(log_a)
            curvature = structure.OMEGA_R + structure.OMEGA_M * a
            curvature += (1 - structure.OMEGA_M - structure.OMEGA_R) * a**4
            return a * u / math.sqrt((a * a + u * u) * curvature)

        expected = structure.HUBBLE_LENGTH * quad(rate, -60, 0, epsabs=0, epsrel=1e-10, limit=500)[0]
        assert structure.free_streaming(u) == close(expected, rel=1e-8)


@pytest.mark.parametrize(
    "m4, source, expected",
    [
        (7.1, "xrism", 4.07e-10),
        (50, "spi", 7.45e-15),
        (7.1, "diffuse", 6.29e-9),
        (7.1, "sketch", 4.0e-11),
        (50, "sketch", 2.6e-15),
    ],
)
def test_xray_limits(m4, source, expected):
    assert ask("xray_mixing_limit", m4_keV=m4, source=source).value == close(expected, rel=0.02)


def test_refusals_say_why():
    assert "says nothing outside" in ask("xray_mixing_limit", m4_keV=20, source="xrism").note
    nothing = ask("half_mode_wavenumber", m4_keV=0.01)
    assert nothing.value is None and "where the fit may be used" in nothing.note
    assert "compared with CLASS" in ask("half_mode_wavenumber", m4_keV=2).note
    filled = ask("class_input", sin2_2theta=1e-3)
    assert filled.value is None and "back-reaction" in filled.note


# files for CLASS


def write_files(folder, *options):
    arguments = [*options, "model=scalar", "m4_keV=7.1", "sin2_2theta=7e-11", "m_mediator_MeV=500", "branch=B"]
    return cli.main(["class-input", *arguments, "--output", str(folder / "b")])


def test_files_for_class_hold_the_relic_density(tmp_path):
    """n = 4 pi (T/hbar c)^3 Int q^2 f0 dq over the file alone: a spline of ln f0, nothing beyond its end."""
    from scipy.interpolate import CubicSpline

    assert write_files(tmp_path) == 0
    q, f0 = np.loadtxt(tmp_path / "b_psd.dat").T
    assert q[0] <= 0.05 and np.all(np.diff(q) > 0) and np.all(f0 > 0) and f0[-1] < f0[-2]
    start = f0[0] * q[0] ** 3 / 3
    fine = np.linspace(q[0], q[-1], 20001)
    number = start + np.trapezoid(fine**2 * np.exp(CubicSpline(q, np.log(f0))(fine)), fine)
    said = json.loads((tmp_path / "b.json").read_text())["class_input"]
    T = said["T_ncdm"] * structure.T_CMB_EV / structure.HBARC_EV_CM
    density = 4 * np.pi * T**3 * number * said["m_ncdm_eV"] / structure.CRITICAL_EV_PER_CM3
    assert density == close(said["omega_h2_class"], rel=1e-4)
    assert said["omega_h2_class"] == close(0.119582, rel=1e-5)  # the root of the branch is all dark matter
    ini = dict(line.split(" = ") for line in (tmp_path / "b.ini").read_text().splitlines() if line[0] != "#")
    assert ini["ncdm_psd_filenames"] == "b_psd.dat" and float(ini["m_ncdm"]) == 7100
    assert "omega_ncdm" not in ini and float(ini["omega_cdm"]) == 1e-10
    assert {path.name for path in tmp_path.iterdir()} == {"b_psd.dat", "b.json", "b.ini"}


@pytest.mark.parametrize(
    "options, said",
    [
        (("--points", "25"), "the first q"),
        (("--points", "2"), "must lie between"),
        (("--q-max", "1e9"), "must lie between"),
        (("--smooth", "nan"), "must lie between"),
        (("coupling=1e-3",), "not both"),
    ],
)
def test_refusals_of_class_input(options, said, tmp_path, capsys):
    assert write_files(tmp_path, *options) == 2
    printed = capsys.readouterr().err
    assert said in printed and printed.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_files_that_are_there_stay(tmp_path, capsys):
    (tmp_path / "b.ini").write_text("mine")
    assert write_files(tmp_path) == 2
    assert "--force" in capsys.readouterr().err
    assert write_files(tmp_path, "--force") == 0


@pytest.mark.thorough
def test_smoothing_keeps_the_number(tmp_path):
    found = []
    for options in ((), ("--smooth", "0.1", "--force")):
        assert write_files(tmp_path, *options) == 0
        q, f0 = np.loadtxt(tmp_path / "b_psd.dat").T
        found.append(np.trapezoid(q**2 * f0, q))
    assert found[1] == close(found[0], rel=1e-3)


@pytest.mark.thorough
def test_files_at_the_benchmark_points(tmp_path, capsys):
    """C alone has a coupling at its mass for 50 keV, and there the ini has what the quantity says; inputs of the config
    count.
    """
    file = tmp_path / "config.yaml"
    file.write_text(
        f"constraints: [dm_production]\nresults: {tmp_path}/results\nallow_outside_files: true\n"
        "dm_production: {inputs: {benchmark_m4_keV: [50], benchmark_sin2_2theta: [1.0e-15], rate_scale: 1.1}}\n"
    )
    assert cli.main(["class-files", "dm_production", "--config", str(file)]) == 0
    folder = tmp_path / "results" / "dm_production" / "class"
    index = json.loads((folder / "index.json").read_text())
    assert list(index) == ["benchmark_1_C"]
    assert {path.name for path in folder.iterdir()} == {"index.json", *index["benchmark_1_C"]["files"]}
    arguments, said = index["benchmark_1_C"]["arguments"], json.loads((folder / "benchmark_1_C.json").read_text())
    assert (arguments["m4_keV"], arguments["m_mediator_MeV"], said["arguments"]["rate_scale"]) == (50, 100, 1.1)
    assert said["class_input"]["omega_h2_class"] == close(0.119582, rel=1e-3)
    assert said["class_input"] == close(ask("class_input", rate_scale=1.1, **arguments).value)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["DW", "C", "B", "A", "vector B", "50 keV"])
def test_class_finds_the_relic_density(key, tmp_path, monkeypatch):
    """Omega_ncdm h^2 of CLASS from the files alone; all of these points are all of the dark matter."""
    classy = pytest.importorskip("classy")
    class_input.write(arguments(key), tmp_path / "b")
    monkeypatch.chdir(tmp_path)
    ini = dict(line.split(" = ") for line in (tmp_path / "b.ini").read_text().splitlines() if line[0] != "#")
    cosmo = classy.Class()
    spectra = ("output", "P_k_max_h/Mpc", "k_per_decade_for_pk")
    cosmo.set({key: value for key, value in ini.items() if key not in spectra})
    cosmo.compute(level=["background"])
    found, expected = cosmo.Omega_nu * cosmo.h() ** 2, ask("class_input", **arguments(key)).value["omega_h2_class"]
    assert found == close(expected, rel=1e-4) and found == close(0.119582, rel=1e-3)


# limits in the planes


def test_excluded_couplings_are_those_of_hard_spectra():
    choices, k_hm = resolve(), LIMITS["mw_satellites_des"].k_hm
    point = {"model": "scalar", "m4_keV": 50, "sin2_2theta": 1e-15, "m_mediator_MeV": 200}
    low, high = structure_curves.excluded_couplings("scalar", 200.0, choices, 50, 1e-15, k_hm)
    for edge in (low, high):
        found = ask("half_mode_wavenumber", coupling=edge, **point)
        assert found.value == close(k_hm, rel=2e-3)
    allowed = [
        ask("half_mode_wavenumber", coupling=c, **point).value > k_hm for c in (0.9 * low, 1.1 * low, 0.9 * high)
    ]
    assert allowed == [True, False, False]
    everything = structure_curves.excluded_couplings("scalar", 200.0, choices, 7.1, 7e-11, k_hm)
    assert everything == close((1e-8, 3.0))
    assert structure_curves.excluded_couplings("scalar", 1e4, choices, 50, 1e-15, k_hm) is None


def test_many_mean_momenta_are_the_single_ones():
    couplings = np.array([3.83424e-05, 0.0393945, 0.0726419])
    mean, density = production.mean_momenta("scalar", 500.0, resolve(), couplings, 7.1e-3, 7e-11)
    assert mean.tolist() == close([POINTS[key][5] for key in ("C", "B", "A")], rel=1e-3)
    assert density.tolist() == close([0.12] * 3, rel=1e-3)


def test_smallest_masses_of_the_coolest_scalar():
    """37 keV (arXiv:2301.08299) lies between the coolest and the usual spectra; each scalar has <p>/T at its own mass and
    mixing.
    """
    m4, mixing = structure_curves.smallest_masses(resolve(), 0.12, LIMITS["mw_satellites_des"].k_hm)
    assert np.all(np.diff(mixing) > 0) and 1e-19 < mixing[0] < 1e-16 and mixing[-1] < 1e-7
    assert 32 < m4.min() < 37 < m4.max() < 45
    k = int(np.argmin(np.abs(np.log(mixing / 1e-14))))
    sample = {"model": "scalar", "coupling": 3.2e-3, "m_mediator_MeV": 464.0}  # the coolest spectrum of case C
    assert m4[k] <= 1.01 * ask("structure_mass_limit", **sample).value
    point = ("scalar", 464.0, resolve(), 3.2e-3, 1e-3 * m4[k], mixing[k])
    cool, hot = (production.mean_momenta(*point[:4], m4_MeV, point[5])[0][0] for m4_MeV in (point[4], 0.1 * point[4]))
    assert hot > 1.1 * cool  # so that one mass cannot stand for all


def test_flux_of_the_line():
    """1.36089e-22 s^-1 sin^2 2theta (m4/keV)^5 from the note on decays, over 4 pi m4, times the column."""
    rate = 1.36089e-22 * 7e-11 * 7.1**5
    found = ask("xray_line_flux", m4_keV=7.1, sin2_2theta=7e-11, column_GeV_per_cm2=3e22, fraction=0.5)
    assert found.value == close(0.5 * 3e22 * rate / (4 * math.pi * 7.1e-6), rel=1e-4)


def test_xray_curves_are_the_quantities():
    found = {curve.name.removeprefix("xray_"): curve for curve in curves.xray_curves()}
    assert set(found) == {"sketch", "xrism", "spi", "diffuse"}
    for source, curve in found.items():
        for m4, mixing in zip(curve.x[[0, -1]].tolist(), curve.y[[0, -1]].tolist(), strict=True):
            assert ask("xray_mixing_limit", m4_keV=m4, source=source).value == close(mixing)
        assert ("fallback" in curve.label) == (source == "sketch")
        assert curve.source and (source == "sketch" or "all of the dark matter" in curve.assumptions)


def test_37_keV():
    """arXiv:2301.08299 excludes below 37 keV; with the coolest spectra it is 10 % less at most."""
    found = ask("coolest_mass_limit", sin2_2theta=1e-14)
    assert 0.9 * 37 < found.value < 37 and 0 < found.error < 0.1 * found.value
    assert ask("coolest_mass_limit", sin2_2theta=1e-25).value is None
    weaker = ask("coolest_mass_limit", sin2_2theta=1e-14, probe="lyman_alpha_2013")
    assert weaker.value < 0.5 * found.value
