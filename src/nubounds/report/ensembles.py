"""The pages of ensembles: bands, causes, priors and sliders of one constraint; the explorer of all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from scipy.special import ndtr

from nubounds import registry
from nubounds.config import Config
from nubounds.config.ensemble import Varied, variable
from nubounds.contract import InputError, Parameter
from nubounds.ensemble import causes, collect, limit_files, plan, sampling
from nubounds.ensemble.bands import quantiles
from nubounds.ensemble.sheets import Sheet
from nubounds.files import digests, tables
from nubounds.files.layout import CAPTION, Layout
from nubounds.inputs import priors
from nubounds.inputs.parameter import plain
from nubounds.mathtext import to_text
from nubounds.planes import collect as planes_collect
from nubounds.planes import declaration
from nubounds.report import html

DIGITS = 12  # of coefficients: their rounding lies far below a surrogate's own error
REACH = (0.005, 0.995)  # shares of its prior between which an input can be moved
MOVES = 0.01  # share of a limit's variance from which an input has a slider
PICTURES = ("bands", "causes", "shares_map")
SCORES = np.linspace(-3.0, 3.0, 121)  # normal scores at which a correlated input is tabulated


@dataclass(frozen=True)
class PriorRow:
    """An input as the table of priors shows it."""

    name: str
    value: Any
    unit: str
    prior: str
    source: str
    meaning: str


def _rounded(values: Any) -> list:
    """Numbers with :data:`DIGITS` digits, null for what has no finite one."""
    return [
        float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in np.asarray(values, float).tolist()
    ]


def _nested(values: Mapping[str, Any], key: str) -> Any:
    for part in key.split("."):
        values = values[part]
    return plain(values)


def _input(axis: dict, varied: Varied, parameter: Parameter, value: Any) -> dict:
    """What a slider needs to know: the basis of the surrogate, the range of the input, and where it starts."""
    said = {"name": axis["name"], "unit": parameter.unit, "meaning": to_text(parameter.meaning), "config": value}
    basis = {key: axis[key] for key in ("kind", "centre", "width", "values", "rotate")}
    if axis["kind"] == "choice":
        start = value if value in axis["values"] else axis["values"][0]
        return {**said, **basis, "start": start, "inside": start == value}
    prior = priors.read(varied.priors[axis["name"]])
    low, middle, high = (float(x) for x in sampling.values(parameter, prior, np.array([REACH[0], 0.5, REACH[1]])))
    inside = isinstance(value, int | float) and low <= value <= high
    grouped = any(axis["name"] in group["inputs"] for group in varied.correlated)
    table = sampling.values(parameter, prior, ndtr(SCORES)) if grouped else None
    return {
        **said,
        **basis,
        "low": low,
        "high": high,
        "whole": parameter.kind == "integer",
        "start": value if inside else middle,
        "inside": inside,
        "table": table,
    }


def _groups(correlated: list[dict]) -> list[dict]:
    """Correlated inputs, with what turns their normal scores into independent ones."""
    found = []
    for group in correlated:
        root = np.linalg.cholesky(np.array(group["correlation"], dtype=float))
        found.append({"inputs": group["inputs"], "independent": np.linalg.inv(root).tolist()})
    return found


def _point(point: dict | None, x: float) -> dict:
    """One place of a curve: terms as pairs of axis and degree where the surrogate is good enough, else none."""
    if point is None:
        return {"x": x, "q2": None, "terms": None}
    q2 = point["q2"]
    if q2 is not None and q2 < causes.GOOD:
        return {"x": x, "q2": q2, "terms": None}
    terms = [[[axis, degree] for axis, degree in enumerate(term) if degree] for term in point["terms"]]
    return {
        "x": x,
        "q2": q2,
        "terms": terms,
        "coefficients": _rounded(point["coefficients"]),
        "largest": point["largest"],
        "tested": point["tested"],
    }


def _reason(points: list[dict]) -> str:
    """Why a curve has no sliders."""
    known = [point["q2"] for point in points if point["q2"] is not None]
    if known:
        return (
            f"No sliders: at members that it has not seen the surrogate explains Q2 = {max(known):.3g} of the variance "
            f"at best, and {causes.GOOD} is needed to stand for the limit."
        )
    return "No sliders: no surrogate, because more than a tenth of the members have no limit, or there are too few."


def _curve(sheet: Sheet, fitted: dict, shares: Any, causes_of: list[str], computed: bool) -> dict:
    """A limit as the explorer draws it."""
    curve = limit_files.nominal(sheet)
    by_x = {point["x"]: point for point in fitted.get("points", ())}
    points = [_point(by_x.get(x), x) for x in sheet.x.tolist()]
    good = [point["x"] for point in points if point["terms"] is not None]
    mine = shares[(shares["curve"] == sheet.name) & shares["x"].isin(good) & (shares["total"] >= MOVES)]
    moving = {name for cause in mine["input"] for name in cause.split(" + ")}
    band = quantiles(sheet.members)
    said = {
        "name": sheet.name,
        "label": to_text(curve.label),
        "convention": curve.convention,
        "side": str(curve.side),
        "x": {"name": curve.x_name, "label": to_text(curve.x_label)},
        "y": {"name": curve.y_name, "label": to_text(curve.y_label)},
        "logarithm": bool(fitted.get("logarithm", sheet.positive)),
        "points": points,
        "nominal": _rounded(sheet.nominal),
        "band": {name: _rounded(values) for name, values in band.items()},
        "moving": [name for name in causes_of if name in moving],
        "reason": "" if good else _reason(points),
    }
    return said | ({"members": [_rounded(row) for row in sheet.members]} if computed and not good else {})


def data(config: Config, name: str, computed: bool = False) -> dict:
    """What the explorer's script gets of one constraint.

    Parameters
    ----------
    config : the config
    name : name of the constraint
    computed : whether curves without a usable surrogate bring the members themselves

    Returns
    -------
    What goes into the page, ready for JSON.
    """
    layout, varied = Layout(config.results), config.ensemble.constraints[name]
    folder, parameters = layout.ensemble(name), variable(registry.get(name))
    digests.require(layout, name, plan.BANDS)
    members = collect.gather(config, name)
    fitted = tables.read_json(folder / "surrogate.json")
    shares = tables.read_table(folder / "sensitivity.csv")
    given = config.sections[name].inputs
    names = [axis["name"] for axis in fitted["inputs"]]
    curves = [
        _curve(sheet, fitted["curves"].get(sheet.name, {}), shares, names, computed)
        for sheet in members.sheets
        if len(sheet.x) > 1
    ]
    drawn = {key: [plain(value) for value in values] for key, values in members.kept.items()}
    return {
        "name": name,
        "title": to_text(registry.get(name).declaration["title"]),
        "inputs": [_input(a, varied, parameters[a["name"]], _nested(given, a["name"])) for a in fitted["inputs"]],
        "groups": _groups(varied.correlated),
        "curves": sorted(curves, key=lambda curve: bool(curve["reason"])),
        "drawn": drawn if any("members" in curve for curve in curves) else {},
        "members": len(members.good),
    }


def _script(constraints: list[dict]) -> Markup:
    """JSON inside a script; no label ends or comments out the script."""
    return Markup(json.dumps(constraints, allow_nan=False).replace("<", "\\u003c"))


def _priors(config: Config, name: str) -> list[PriorRow]:
    varied, parameters = config.ensemble.constraints[name], variable(registry.get(name))
    rows = []
    for key, said in varied.priors.items():
        prior, one = priors.read(said), parameters[key]
        source = getattr(prior, "source", "") or getattr(one.prior, "source", "") * (prior == one.prior)
        words = priors.in_words(prior).removesuffix(f" ({prior.source})")
        value = _nested(config.sections[name].inputs, key)
        rows.append(PriorRow(key, value, one.unit, words, source or "the config", one.meaning))
    return rows


def _picture(path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise InputError(f"{path}: {problem.strerror}; run the ensemble again") from None


def write_page(config: Config, name: str, log: Callable[[str], None]) -> None:
    """Write the page of one constraint's ensemble.

    Parameters
    ----------
    config : the config
    name : name of the constraint
    log : called with lines for the user

    Raises
    ------
    InputError
        For a constraint without an ensemble, or results that are missing or changed.
    """
    if name not in config.ensemble.constraints:
        raise InputError(f"{name} is not in the ensemble; valid: {', '.join(config.ensemble.constraints) or 'none'}")
    layout, ensemble, made = Layout(config.results), config.ensemble, data(config, name)
    declared = registry.get(name).declaration
    page = html.render(
        "ensemble.html",
        name=name,
        declaration=declared,
        members=made["members"],
        failed=ensemble.members - made["members"],
        seed=ensemble.seed,
        priors=_priors(config, name),
        correlated=ensemble.constraints[name].correlated,
        pictures={word: _picture(layout.ensemble(name) / f"{word}.png") for word in PICTURES},
        limits=tables.read_json(layout.ensemble_limits(name) / "index.json"),
        others=[other for other in ensemble.constraints if other != name],
        without=[curve for curve in made["curves"] if curve["reason"]],
        data=_script([made]),
    )
    with digests.noting(layout, "report", f"{name}_ensemble"):
        tables.write_text(layout.ensemble_page(name), page)
    log(f"report: {layout.ensemble_page(name)}")


@dataclass(frozen=True)
class PlanePicture:
    """A comparison plane with bands, as the explorer shows it."""

    name: str
    title: str
    caption: str
    png: bytes


def _planes(config: Config) -> list[PlanePicture]:
    """The planes in which an ensemble has a limit."""
    layout, files = Layout(config.results), planes_collect.read_files(config, bands=True)
    found = []
    for name in declaration.names():
        plane = declaration.get(name)
        kinds = {limit.kind for limit in planes_collect.collect(plane, config, files=files)}
        if planes_collect.COMPUTED in kinds:
            digests.require(layout, "comparison", f"{name}_bands")
            caption = layout.comparison_with_bands(name, CAPTION).read_text(encoding="utf-8")
            png = _picture(layout.comparison_with_bands(name, "png"))
            found.append(PlanePicture(name, plane.title, caption, png))
    return found


def write_explorer(config: Config, log: Callable[[str], None]) -> None:
    """Write the page on which a reader changes inputs of all constraints, with the planes that have bands; InputError
    as for :func:`write_page`.

    Parameters
    ----------
    config : the config
    log : called with lines for the user
    """
    layout, names = Layout(config.results), list(config.ensemble.constraints)
    script = _script([data(config, name, computed=True) for name in names])
    page = html.render("explorer.html", names=names, data=script, planes=_planes(config))
    with digests.noting(layout, "report", "explorer"):
        tables.write_text(layout.explorer, page)
    log(f"report: {layout.explorer}")
