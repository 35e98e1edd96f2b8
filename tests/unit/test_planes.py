"""Comparison planes: what they accept, how columns convert, what they say."""

import dataclasses
import json
import math
import types

import numpy as np
import pytest
from matplotlib import patheffects, pyplot
from matplotlib.backend_bases import RendererBase
from matplotlib.transforms import IdentityTransform

from close import close
from nubounds import style
from nubounds.contract import Coordinate, Curve, InputError
from nubounds.numerics import units
from nubounds.planes import collect, declaration, draw, words, yours
from nubounds.report import planes as report_planes
from nubounds.steps import limits, plan
from nubounds.style import labels

style.setup()
X = np.geomspace(0.01, 100, 30)
SOURCE = {"reference": {"reference": "PRD", "arxiv": "0000.00000"}}
G_F, HBAR, ALPHA = 1.1663787e-11, 6.582119569e-22, 1 / 137.035999  # MeV^-2, MeV s, 1


def curve(name, y, x_name="m4_MeV", y_name="mu_muB", plane="magnetic_moment", **fields):
    return Curve(name, name, X, y, Coordinate(x_name, "1", "x"), Coordinate(y_name, "1", "y"), plane=plane, **fields)


@pytest.fixture
def config(tmp_path):
    (tmp_path / "mine").mkdir()
    return types.SimpleNamespace(results=tmp_path / "results", user_limits=tmp_path / "mine", sections={"one": None})


def put(config, *curves):
    folder = config.results / "one" / "limits"
    folder.mkdir(parents=True, exist_ok=True)
    for each in curves:
        (folder / f"{each.name}.json").write_text(json.dumps(limits.as_json(each, SOURCE)))
    (folder / "index.json").write_text(
        json.dumps({each.name: {"x_name": each.x_name, "y_name": each.y_name} for each in curves})
    )


@pytest.mark.parametrize("name", declaration.names())
def test_declarations_are_complete(name):
    plane = declaration.get(name)
    for axis in (plane.x, plane.y):
        assert axis["range"][0] < axis["range"][1]
        assert axis["name"] in plane.columns
        assert plane.convert(axis["name"], plane.columns[axis["name"]]["axis"], np.array([1e-3]), "")[0] == 1e-3
    for column, entry in plane.columns.items():
        assert plane.convert(column, entry["axis"], np.array([1e-3]), "")[0] > 0
    if plane.right:
        there, back = (getattr(units, plane.right[word]) for word in ("forward", "backward"))
        np.testing.assert_allclose(back(there(np.array([1e-9, 1e-3]))), [1e-9, 1e-3])


@pytest.mark.parametrize("name", declaration.names())
def test_guides_follow_from_their_formulae(name):
    for guide in declaration.get(name).guides:
        if "d_per_MeV" in guide:
            mu_B = math.sqrt(4 * math.pi * ALPHA) / (2 * 0.51099895)  # e/(2 m_e) in 1/MeV
            assert guide["power"] == 0
            assert guide["coefficient"] == close(2 * guide["d_per_MeV"] / mu_B, rel=1e-4)
            continue
        keV = 1e-3
        rate = 4 * 9 * ALPHA * G_F**2 * keV**5 / (1024 * math.pi**4) / HBAR  # of the X-ray line, per sin^2(theta)
        assert guide["coefficient"] == close(guide["rate_per_s"] / rate, rel=1e-3)


def test_moments_and_couplings_meet(config):
    d = np.full(30, 1e-13)
    put(config, curve("d", d, "M_MeV", "d_per_MeV"), curve("mu", 2 * d / 0.296304))
    first, second = collect.collect(declaration.get("magnetic_moment"), config, config.results / "none")
    np.testing.assert_allclose(first.curve.y, second.curve.y)
    assert first.curve.y[0] == close(6.75e-13, rel=1e-3)


