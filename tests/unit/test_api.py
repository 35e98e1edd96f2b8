"""The Python face: arrays, answers, constraints with inputs of one's own, limits, tables; light to import."""

import inspect
import json
import subprocess
import sys
import time
from pathlib import Path

import matplotlib
import numpy as np
import pandas
import pytest

import nubounds as nb
from close import close
from nubounds import registry
from nubounds.answers import evaluation
from nubounds.contract import Answer, Coordinate, Curve, Quantity, choice, number
from nubounds.face import study

FLUX, MIXING, LIMIT = "neutron_star.flux_density", "neutron_star.mixing_limit", "sn_diffusion.coupling_limit"
B_MINUS_L = {"model": "b_minus_l", "criterion": "duration_10s"}
HEAVY = ("matplotlib", "pandas", "mpi4py", "snakemake", "scipy", "numpy")

ROOT = Path(__file__).resolve().parents[2]


def python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_is_light():
    code = (
        "import time; start = time.process_time(); import nubounds; spent = time.process_time() - start; import sys;"
        f"print(spent, *[name for name in {HEAVY} if name in sys.modules])"
    )
    runs = [python(code).split() for _ in range(3)]
    assert all(len(words) == 1 for words in runs)
    assert min(float(words[0]) for words in runs) < 0.05


def test_what_there_is_is_what_is_listed():
    assert dir(nb) == sorted(nb.__all__)
    assert set(nb.__all__) == {"__version__", *nb._HOMES}
    with pytest.raises(AttributeError, match="no attribute 'evaluat'"):
        nb.evaluat  # noqa: B018
    assert (Path(nb.__file__).parent / "py.typed").is_file()


def test_everything_public_is_documented_and_typed():
    things = [getattr(nb, name) for name in nb.__all__ if name not in ("__version__", "constraints")]
    things += [value for one in (nb.Study, nb.Limit) for name, value in vars(one).items() if not name.startswith("_")]
    for thing in things:
        target = thing.fget if isinstance(thing, property) else getattr(thing, "__func__", thing)
        if isinstance(target, str | int | dict) or not callable(target):
            continue
        assert inspect.getdoc(target), target
        if inspect.isfunction(target):
            hints = target.__annotations__
            assert "return" in hints and set(inspect.signature(target).parameters) - {"self", "cls"} <= set(hints), (
                target
            )


def test_names_of_constraints_whatever_was_imported_first():
    assert nb.constraints() == list(registry.names())
    code = "import nubounds.constraints.neutron_star; import nubounds as nb; print(*nb.constraints())"
    assert python(code).split() == list(registry.names())


def test_arguments_broadcast_as_in_numpy():
    T, m = np.array([[500.0], [1000.0]]), [1.0, 5.0, 10.0]
    found = nb.evaluate(MIXING, T_inf_K=T, m_keV=m)
    assert found.shape == (2, 3) and found.dtype == float
    for (i, j), value in np.ndenumerate(found):
        assert value == nb.evaluate(MIXING, T_inf_K=float(T[i, 0]), m_keV=m[j])
    words = nb.evaluate(MIXING, T_inf_K=1000, m_keV=10, branch=np.array(["upper", "lower"]))
    assert words.tolist() == [nb.evaluate(MIXING, T_inf_K=1000, m_keV=10, branch=word) for word in ("upper", "lower")]
    assert nb.evaluate(FLUX, T_inf_K=pandas.Series([1000.0, 2000.0])).shape == (2,)
    assert nb.evaluate(FLUX, T_inf_K=np.float64(1000.0)) == nb.evaluate(FLUX, T_inf_K=1000)
    assert nb.evaluate(FLUX, T_inf_K=[]).shape == (0,)
    assert nb.evaluate(FLUX, T_inf_K=np.ones((2, 0, 3))).shape == (2, 0, 3)


