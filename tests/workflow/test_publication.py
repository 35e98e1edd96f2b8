"""From a run to what is taken away: planes that rerun alone, HEPData, archive, Snakemake's lint and report."""

import pytest


def edit(project, file, old, new):
    path = project.folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("src/nubounds/planes/draw.py", "AXES_HEIGHT, ROOM = 4.6", "AXES_HEIGHT, ROOM = 4.7"),
        ("src/nubounds/planes/words.py", "Numbered curves", "Curves by number"),
    ],
)
def test_restyling_the_planes_reruns_the_planes_and_the_report(done, file, old, new):
    edit(done, file, old, new)
    assert done.rerun_rules() == {"draw_plane", "write_report"}


def test_editing_one_plane_redraws_that_plane(done):
    edit(done, "src/nubounds/planes/scalar.yaml", "Light scalar", "A light scalar")
    assert done.rerun_rules() == {"draw_plane", "write_report"}
    jobs = done.snakemake("--dry-run", "--quiet", "host")
    assert "plane=scalar" in jobs and "plane=b_minus_l" not in jobs


def test_editing_the_page_rewrites_the_report_only(done):
    edit(done, "src/nubounds/report/page.css", "--accent: #0a5d9c", "--accent: #0a5d9d")
    assert done.rerun_rules() == {"write_report"}


def test_a_limit_of_a_constraint_and_a_dropped_one_meet_in_a_plane_of_its_own(done):
    (done.folder / "src/nubounds/planes/lenses.yaml").write_text(
        "title: Lenses\nx: {name: a_cm, label: a, range: [1, 100]}\ny: {name: f_cm, label: f, range: [0.1, 100]}\n"
        "columns: {a_cm: {axis: x}, f_cm: {axis: y}}\nconvention: thin lenses\nguides: []\n"
    )
    edit(
        done,
        "src/nubounds/constraints/lens/curves.py",
        "y, *axes)",
        'y, *axes, plane="lenses")',
    )
    folder = done.folder / "config/user_limits"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("# label: mine\n# columns: a_cm f_cm\n1 2\n50 3\n")
    plane = "results/comparison/lenses.pdf"
    done.snakemake(plane)
    assert "lenses: 2 limits" in (done.folder / "results/logs/comparison/lenses.log").read_text()
    assert (done.folder / plane).is_file()


def test_hepdata_validator_accepts_the_submission_of_a_run(done):
    full = pytest.importorskip(
        "hepdata_validator.full_submission_validator", reason="hepdata-validator is not installed"
    )
    for name in ("lens", "mirror"):
        validator = full.FullSubmissionValidator()
        assert validator.validate(directory=str(done.folder / f"results/{name}/limits/hepdata")), (
            validator.get_messages()
        )


def test_a_run_is_archived_and_verified_and_damage_is_found(done):
    done.nubounds("archive", "--config", "lens.yaml", "--output", "run.tar.gz")
    assert "all as the manifest says" in done.nubounds("verify", "run.tar.gz")
    archive = done.folder / "run.tar.gz"
    archive.write_bytes(archive.read_bytes()[:-1000])
    assert "damaged" in done.nubounds("verify", "run.tar.gz", status=2)


def test_report_says_how_long_and_what_was_recomputed(done):
    done.nubounds("contour", "lens", "--config", "lens.yaml", "--log", "results/logs/lens/contour.log")
    done.nubounds("report", "--config", "lens.yaml")
    page = (done.folder / "results/report/lens.html").read_text()
    assert "Recomputed since the report of" in page and ": contour.</p>" in page
    assert "6 points computed, 0 reused" in page
    assert "Nothing was recomputed since" in (done.folder / "results/report/mirror.html").read_text()


def test_snakemake_lints_and_reports(done):
    assert "in a good condition" in done.run("snakemake", "--lint", "--configfile", "lens.yaml")
    done.snakemake("--report", "report.html")
    text = (done.folder / "report.html").read_text()
    assert "comparison planes" in text and "fig1" in text
