"""A user's limit: what is wrong with it is found before any run, and only what it changes is drawn again."""

import pytest

TEXT = "# label: mine\n# columns: {columns}\n{figures}{rows}\n"


def drop(project, columns, figures="", rows="1 2e-3\n50 3e-3", name="mine.txt"):
    path = project.folder / "config/user_limits" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEXT.format(columns=columns, figures=f"# figures: {figures}\n" if figures else "", rows=rows))


def redrawn(project):
    """What a dry run would draw: planes, and constraints with their figures."""
    lines = [line.strip() for line in project.snakemake("--dry-run", "--quiet", "host").splitlines()]
    planes = {line.removeprefix("wildcards: plane=") for line in lines if line.startswith("wildcards: plane=")}
    figures = {line.split()[1].rstrip(":") for line in lines if line.startswith("rule draw_figures")}
    return planes | figures | ({"report"} if "rule write_report:" in lines else set())


@pytest.mark.parametrize(
    ("columns", "figures", "expected"),
    [
        ("m4_keV sin2_2theta", "", {"sterile_mixing", "report"}),
        ("m_mediator_MeV coupling_g", "", {"b_minus_l", "report"}),
        ("m_mediator_MeV coupling_g", "lens/fig1", {"report"}),
        ("a_cm f_cm", "", {"draw_figures_lens", "draw_figures_mirror", "report"}),
        ("a_cm f_cm", "lens/fig1", {"draw_figures_lens", "report"}),
        ("nothing_MeV known", "", {"report"}),
    ],
)
def test_a_dropped_limit_redraws_what_shows_it(done, columns, figures, expected):
    drop(done, columns, figures)
    assert redrawn(done) == expected


def test_what_is_passed_over_redraws_nothing(done):
    drop(done, "a_cm f_cm", name="._mine.txt")
    drop(done, "a_cm f_cm", name="~$mine.csv")
    assert redrawn(done) == set()


def test_a_constraint_that_declares_nothing_may_draw_all(project):
    declaration = project.folder / "src/nubounds/constraints/lens/constraint.yaml"
    text = declaration.read_text()
    assert "user_limits: {fig1: [a_cm, f_cm]}\n" in text
    declaration.write_text(text.replace("user_limits: {fig1: [a_cm, f_cm]}\n", ""))
    project.constraints = "lens, mirror"
    project.config()
    project.snakemake("papers")
    drop(project, "nothing_MeV known")
    assert redrawn(project) & {"draw_figures_lens", "draw_figures_mirror"} == {"draw_figures_lens"}


@pytest.mark.parametrize(
    ("columns", "rows", "message"),
    [
        ("m4_keV sin2theta", "1 0.1\n2 62.9", "sin2theta has values that no sin2theta corresponds to: 62.9"),
        ("m4_keV sin2_2theta", "1 0.1\n2 1.5", "sin2_2theta has values that no sin2theta corresponds to: 1.5"),
        ("m4_GeV sin2theta", "1 0.1\n1e305 0.1", "m4_GeV has values that no m4_keV corresponds to: 1e+305"),
    ],
)
def test_a_value_that_no_plane_can_show_is_found_by_check(project, columns, rows, message):
    drop(project, columns, rows=rows)
    checked = project.nubounds("check", "lens.yaml", status=2)
    assert f"mine.txt: {message}" in checked and len(checked.splitlines()) == 1
    assert message in project.snakemake(status=2)
    assert not (project.folder / "results/lens").exists()


def test_a_file_of_another_kind_is_named_by_check(project):
    drop(project, "a_cm f_cm", name="mine.xlsx")
    assert "config/user_limits/mine.xlsx: not read: limit files end in" in project.nubounds("check", "lens.yaml")
