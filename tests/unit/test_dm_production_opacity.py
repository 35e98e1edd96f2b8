"""Opacities: constant, of a user's table, embedded; published effects on the density, and spectra at single momenta."""

import math

import numpy as np
import pytest

import nubounds
from close import close
from nubounds import config
from nubounds.constraints.dm_production import opacity
from nubounds.constraints.dm_production.conventions import resolve
from nubounds.contract import InputError

X, T = (0.1, 1.0, 3.0), (1.0, 100.0, 1e4)


def evaluate(name, **arguments):
    return nubounds.evaluate(f"dm_production.{name}", **arguments)


def written(folder, rows, header="x,T_MeV,y"):
    file = folder / "opacity.csv"
    file.write_text("\n".join(["# a bath", header, *(",".join(f"{value!r}" for value in row) for row in rows)]) + "\n")
    return file


def rectangle(y, x=X, T=T):
    return [(each, at, float(y(each, at))) for each in x for at in T]


@pytest.mark.parametrize("m4, factor, mine", [(7.1, 3.65, 0.10), (20, 4.69, 0.05), (50, 5.71, 0.02)])
def test_hadrons_multiply_the_density_of_dodelson_and_widrow(m4, factor, mine):
    """Against the whole table of rates, of which a few values are embedded: those miss the step of the QCD transition
    by up to 10 %.
    """
    point = {"m4_keV": m4, "sin2_2theta": 1e-10}
    found = evaluate("relic_density", opacity="table", **point) / evaluate("relic_density", **point)
    assert found == close(factor, rel=mine)
    assert found == close(evaluate("relic_density", preset="best", **point) / evaluate("relic_density", **point))


@pytest.mark.parametrize(
    "coupling, change, within",
    [(3.83424e-05, 0.030, 0.006), (0.0393945, 0.0, 2e-5), (0.0726419, 0.0, 2e-5)],
    ids=["C", "B", "A"],
)
def test_hadrons_hardly_matter_on_the_curve(coupling, change, within):
    point = {"model": "scalar", "coupling": coupling, "m_mediator_MeV": 500}
    found = evaluate("relic_density", opacity="table", **point) / evaluate("relic_density", **point) - 1
    assert abs(found - change) < within


def test_a_table_that_does_not_know_of_x_gives_the_same_digits(tmp_path):
    def y(_, T):
        return 1 + math.log(T)

    flat = written(tmp_path, rectangle(y))
    found = [evaluate("relic_density", opacity_file=flat), evaluate("late_spectrum", q=1.3, opacity_file=flat)]
    short = tmp_path / "short.csv"
    short.write_text("T_MeV,y\n" + "".join(f"{at!r},{y(0, at)!r}\n" for at in T))
    assert found[0] == evaluate("relic_density", opacity_file=short)
    assert found[1] == evaluate("late_spectrum", q=1.3, opacity_file=short)


@pytest.mark.parametrize("x, y", [(0.01, 0.5), (0.1, 0.5), (1.0, 1.5), (math.sqrt(3), 2.25), (20.0, 3.0)])
def test_every_momentum_has_its_own_rate(tmp_path, x, y):
    """y depends on x alone, linearly in ln x: at one momentum it is a constant."""
    table = written(tmp_path, rectangle(lambda x, _: {0.1: 0.5, 1.0: 1.5, 3.0: 3.0}[x]))
    point = {"model": "scalar", "coupling": 1e-5, "m_mediator_MeV": 300}
    for name, where in (("phase_space", {"x": x}), ("late_spectrum", {"q": x, "g_star": 10.75})):
        of_table, constant = (
            evaluate(f"{name}", **where, **point, **choice)
            for choice in ({"opacity_file": table}, {"rate_coefficient": y})
        )
        assert of_table == close(constant, rel=1e-9)