def test_inputs_of_the_constraint_are_arguments_and_broadcast_too():
    found = nb.evaluate(FLUX, T_inf_K=[1000.0, 2000.0], distance_pc=[[10.0], [20.0]])
    assert found.shape == (2, 2)
    np.testing.assert_allclose(found[0], 4 * found[1], rtol=1e-14)
    assert found[1, 0] == nb.evaluate(FLUX, T_inf_K=1000, distance_pc=20)


def test_where_there_is_none_arrays_have_nan_and_a_status():
    lone = nb.answer(MIXING, T_inf_K=1000, m_keV=0.1, branch="upper")
    assert lone.value is None and lone.status is nb.Status.NO_SOLUTION and lone.note
    many = nb.answer(MIXING, T_inf_K=1000, m_keV=[0.1, 10.0], branch=["upper", "lower"])
    assert np.isnan(many.value[0]) and np.isnan(many.error[0]) and many.value[1] > 0
    assert many.status.tolist() == [nb.Status.NO_SOLUTION, nb.Status.OK]
    assert many.note and many.unit == "1" and many.arguments["m_keV"] == [0.1, 10.0] and many.arguments["R_km"] == 10.0


def test_dicts_become_dicts_of_arrays_and_lists_an_axis():
    surface = nb.evaluate("neutron_star.surface", R_km=[10.0, 12.0])
    assert surface["gamma"][1] == nb.evaluate("neutron_star.surface", R_km=12)["gamma"]

    def listed(n):
        return Answer([float(k) for k in range(int(n))] or None)

    quantity = Quantity("a.b", listed, (number("n"),), "1", "", "")
    found = evaluation.ask(quantity, {"n": [1, 3, 0]}).value
    np.testing.assert_array_equal(found, [[0, np.nan, np.nan], [0, 1, 2], [np.nan] * 3])


@pytest.mark.parametrize(
    ("name", "arguments", "axis", "values"),
    [
        (FLUX, {"radius": "apparent"}, "T_inf_K", np.geomspace(10, 1e4, 40)),
        (MIXING, {"T_inf_K": 1000, "branch": "upper"}, "m_keV", np.geomspace(0.1, 1e3, 40)),
        ("neutron_star.temperature_at_infinity", {"sin2theta": 1e-9}, "m_keV", np.geomspace(0.1, 1e3, 40)),
        (LIMIT, B_MINUS_L, "m_mediator_MeV", np.geomspace(1, 1e3, 12)),
        (LIMIT, {"model": "lnc_scalar", "criterion": "free_streaming"}, "m_mediator_MeV", np.geomspace(1, 1e3, 5)),
    ],
)
def test_many_points_are_the_single_ones_to_the_last_digit(name, arguments, axis, values):
    assert evaluation.find(name).many is not None
    many = nb.answer(name, **arguments, **{axis: values})
    for place, x in enumerate(values):
        one = nb.answer(name, **arguments, **{axis: x})
        for found, alone in ((many.value, one.value), (many.error, one.error)):
            np.testing.assert_array_equal(found[place], np.nan if alone is None else alone)
        assert many.status[place] is one.status


def test_what_arrays_cannot_be():
    with pytest.raises(nb.InputError, match=r"do not broadcast: T_inf_K \(2, ...\), m_keV \(3, ...\)"):
        nb.evaluate(MIXING, T_inf_K=[1, 2], m_keV=[1, 2, 3])
    with pytest.raises(nb.InputError, match=r"T_inf_K=-1\.0: must be above 0"):
        nb.evaluate(FLUX, T_inf_K=[100.0, -1.0])
    with pytest.raises(nb.InputError, match="T_inf_K=nan: must be finite"):
        nb.evaluate(FLUX, T_inf_K=[100.0, np.nan])
    with pytest.raises(nb.InputError, match="T_inf_K=True: must be a number"):
        nb.evaluate(FLUX, T_inf_K=[True])
    with pytest.raises(nb.InputError, match="radius=planet: must be one of"):
        nb.evaluate(FLUX, T_inf_K=[1, 2], radius=["star", "planet"])
    with pytest.raises(nb.InputError, match="has no argument temperature"):
        nb.evaluate(FLUX, temperature=[1, 2])