def test_a_limit_on_both_couplings_is_one_on_the_neutrino_s(config):
    put(config, curve("both", 1e-4 + 0 * X, "m_mediator_MeV", "coupling_Y", plane="scalar"))
    (limit,) = collect.collect(declaration.get("scalar"), config, config.results / "none")
    np.testing.assert_allclose(limit.curve.y, 1e-4 / math.sqrt(13.8), rtol=1e-6)  # Y^2 = C_nu C_N, C_N = 13.8 C_nu


def test_a_single_point_is_no_curve_and_what_follows_it_no_variant_of_it(config):
    full = dataclasses.replace(curve("full", 1e-9 + 0 * X, convention="theirs"), label="limit")
    point = dataclasses.replace(full, name="point", x=X[:1], y=full.y[:1], convention="ours")
    put(config, point, full)
    (limit,) = collect.collect(declaration.get("magnetic_moment"), config)
    assert limit.curve.name == "full" and not limit.variant


def test_mixings_convert_both_ways():
    s = np.array([1e-12, 1e-3, 0.3])
    np.testing.assert_allclose(units.sin2_2theta_to_sin2theta(units.sin2theta_to_sin2_2theta(s)), s)


def test_an_unknown_column_is_refused_with_those_that_are_known(config):
    put(config, curve("odd", X, y_name="mu_in_furlongs"))
    with pytest.raises(InputError, match=r"odd.json: the plane magnetic_moment knows no column mu_in_furlongs.*mu_muB"):
        collect.collect(declaration.get("magnetic_moment"), config)


def test_a_file_that_left_the_index_is_not_drawn(config):
    put(config, curve("old", 1e-9 * X))
    put(config, curve("new", 1e-9 * X))
    assert [limit.curve.name for limit in collect.collect(declaration.get("magnetic_moment"), config)] == ["new"]


def test_a_dropped_file_is_drawn_in_its_plane_only(config):
    (config.user_limits / "mine.txt").write_text(
        "# label: mine\n# columns: m4_MeV d_per_MeV\n# confidence_level: 95%\n1 1e-12\n10 1e-12\n"
    )
    (config.user_limits / "elsewhere.txt").write_text(
        "# label: other\n# columns: m4_MeV mu_muB\n# figures: sn_dipole/fig1\n1 1e-12\n10 1e-12\n"
    )
    found = collect.collect(declaration.get("magnetic_moment"), config)
    assert [(limit.curve.label, limit.kind, limit.curve.confidence_level) for limit in found] == [
        ("mine", "yours", "95%")
    ]
    assert found[0].curve.y[0] == close(2e-12 / 0.296304)
    assert collect.collect(declaration.get("b_minus_l"), config) == []


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("# columns: m4_MeV mu_muB\n# figures: comparison/moments", "names comparison/moments; valid: .*b_minus_l"),
        ("# columns: m4_MeV mu_muB\n# figures: sn_dipole/fig99", "names sn_dipole/fig99; valid: .*sn_dipole/fig1"),
        ("# columns: m4_MeV mu_muB\n# figures: fig1", "names fig1; valid: comparison/"),
        ("# columns: m4_eV mu_muB\n# figures: comparison/magnetic_moment", "knows no columns m4_eV mu_muB .*m4_keV"),
    ],
)
def test_a_dropped_file_that_names_what_is_not_there_is_refused(config, header, message):
    (config.user_limits / "mine.txt").write_text(f"# label: mine\n{header}\n1 1e-12\n10 1e-12\n")
    with pytest.raises(InputError, match=f"mine.txt: .*{message}"):
        plan.check_user_limits(config)
        collect.collect(declaration.get("magnetic_moment"), config)


def test_a_dropped_mixing_above_one_is_refused(config):
    (config.user_limits / "mine.txt").write_text("# label: mine\n# columns: m4_keV sin2_2theta\n1 0.5\n10 1.5\n")
    with pytest.raises(InputError, match=r"mine\.txt: sin2_2theta has values that no sin2theta corresponds to"):
        collect.collect(declaration.get("sterile_mixing"), config)