def test_the_density_is_the_sum_over_momenta(tmp_path):
    """A trapezoid over fixed x of single momenta, for a rate that falls with x."""
    table = written(tmp_path, rectangle(lambda x, T: (1 + math.log10(T)) / x**0.3))
    choices = {"opacity_file": table, "g_star": 10.75}
    u = np.arange(1, 61) / 60
    x = 24 * u**2
    f = np.array([evaluate("phase_space", model="sm", x=each, **choices) for each in x.tolist()])
    number = np.sum(x**2 * f * 48 * u) / 60 / (2 * np.pi**2)
    density = 2 * number / (2 * np.pi**2 / 45 * 10.75) * 2891.2 / 1.05e-5 * 7.1e-6
    assert evaluate("relic_density", **choices) == close(density, rel=1e-3)


def test_rows_may_run_over_either_column_first(tmp_path):
    rows = rectangle(lambda x, T: x + math.log(T))
    first = opacity.read.__wrapped__(written(tmp_path, rows))
    second = opacity.read.__wrapped__(written(tmp_path, sorted(rows, key=lambda row: row[1])))
    assert np.array_equal(first.y, second.y) and first.y.shape == (3, 3)
    found = first(np.array([[1.0], [100.0]]), np.log([1e-3, 10.0, 100.0]))
    assert found == close(
        np.array([[1, 1 + math.log(10), 1 + math.log(100)], [3, 3 + math.log(10), 3 + math.log(100)]])
    )


FULL = rectangle(lambda x, T: 1.0)


@pytest.mark.parametrize(
    "rows, words",
    [
        (FULL[:-1], "csv:10: .* the pair is missing"),
        ([*FULL[:4], *FULL[5:]], "csv:7: .*full rectangle"),
        ([*FULL, FULL[-1]], "csv:12: .*full rectangle"),
        (FULL[::-1], "csv:3: .*ascending in both"),
        ([*FULL[:4], (1.0, 100.0, -1.0), *FULL[5:]], "csv:7: column y: must lie"),
        ([(0.0, *row[1:]) for row in FULL], "csv:3: column x: must lie"),
        (FULL[:3], "column x: needs at least two values"),
        ([row for row in FULL if row[1] == 1.0], "column T_MeV: needs at least two values"),
        ([(row[0], -row[1], row[2]) for row in FULL], "csv:3: column T_MeV: must lie"),
    ],
    ids=["short", "gap", "double", "descending", "negative", "x", "one-x", "one-T", "T"],
)
def test_a_table_that_is_no_rectangle_is_refused(tmp_path, rows, words):
    with pytest.raises(InputError, match=words) as caught:
        opacity.read.__wrapped__(written(tmp_path, rows))
    assert "\n" not in str(caught.value)


def test_choices_that_exclude_each_other():
    with pytest.raises(InputError, match="opacity=constant"):
        evaluate("relic_density", preset="best", rate_coefficient=1.27)
    assert evaluate("relic_density", preset="best", rate_coefficient=0.92, opacity="constant") == evaluate(
        "relic_density"
    )
    for flavour in ("e", "tau"):  # the table is that of the muon's flavour
        assert evaluate("relic_density", flavour=flavour, opacity="table") == evaluate("relic_density", flavour=flavour)


def test_a_file_stands_in_for_the_embedded_table(tmp_path):
    table = written(tmp_path, rectangle(lambda x, T: 0.92))
    assert evaluate("relic_density", preset="best", opacity_file=table) == close(evaluate("relic_density"), rel=1e-12)
    said = [
        opacity.in_words(resolve("physical", **choices)) for choices in ({}, {"opacity": "table"}, {"rate_scale": 2})
    ]
    assert said == ["y = 0.92", "y(x, T) with hadrons", "y = 0.92, times 2"]


def test_an_ensemble_may_choose_the_opacity():
    prior = {"opacity": {"choice": {"constant": 0.5, "table": 0.5}}}
    given = {"constraints": ["dm_production"], "ensemble": {"priors": {"dm_production": prior}}}
    varied = config.complete(given, "config.yaml").effective()["ensemble"]
    assert varied["priors"]["dm_production"]["opacity"] == prior["opacity"]