def test_an_overflow_is_one_line_or_a_status():
    def overflow(x):
        return Answer(10.0**400 if x > 1 else x)

    quantity = Quantity("a.b", overflow, (number("x"),), "1", "", "")
    with pytest.raises(nb.InputError, match=r"a\.b: no finite value"):
        evaluation.ask(quantity, {"x": 2})
    found = evaluation.ask(quantity, {"x": [1, 2]})
    assert found.value[0] == 1 and np.isnan(found.value[1]) and found.status[1] is nb.Status.NOT_FINITE


def test_a_batch_takes_lists_and_says_null(tmp_path):
    line = json.dumps({"name": MIXING, "args": {"T_inf_K": 1000, "m_keV": [0.1, 10.0], "branch": "upper"}})
    (answer,) = evaluation.respond_batch([line])
    expected = nb.evaluate(MIXING, T_inf_K=1000, m_keV=10, branch="upper")
    assert answer["value"] == [None, expected] and answer["args"]["m_keV"] == [0.1, 10.0] and answer["note"]
    words = [FLUX, "T_inf_K=[1000, 2000]", "--json"]
    done = subprocess.run([sys.executable, "-m", "nubounds", "evaluate", *words], capture_output=True, text=True)
    assert json.loads(done.stdout)["value"] == nb.evaluate(FLUX, T_inf_K=[1000, 2000]).tolist()


def best_of(repetitions, function):
    times = []
    for _ in range(repetitions):
        start = time.process_time()  # whatever else the machine has to do
        function()
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("extra", [{}, {"g_nu": 1.0}])
def test_a_call_costs_little_besides_its_kernel(extra):
    name, arguments = "sn_diffusion.nuclear_state", {"T_MeV": 10.0, "n_B_per_fm3": 0.1, "Y_L": 0.2, **extra}
    quantity = evaluation.find(name)
    bound = quantity.bind(arguments)
    whole = best_of(300, lambda: nb.evaluate(name, **arguments))
    assert whole - best_of(300, lambda: quantity.function(**bound)) < 1e-4


def test_a_hundred_thousand_closed_forms_take_no_second():
    T = np.geomspace(100, 1e4, 100_000)
    assert best_of(3, lambda: nb.evaluate(FLUX, T_inf_K=T)) < 1


def test_limits_as_an_array_cost_what_a_scan_costs():
    c = nb.constraint("sn_diffusion")
    masses = np.geomspace(1, 1e3, 200)
    axes = {"convention": "standard", "snapshot_s": 5, "neutrino": "nubar"}
    scan = best_of(3, lambda: c.scan("coefficients", m_mediator_MeV=masses, **axes))  # of both media
    assert best_of(3, lambda: c.evaluate("coupling_limit", **B_MINUS_L, m_mediator_MeV=masses)) < 2 * scan


@pytest.fixture(scope="module")
def star():
    return nb.constraint("neutron_star", config={"resolution": "toy"}, inputs={"R_km": 12})


def test_a_constraint_has_its_inputs_as_typed_records(star):
    assert star.inputs["R_km"] == star.inputs.R_km == 12.0
    assert star.inputs.describe("R_km").unit == "km"
    assert {type(record).__name__ for record in star.inputs.records} >= {"Star", "Halo"}
    text = str(star.inputs)
    assert len(text.splitlines()) == len(star.inputs) + 1
    assert any(line.split()[:3] == ["R_km", "12.0", "km"] for line in text.splitlines())
    frame = star.inputs.to_pandas()
    assert frame.loc["R_km", "value"] == 12.0 and frame.loc["R_km", "meaning"] == "radius of the star"
    with pytest.raises(AttributeError, match=r"no input R_k .did you mean R_km"):
        star.inputs.R_k  # noqa: B018