def test_a_dropped_file_that_fits_nowhere_is_said(config):
    put(config, curve("own", 1e-9 * X, "m_own", "g_own", plane=""))
    for name, columns in {"good": "m4_MeV mu_muB", "own": "m_own g_own", "slip": "m4_MeV mu_mub"}.items():
        (config.user_limits / f"{name}.txt").write_text(f"# label: x\n# columns: {columns}\n1 1e-12\n10 1e-12\n")
    index = {"own": {"x_name": "m_own", "y_name": "g_own"}}
    (config.results / "one/limits/index.json").write_text(json.dumps(index))
    files = collect.read_files(config)
    (line,) = yours.unknown(files.mine, config.user_limits, files.indexes)
    assert "slip.txt: not drawn" in line and "did you mean mu_muB" in line


def test_a_label_that_is_no_formula_is_drawn_as_typed(config):
    (config.user_limits / "odd.txt").write_text("# label: $\\foo{x$ <b>\n# columns: m4_MeV mu_muB\n1 1e-12\n10 1e-12\n")
    plane = declaration.get("magnetic_moment")
    figure, _ = draw.figure_of(plane, collect.collect(plane, config))
    assert figure.axes[0].texts[-1].get_text() == r"\$\foo{x\$ <b>"
    pyplot.close(figure)


def test_differences_are_said(config):
    put(
        config,
        curve("A", 1e-9 * X, confidence_level="90%", assumptions="flavour e"),
        curve("B", 1e-10 * X, confidence_level="95%", observed=False),
        curve("C", 1e-11 * X, "M_MeV", "d_per_MeV"),
    )
    plane = declaration.get("magnetic_moment")
    text = words.caption(plane, collect.collect(plane, config), {})
    for phrase in (
        "90% C.L., observed: A [flavour e]",
        "95% C.L., projected: B",
        "no confidence level (a criterion), observed: C",
        "μ = 2d",
        "arXiv:0000.00000",
    ):
        assert phrase in text
    assert "Limits of other experiments are not drawn" in text


def test_what_holds_for_all_curves_of_a_source_is_said_once(config):
    put(
        config,
        curve("A", 1e-9 * X, assumptions="one star; flavour e"),
        curve("B", 1e-10 * X, assumptions="one star; flavour mu"),
        curve("bare", 1e-11 * X, side="line"),
    )
    found = collect.collect(declaration.get("magnetic_moment"), config)
    assert words.sources(found) == [
        "arXiv:0000.00000 (one star) - no confidence level (a criterion), observed: A [flavour e]; B [flavour mu]. "
        "a line that excludes nothing: bare."
    ]


def test_readings_of_one_limit_are_variants_of_the_first_and_pieces_are_not(config):
    def named(name, **fields):
        return dataclasses.replace(curve(name, 1e-9 * X, **fields), label="limit")

    put(config, named("a", convention="ours"), named("b", convention="ours"), named("c", convention="theirs"))
    found = collect.collect(declaration.get("magnetic_moment"), config)
    assert [limit.variant for limit in found] == [False, False, True]
    assert words.variants(found) == "the same limits with theirs."
    figure, _ = draw.figure_of(declaration.get("magnetic_moment"), found)
    guides = len(declaration.get("magnetic_moment").guides)
    assert [text.get_text() for text in figure.axes[0].texts[guides:]] == ["limit"]
    assert len(figure.axes[0].lines[guides:]) == 3
    assert len({line.get_linestyle() for line in figure.axes[0].lines[guides:]}) == 1
    pyplot.close(figure)


