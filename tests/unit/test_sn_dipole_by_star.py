"""Several stars in one run: how they are named and checked, their scan, its fingerprints, curves, tables and figure."""

import numpy as np
import pandas
import pytest

import nubounds as nb
from close import close
from nubounds import config, registry, style
from nubounds.constraints.sn_dipole import criteria, scans, star_figures, star_tables, user_profile
from nubounds.constraints.sn_dipole.inputs import Analysis, Production, Star, Stars
from nubounds.contract import InputError, Run
from nubounds.files.layout import Layout
from nubounds.inputs import declare
from nubounds.steps import plan, scan

M = 50.0
SN_DIPOLE = registry.get("sn_dipole")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two small stars, copies of the embedded one with other temperatures."""
    folder = tmp_path_factory.mktemp("stars")
    for name, T0_MeV in (("cold", 28.0), ("hot", 38.0)):
        (folder / f"{name}.csv").write_text(user_profile.embedded_csv(4, 9, T0_MeV))
    return folder


@pytest.fixture(scope="module")
def listed(folder):
    return {"cold": str(folder / "cold.csv"), "a hot star": str(folder / "hot.csv"), "again": "PNS-8.8A"}


@pytest.fixture(scope="module")
def study(listed):
    grid = {"M_MeV": {"values": [M]}, "probe": {"values": ["cooling", "deposition", "smm"]}}
    whole = {"sn_dipole": {"grid": grid | {"piece_M_MeV": {"values": [3]}}}}
    return nb.constraint("sn_dipole", whole, {"stars": listed})


@pytest.fixture(scope="module")
def table(study):
    return study.scan("limits_by_star")


def section_of(stars):
    inputs = {"stars": stars}
    given = {"constraints": ["sn_dipole"], "sn_dipole": {"inputs": inputs}, "allow_outside_files": True}
    return config.complete(given, "cfg").sections["sn_dipole"]


def test_names_of_stars(folder):
    files = [folder / "cold.csv", folder / "hot.csv"]
    assert list(Stars(files).stars) == ["cold", "hot"]
    assert Stars(["PNS-8.8A"]).stars["PNS-8.8A"] == "PNS-8.8A"
    assert Stars({"mine": files[0]}).as_plain() == {"stars": {"mine": str(files[0])}}
    assert Stars([]).stars is Stars().stars is None
    cold, again = Stars({"x": files[0], "y": "PNS-8.8A"}).stars.labels
    assert cold.startswith("x@") and len(cold) == 14 and again == "y@PNS-8.8A"


NO_LISTS = {
    "missing file": (["nowhere.csv"], "cfg: sn_dipole.inputs.stars: no file nowhere.csv"),
    "one name twice": (["a/cold.csv", "cold.csv"], "two are called cold; give names, stars: {name: file}"),
    "a name that is none": ({"a@b": "cold.csv"}, "a@b: a name has 1 to 40 letters"),
    "one name of limit files": ({"a b": "cold.csv", "a+b": "hot.csv"}, "two names become a_b"),
    "no list": (3, "cfg: sn_dipole.inputs.stars: must be a list, not 3"),
    "no name of a file": ([3], "must be text, not 3"),
    "too many": ({f"s{i}": "cold.csv" for i in range(21)}, "21 stars; at most 20 are compared"),
}


@pytest.mark.parametrize(("stars", "said"), NO_LISTS.values(), ids=NO_LISTS)
def test_what_is_no_list_of_stars(folder, monkeypatch, stars, said):
    monkeypatch.chdir(folder)
    (folder / "a").mkdir(exist_ok=True)
    (folder / "a" / "cold.csv").write_text("")
    with pytest.raises(InputError) as problem:
        section_of(stars)
    assert said in str(problem.value) and "\n" not in str(problem.value)


def test_an_ugly_file_is_named_with_its_line(tmp_path, listed):
    (tmp_path / "ugly.csv").write_text("t_s,r_km\n1,2\n")
    with pytest.raises(InputError, match=r"ugly.csv:1: no column rho_gcc"):
        nb.constraint("sn_dipole", inputs={"stars": {**listed, "ugly": tmp_path / "ugly.csv"}})


def test_only_the_star_that_changed_is_another_point(tmp_path, folder):
    mine = tmp_path / "mine.csv"
    stars = {"cold": str(folder / "cold.csv"), "mine": str(mine)}
    found = []
    for text in ("1", "2"):
        mine.write_text(text)
        section = section_of(stars)
        found.append((section.grid["star"], plan.scan_fingerprint(SN_DIPOLE, "limits_by_star", section)))
        derived = plan.inputs_for(SN_DIPOLE, section, SN_DIPOLE.limits)["stars"]
        assert list(derived) == ["cold", "mine"] and derived["mine"] not in (str(mine), text)
    (one, first), (other, second) = found
    assert first == second and one[0] == other[0] and one[1] != other[1]


def test_without_stars_there_is_nothing(tmp_path):
    section = section_of(None)
    assert section.grid["star"] == plan._split(SN_DIPOLE, "limits_by_star", section, Layout(tmp_path)) == []
    empty = {"star": np.empty(0), "M_MeV": np.empty(0), "probe": np.empty(0)}
    rows = scan.evaluate_points(SN_DIPOLE, "limits_by_star", empty, section.inputs)
    assert all(values.shape == (0,) for values in rows.values())
    run = Run({"limits_by_star": scan.frame(empty, rows)})
    assert star_tables.stars(run, Star(), Stars()).empty and star_tables.star_limits(run, Production()).empty
    figure = star_figures.limits_by_star(run, Star(), Stars())
    assert [text.get_text() for text in figure.axes[0].texts] == [star_figures.NOTHING]


def test_limits_are_those_of_each_profile(table, folder):
    for (label, probe), rows in table.groupby(["star", "probe"]):
        if probe == "deposition":
            assert rows["status"].tolist() == ["OUT_OF_DOMAIN"]  # not in the paper
            continue
        name = label.partition("@")[0].removeprefix("a ").removesuffix(" star")
        own = {} if name == "again" else {"profile": str(folder / f"{name}.csv")}
        expected = nb.evaluate("sn_dipole.coupling_limit", probe=probe, M_MeV=M, **own)
        assert rows["d_bottom_per_MeV"].tolist() == [expected]
    assert list(dict.fromkeys(table["star"].str.partition("@")[0])) == ["cold", "a hot star", "again"]


def test_one_star_of_the_list(study, table):
    alone = study.scan("limits_by_star", star="again", probe="cooling")
    assert len(alone) == 1 and alone["d_bottom_per_MeV"].iloc[0] in table["d_bottom_per_MeV"].tolist()
    with pytest.raises(InputError, match="star=tepid: not in stars; valid: cold, a hot star, again"):
        study.scan("limits_by_star", star=["tepid"])


def test_a_file_that_changed_meanwhile(listed):
    points = {"star": np.array(["cold@000000000000"]), "M_MeV": np.array([M]), "probe": np.array(["cooling"])}
    with pytest.raises(InputError, match="cold@000000000000: the file is another one now"):
        scans.scan_stars(points, Analysis(), Stars(listed))


def test_beyond_the_paper_both_edges_of_every_star(monkeypatch, listed):
    asked = []

    def region(probe, M, delay, analysis):
        asked.append((probe, str(analysis.production.star.profile)))
        return scans.Region(scans.Limit(1e-13, 1e-15), scans.Limit(1e-9, 1e-11), 1e-11, 2.0)

    monkeypatch.setattr(criteria, "excluded_region", region)
    stars = Stars(listed)
    labels = np.array(list(stars.stars.labels))
    points = {"star": labels, "M_MeV": np.full(3, M), "probe": np.full(3, "deposition")}
    block = scans.scan_stars(points, declare.defaults(Analysis, "best"), stars)
    assert asked == [("deposition", listed["cold"]), ("deposition", listed["a hot star"]), ("deposition", "None")]
    assert block.values["d_top_per_MeV"].tolist() == [1e-9] * 3


def test_curves_table_and_figure(study, table, listed):
    free = study.scan("limits")
    free = pandas.concat([free.assign(M_MeV=mass) for mass in (10.0, M)], ignore_index=True)
    rows = pandas.concat([table.assign(M_MeV=mass) for mass in (10.0, M)], ignore_index=True)
    run, stars = Run({"limits": free, "limits_by_star": rows}), Stars(listed)
    made = SN_DIPOLE.limits(run, **declare.bind(SN_DIPOLE.limits, {"stars": listed}))
    curves = {curve.name: curve for curve in made}
    hot = curves["cooling_star_a_hot_star"]
    assert hot.label == "SN1987A, energy loss, a hot star" and "star a hot star, screening" in hot.assumptions
    assert hot.plane == "" and np.all(hot.y < curves["cooling"].y)
    assert curves["smm_star_cold_top"].region == curves["smm_star_cold_bottom"].region == "smm_star_cold"
    assert not [name for name in curves if name.startswith("deposition_star")]

    ratios = star_tables.star_limits(run, Production()).set_index(["star", "probe", "M_MeV"])
    assert ratios.loc["again"][["bottom_ratio"]].to_numpy() == close(1.0, rel=1e-12)
    assert ratios.loc[("a hot star", "cooling", M), "bottom_ratio"] == close(
        hot.y[1] / curves["cooling"].y[1], rel=1e-12
    )
    assert set(ratios["top_ratio"].dropna().index.get_level_values("probe")) == {"smm"}
    names = star_tables.stars(run, Star(), stars)
    assert names["star"].tolist() == ["PNS-8.8A", "cold", "a hot star", "again"]
    assert names["sha256"].map(len).tolist() == [8, 64, 64, 8]

    with style.context():
        figure = star_figures.limits_by_star(Run({}, curves), Star(), stars)
    upper, lower = figure.axes[0], figure.axes[2]
    assert [line.get_label() for line in upper.lines] == ["PNS-8.8A", "cold", "a hot star", "again"]
    assert lower.lines[-1].get_ydata() == close(1.0, rel=1e-12)