def test_a_constraint_evaluates_with_its_inputs(star):
    assert star.evaluate("flux_density") == nb.evaluate(FLUX, R_km=12)
    assert star.evaluate(FLUX, R_km=10) == nb.evaluate(FLUX)
    assert star.answer("flux_density").arguments["R_km"] == 12.0
    assert set(star.quantities) == set(registry.get("neutron_star").quantities)
    with pytest.raises(nb.InputError, match=r"unknown quantity neutron_star\.flux"):
        star.evaluate("flux")


def test_config_inputs_precision_and_preset(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("precision: draft\nneutron_star: {inputs: {R_km: 11, M_Msun: 1.4}}\n")
    c = nb.constraint("neutron_star", path, {"R_km": 13})
    assert (c.inputs.R_km, c.inputs.M_Msun, c.inputs.precision) == (13.0, 1.4, "draft")
    assert nb.constraint("neutron_star", path, precision="reference").inputs.precision == "reference"
    best = registry.get("neutron_star").inputs
    assert nb.constraint("neutron_star", preset="best").inputs.R_km == (
        best["R_km"].best if isinstance(best["R_km"].best, float) else 10.0
    )
    for inputs, message in (({"R_k": 1}, "R_k"), ({"R_km": -1}, "R_km")):
        with pytest.raises(nb.InputError, match=message):
            nb.constraint("neutron_star", inputs=inputs)
    with pytest.raises(nb.InputError, match="unknown constraint neutron; valid"):
        nb.constraint("neutron")
    with pytest.raises(nb.InputError, match="no config file"):
        nb.constraint("neutron_star", tmp_path / "nowhere.yaml")


def test_a_scan_is_a_table_with_units(star):
    frame = star.scan("mixing_limits", m_keV=[1.0, 10.0], T_inf_K=1000, reading="literal")
    assert frame["m_keV"].tolist() == [1.0, 10.0] and frame["status"].tolist() == ["OK", "OK"]
    assert frame.attrs["units"]["m_keV"] == "keV" and frame.attrs["units"]["sin2theta_bottom_error"] == "1"
    assert set(frame.columns) - {"status"} == set(frame.attrs["units"])
    expected = [star.evaluate("mixing_limit", T_inf_K=1000, m_keV=m) for m in (1.0, 10.0)]
    assert frame["sin2theta_bottom"].tolist() == expected
    assert len(star.scan("mixing_limits", reading="literal", T_inf_K=100)) == 13  # the config's masses
    with pytest.raises(nb.InputError, match="no axis mass"):
        star.scan("mixing_limits", mass=[1])
    with pytest.raises(nb.InputError, match="no scan mixing"):
        star.scan("mixing")
    with pytest.raises(nb.InputError, match="reading"):
        star.scan("mixing_limits", reading="free")


def test_limits_are_those_of_a_run_and_interpolate(star):
    limits = star.limits()
    assert all(isinstance(limit, nb.Limit) for limit in limits)
    limit = next(one for one in limits if one.name == "heating_literal_1000K_bottom")
    assert limit.provenance["constraint"] == "neutron_star" and limit.side == "bottom" and limit.x_name == "m_keV"
    assert limit.at(limit.x).tolist() == limit.y.tolist()
    middle = np.sqrt(limit.x[0] * limit.x[1])
    assert limit.at(middle) == close(np.sqrt(limit.y[0] * limit.y[1]), rel=1e-12)
    assert np.isnan(limit.at([limit.x[0] / 2, limit.x[-1] * 2])).all()
    frame = limit.to_pandas()
    assert list(frame.columns) == ["m_keV", "sin2theta"] and frame.attrs["side"] == "bottom"
    assert "1000 K" in str(limit)


def curve(x, y):
    axes = Coordinate("m_MeV", "MeV", "m"), Coordinate("g", "1", "g")
    return nb.Limit.of(Curve("c", "c", np.array(x), np.array(y), *axes), {})


def test_interpolation_at_the_edges_of_what_it_can():
    assert curve([3.0, 1.0], [1.0, 9.0]).at(np.sqrt(3.0)) == close(3.0)
    assert curve([0.0, 2.0], [-1.0, 1.0]).at(1.0) == 0.0
    assert np.isnan(curve([], []).at(1.0)) and np.isnan(curve([], []).at([1.0, 2.0])).all()
    assert np.isnan(curve([1.0, 2.0], [1.0, 2.0]).at(np.nan))
    assert curve([1.0], [5.0]).at(1.0) == 5.0
    with pytest.raises(nb.InputError, match="turns back"):
        curve([1.0, 2.0, 1.0], [1.0, 2.0, 3.0]).at(1.5)


def test_limits_plot_on_axes_of_the_user(star):
    from matplotlib import pyplot

    figure, ax = pyplot.subplots()
    limit = star.limits()[0]
    assert limit.plot(ax, color="red") is ax
    assert ax.get_xscale() == "log" and ax.get_xlabel() == limit.x_label
    assert ax.lines[0].get_color() == "red" and ax.lines[0].get_label() == limit.label
    pyplot.close(figure)


def test_figures_leave_the_session_as_it_was(star):
    code = (
        "import matplotlib; before = dict(matplotlib.rcParams); import nubounds as nb;"
        "c = nb.constraint('neutron_star', config={'resolution': 'toy'}); c.figure('fig6'); c.figure_data('fig6');"
        "print([k for k in before if k != 'backend' and matplotlib.rcParams[k] != before[k]])"
    )
    assert python(code).strip() == "[]"
    figure = star.figure("fig3_map")
    assert isinstance(figure, matplotlib.figure.Figure)
    matplotlib.pyplot.close(figure)
    with pytest.raises(nb.InputError, match="no figure fig99"):
        star.figure("fig99")


def test_the_numbers_behind_a_figure(star):
    open_before = matplotlib.pyplot.get_fignums()
    frame = star.figure_data("fig3_map")
    scanned = star.scan("temperature_map").query("temperature_K > 0")
    assert set(frame["kind"]) == {"map", "curve"} and set(frame["panel"]) == {1, 2}
    maps = frame[frame["kind"] == "map"]
    assert len(maps) == len(star.scan("temperature_map")) and len(scanned)
    curves = star.figure_data("fig5")
    assert set(curves["kind"]) == {"curve"} and curves["x_name"].str.contains("energy").all()
    table = star.scan("elastic_scattering").query("target == 'neutron'")
    drawn = curves[np.isin(curves["y"], table["sigma_cm2"])]
    assert len(drawn) >= len(table) and drawn["curve"].nunique() == 1
    assert matplotlib.pyplot.get_fignums() == open_before


def test_only_what_a_figure_shows_is_computed(monkeypatch):
    c, asked = nb.constraint("neutron_star", config={"resolution": "toy"}), []
    scan = study.Study.scan
    monkeypatch.setattr(study.Study, "scan", lambda self, name, **axes: asked.append(name) or scan(self, name, **axes))
    c.figure_data("fig5")
    c.figure_data("fig5")
    assert asked == ["elastic_scattering"]


def test_where_one_stands_does_not_matter_to_a_study():
    """Nothing is written, so a folder in which results would lie among the sources is as good as any."""
    folder = str(ROOT / "docs" / "howto")
    scan = "nb.constraint('neutron_star').scan('mixing_limits', m_keV=[10.0], T_inf_K=[1000.0])"
    assert python(f"import os, nubounds as nb; os.chdir({folder!r}); print(len({scan}) > 0)") == "True\n"


def test_sensitivity_of_a_power_law():
    frame = nb.constraint("neutron_star").sensitivity("flux_density", radius="star")
    row = frame.set_index("input").loc["R_km"]  # flux goes as R^2; the prior is 12 +- 0.8 about the paper's 10 km
    assert row["elasticity"] == close(2.0, rel=1e-6)
    assert row["shift"] == close((1.08**2 - 0.92**2) / 2, rel=1e-9)
    assert list(frame.columns) == ["input", "value", "prior", "elasticity", "shift"]
    assert frame["shift"].abs().is_monotonic_decreasing
    assert frame.set_index("input").loc["M_Msun", "elasticity"] == 0
    with pytest.raises(nb.InputError, match="needs a single number"):
        nb.constraint("neutron_star").sensitivity("surface")


def test_tables_of_a_run_have_units(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(
        "# lens: sharpness\n# code 12\n# a_cm [cm]; f_cm [cm]; *_error: of that column\na_cm,f_cm,f_cm_error,status\n1,2,,OK\n"
    )
    frame = nb.read_table(path)
    assert frame.attrs["units"] == {"a_cm": "cm", "f_cm": "cm", "f_cm_error": "cm"}
    assert frame.attrs["header"][0] == "lens: sharpness" and np.isnan(frame["f_cm_error"][0])
    with pytest.raises(nb.InputError, match="damaged or not a table"):
        nb.read_table(tmp_path / "nowhere.csv")


def test_limits_of_a_run_read_back(tmp_path, star):
    from nubounds.files import tables
    from nubounds.steps import limits

    limit = star.limits()[0]
    source = {"constraint": "neutron_star", "commit": "c", "config": "d", "inputs_date": "e", "reference": {}}
    folder = tmp_path / "results/neutron_star/limits"
    tables.write_json(folder / f"{limits.file_stem(limit)}.json", limits.as_json(limit, source))
    tables.write_json(folder / "index.json", {})
    for place in (tmp_path / "results", folder, folder.parent, folder / f"{limits.file_stem(limit)}.json"):
        (again,) = nb.read_limits(place)
        assert again.name == limit.name and again.x.tolist() == limit.x.tolist() and again.provenance["commit"] == "c"
    with pytest.raises(nb.InputError, match="no limit files there"):
        nb.read_limits(tmp_path)


def test_words_group_for_the_function_of_many():
    calls = []

    def many(x, word):
        calls.append((word, x.tolist()))
        return Answer(x * 2, None, "", np.where(x > 2, nb.Status.NO_SOLUTION, nb.Status.OK))

    parameters = (number("x"), choice("word", ("a", "b"), "a"))
    quantity = Quantity("a.b", lambda x, word: Answer(2 * x), parameters, "1", "", "", many)
    found = evaluation.ask(quantity, {"x": [1.0, 2.0, 3.0], "word": ["a", "b", "a"]})
    assert calls == [("a", [1.0, 3.0]), ("b", [2.0])]
    np.testing.assert_array_equal(found.value, [2, 4, np.nan])
    assert [str(status) for status in found.status] == ["OK", "OK", "NO_SOLUTION"]


def test_a_number_without_a_finite_error_is_no_answer():
    """At the smallest mass there is, the mean of the energy transfer is 0/0: the limit 0 with an error of NaN."""
    one = nb.answer("neutron_star.mixing_limit", T_inf_K=1.0, m_keV=5e-324)
    assert one.value is None and one.status == nb.Status.NOT_FINITE and one.note
    many = nb.answer("neutron_star.mixing_limit", T_inf_K=1.0, m_keV=[5e-324, 1.0])
    assert np.isnan(many.value[0]) and many.status.tolist() == [nb.Status.NOT_FINITE, nb.Status.OK]
    single = nb.answer("neutron_star.mixing_limit", T_inf_K=1.0, m_keV=1.0)
    assert (many.value[1], many.error[1]) == (single.value, single.error)