def test_only_regions_that_are_excluded_are_filled(config):
    edges = {"bottom": 1e-15 + 0 * X, "top": 1e-13 + 0 * X}
    kinds = {"excluded": {}, "planned": {"observed": False}, "possible": {"allowed": True}}
    put(
        config,
        *[curve(f"{k}_{s}", y, side=s, region=k, **more) for k, more in kinds.items() for s, y in edges.items()],
    )
    found = collect.collect(declaration.get("magnetic_moment"), config)
    figure, _ = draw.figure_of(declaration.get("magnetic_moment"), found)
    filled, dotted = figure.axes[0].patches
    assert filled.get_facecolor()[3] > 0 and dotted.get_facecolor()[3] == 0
    assert dotted.get_hatch() == draw.ALLOWED_HATCH and filled.get_hatch() is None
    said = words.shading(found)
    assert "closed regions that are excluded" in said and "dots fill allowed regions" in said
    pyplot.close(figure)


def strokes(line):
    """Where the strokes of a drawn curve end, relative to the curve: above (1), below (-1), or no strokes at all."""
    drawn = [effect for effect in line.get_path_effects() if isinstance(effect, patheffects.TickedStroke)]
    ends = []

    class Recorder(RendererBase):
        def draw_path(self, gc, path, affine, rgbFace=None):
            ends.extend(affine.transform(path.vertices))

    for effect in drawn:
        recorder = Recorder()
        effect.draw_path(
            recorder, recorder.new_gc(), line.get_transform().transform_path(line.get_path()), IdentityTransform(), None
        )
    return (
        0 if not drawn else np.sign([high[1] - low[1] for low, high in zip(ends[::2], ends[1::2], strict=True)]).mean()
    )


def test_every_limit_points_to_what_it_excludes(config):
    put(
        config,
        curve("upper", 1e-9 + 0 * X),
        dataclasses.replace(curve("backwards", 1e-10 + 0 * X), x=X[::-1]),
        curve("planned", 1e-11 + 0 * X, observed=False),
        curve("low", 1e-15 + 0 * X, side="bottom", region="island"),
        curve("high", 1e-13 + 0 * X, side="top", region="island"),
        curve("model", 1e-16 + 0 * X, side="line"),
        curve("possible", 1e-17 + 0 * X, side="bottom", region="allowed", allowed=True),
    )
    plane = declaration.get("magnetic_moment")
    found = collect.collect(plane, config)
    figure, caption = draw.figure_of(plane, found)
    lines = figure.axes[0].lines[len(plane.guides) :]
    expected = {"upper": 1, "backwards": 1, "planned": 1, "low": 1, "high": -1, "model": 0, "possible": 0}
    assert {limit.curve.name: strokes(line) for limit, line in zip(found, lines, strict=True)} == expected
    assert "strokes point to the excluded side" in caption and "thin curves are projections" in caption
    pyplot.close(figure)


def test_a_paper_has_the_same_colour_whichever_papers_are_in_the_run(config, monkeypatch):
    monkeypatch.setattr(draw.registry, "names", lambda: ("first", "one", "other"))
    put(config, curve("own", 1e-9 + 0 * X))
    (alone,) = collect.collect(declaration.get("magnetic_moment"), config)
    other = dataclasses.replace(alone, group="first")
    assert draw._colours([alone])["one"] == draw._colours([other, alone])["one"] != draw._colours([other])["first"]


def test_limits_of_another_preset_are_drawn_beside_the_others(config):
    def named(name, **fields):
        return dataclasses.replace(curve(name, 1e-9 * X, **fields), label="limit")

    best = named("c", convention="ours, preset best", preset="best")
    put(config, named("a", convention="ours"), named("b", convention="theirs"), best)
    found = collect.collect(declaration.get("magnetic_moment"), config)
    assert [limit.variant for limit in found] == [False, True, True]
    assert [limit.other_preset for limit in found] == [False, False, True]
    usual, thin, pale = draw._looks(found)
    assert pale["linewidth"] > usual["linewidth"] > thin["linewidth"] and pale["alpha"] < 1
    assert words.variants(found) == (
        "the same limits with theirs, today's best inputs (thick and pale; their limit files name those inputs)."
    )
    said = []
    draw.draw(config, "magnetic_moment", False, said.append)
    assert "magnetic_moment: 2 limits" in said


