"""Figures of grids that lie outside a figure's window, or have one value: an empty axis that says so."""

import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from nubounds import registry, style
from nubounds.config import axes
from nubounds.contract import Run
from nubounds.inputs import declare

style.setup()


def texts(figure):
    """What is written in the axes of a figure that is finished without a warning, and drawn."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        style.finish(figure)
        figure.canvas.draw()
    found = [[text.get_text() for text in ax.texts] for ax in figure.axes]
    pyplot.close(figure)
    return found


def drawn(constraint, name, tables):
    """A figure of these tables, with the paper's inputs."""
    function = registry.get(constraint).figure_functions[name]
    return texts(function(Run(tables), **declare.bind(function, {})))


def table(constraint, scan, columns, **moved):
    """A table of a scan on the toy grid with some axes moved; `columns` are functions of the points or values."""
    declared = registry.get(constraint)
    grids = {
        name: moved.get(name)
        or axes.values(declared.axes[name]["grid"].get("toy", declared.axes[name]["grid"]["paper"]))
        for name in declared.scans[scan]["axes"]
    }
    points = np.meshgrid(*(np.array(values, dtype=object) for values in grids.values()), indexing="ij")
    frame = pd.DataFrame(dict(zip(grids, (part.ravel() for part in points), strict=True))).infer_objects()
    for name, value in columns.items():
        frame[name] = value(frame) if callable(value) else value
    return frame.assign(status=np.where(np.isnan(frame[next(iter(columns))].astype(float)), "OUT_OF_DOMAIN", "OK"))


def test_axes_without_anything_in_view_say_so():
    figure, (seen, unseen, guided) = style.new_figure(1, 3)
    for ax in (seen, unseen, guided):
        ax.set(xscale="log", xlim=(1, 10), ylim=(0, 1))
    seen.plot([1e-3, 1e3], [0.5, 0.5])  # both ends outside, yet it passes
    unseen.plot([20, 30], [0.5, 0.5])
    unseen.plot([np.nan, 3], [0.5, np.inf])
    guided.axhline(0.5)
    assert texts(figure) == [[], [style.EMPTY], [style.EMPTY]]


def test_a_curve_of_one_point_is_seen():
    figure, ax = style.new_figure()
    ax.set(xlim=(0, 2), ylim=(0, 2))
    ax.plot([1, 1.5], [1, np.nan], "--")
    assert texts(figure) == [[]]
    assert ax.lines[0].get_marker() == "o"


def test_a_single_marker_is_something():
    figure, ax = style.new_figure()
    ax.set(xlim=(0, 2), ylim=(0, 2))
    ax.plot([1], [1], "o")
    assert texts(figure) == [[]]


@pytest.mark.parametrize(
    ("values", "log", "expected"),
    [
        ([3.0, np.nan, 1.0, -1.0, np.inf], True, (1.0, 3.0)),
        ([3.0, -1.0], False, (-1.0, 3.0)),
        ([3.0], True, (1.0, 9.0)),
        ([3.0], False, (1.5, 4.5)),
        ([0.0], False, (-0.5, 0.5)),
        ([np.nan], True, (7.0, 8.0)),
        ([], False, (7.0, 8.0)),
    ],
)
def test_a_window_holds_what_can_be_shown(values, log, expected):
    assert style.window(values, (7.0, 8.0), log) == expected


ANATOMY = dict.fromkeys(("df_dlnz", "gamma_over_H", "mixing_ratio"), lambda frame: 1e-9 / frame["z"].astype(float))


@pytest.mark.parametrize(
    ("z", "empty"), [([1.0, 10.0], True), ([1e-9, 1e-8], True), ([0.1], False), ([0.1, 1.0], False)]
)
def test_an_evolution_outside_the_window(z, empty):
    tables = {"anatomy": table("dm_production", "anatomy", ANATOMY, z=z)}
    (words,) = drawn("dm_production", "letter_fig3", tables)
    assert (style.EMPTY in words) == empty


def test_spectra_outside_the_window():
    spectra = {"x2_f_normalised": lambda frame: np.exp(-frame["x"].astype(float))}
    tables = {"spectra": table("dm_production", "spectra", spectra, x=[50.0, 100.0])}
    (words,) = drawn("dm_production", "letter_fig4", tables)
    assert style.EMPTY in words


TRANSFER = {"transfer_eV": lambda frame: -0.1 * frame["E_eV"].astype(float)}


@pytest.mark.parametrize(
    ("transfer", "moved", "empty"),
    [
        ({"transfer_eV": np.nan}, {"E_eV": [1e8, 1e10]}, True),
        ({"transfer_eV": np.nan}, {"T_K": [1e10]}, True),
        (TRANSFER, {"T_K": [0.0]}, False),
        (TRANSFER, {"E_eV": [3.0], "T_K": [100.0]}, False),
        (TRANSFER, {}, False),
    ],
)
def test_energy_transfers_that_are_not_known(transfer, moved, empty):
    tables = {"energy_transfer": table("neutron_star", "energy_transfer", transfer, **moved)}
    left, right = drawn("neutron_star", "fig6", tables)
    assert (style.EMPTY in left) == empty
    assert (style.EMPTY in right) == (empty or moved.get("T_K") == [0.0])


@pytest.mark.parametrize(
    "moved", [{"m_keV": [5.0]}, {"sin2theta": [1e-9]}, {"sin2theta": [0.0]}, {"reading": ["literal"]}]
)
def test_a_map_of_one_column_or_row(moved):
    tables = {"temperature_map": table("neutron_star", "temperature_map", {"temperature_K": 1000.0}, **moved)}
    drawn("neutron_star", "fig3_map", tables)


def test_cross_sections_at_one_energy():
    sigma = {"sigma_cm2": 1e-42}
    tables = {"elastic_scattering": table("neutron_star", "elastic_scattering", sigma, E_free_eV=[1e5])}
    drawn("neutron_star", "fig5", tables)


@pytest.mark.parametrize("moved", [{"coupling": [1e-3]}, {"m_mediator_MeV": [50.0]}, {}])
@pytest.mark.parametrize("density", [0.12, np.nan])
def test_a_map_of_the_relic_density(moved, density):
    columns = {"omega_h2": density, "outside_validity": 0.0}
    tables = {"density": table("dm_production", "density", columns, **moved)}
    drawn("dm_production", "density_map", tables)