def test_a_limit_of_the_best_inputs_alone_is_pale_and_labelled(config):
    put(config, curve("ours", X**-1), curve("theirs, today's best inputs", X**-2, preset="best"))
    found = collect.collect(declaration.get("magnetic_moment"), config)
    computed = [limit for limit in found if limit.kind == collect.COMPUTED]
    assert [(limit.variant, limit.other_preset) for limit in computed] == [(False, False), (False, True)]
    ours, theirs = draw._looks(computed)
    assert theirs.items() >= draw.BEST.items() and ours["linewidth"] < theirs["linewidth"]


def test_variants_are_drawn_on_request_only_and_the_caption_is_a_file(config, tmp_path):
    named = [dataclasses.replace(curve(name, 1e-9 * X, convention=name), label="limit") for name in ("ours", "theirs")]
    put(config, *named)
    counts = []
    for variants in (False, True):
        said = []
        draw.draw(config, "magnetic_moment", variants, said.append)
        counts.append(said[0])
    assert counts == ["magnetic_moment: 1 limits", "magnetic_moment: 2 limits"]
    caption = (config.results / "comparison/magnetic_moment.txt").read_text()
    assert "Convention: The moment is" in caption and "make published-limits" not in caption


def test_labels_touch_nothing(config):
    steps = [curve(f"limit {i}", 10.0 ** (-7 - 0.6 * i) * X ** (0.2 * (-1) ** i)) for i in range(8)]
    edges = [
        curve("island low", 1e-15 + 0 * X, side="bottom", region="island"),
        curve("island high", 1e-13 + 0 * X, side="top", region="island"),
    ]
    put(config, *steps, *edges)
    plane = declaration.get("magnetic_moment")
    figure, _ = draw.figure_of(plane, collect.collect(plane, config))
    assert labels.overlaps(figure) == []
    pyplot.close(figure)


def test_curves_without_room_are_numbered(config):
    put(config, *[curve(f"a rather long name, number {i}", 1e-9 * 1.02**i + 0 * X) for i in range(20)])
    plane = declaration.get("magnetic_moment")
    figure, caption = draw.figure_of(plane, collect.collect(plane, config))
    assert "Numbered curves: (1) a rather long name" in caption
    assert len(figure.axes[0].texts) > 0 and not figure.texts  # no prose in the figure itself
    pyplot.close(figure)


@pytest.mark.parametrize("name", declaration.names())
def test_an_empty_plane_says_so(name, config):
    plane = declaration.get(name)
    figure, caption = draw.figure_of(plane, [])
    assert "no limits in this plane yet" in [text.get_text() for text in figure.axes[0].texts]
    assert "No computed limit" in caption
    pyplot.close(figure)


def test_the_viewer_gets_the_bands_of_a_limit_and_of_each_branch_of_it(config):
    put(config, curve("A", 1e-9 * X), curve("B", 1e-10 * X))
    plane = declaration.get("magnetic_moment")
    found = collect.collect(plane, config)
    band = limits.Band(X[:2], {"q025": np.array([1e-10, np.inf]), "q025_error": np.zeros(2)}, 64)

    def of(name):
        return dataclasses.replace(found[0], curve=curve(name, 1e-9 * X), band=band)

    ensembles = [of("A"), of("B [1]"), of("B [2]"), of("C")]
    first, second, *guides = report_planes.data(plane, found, ensembles)["curves"]
    assert first["bands"] == [{"members": 64, "x": close(X[:2].tolist()), "q025": [1e-10, None]}]
    assert len(second["bands"]) == 2 and all(guide["bands"] == [] for guide in guides)
    json.dumps(first, allow_nan=False)


def test_what_limit_files_say_for_short_is_in_the_words_of_the_field_in_captions():
    short = "statistics: poisson; Asimov data, nu_e alone"
    assert words.in_words("solar_cevns", short) == "variance of a bin: its counts; Asimov data, ν_e alone"
    assert words.in_words("published", short) == short
