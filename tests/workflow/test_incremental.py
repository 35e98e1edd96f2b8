"""What reruns after an edit, and that nothing else does: the mirror, a second constraint, stays as it is."""

import os
import re
import shutil

TABLE = "results/lens/tables/focal_length.csv"
DOWNSTREAM = {
    "collect_tables_lens",
    "derive_contours_lens",
    "draw_figures_lens",
    "draw_plane",
    "write_report",
}


def computed_and_reused(project):
    """Total of computed and reused points over the logs of all chunks."""
    logs = [path.read_text() for path in (project.folder / "results/logs/lens").glob("scan_*.log")]
    pairs = [re.search(r"computed (\d+), reused (\d+)", text).groups() for text in logs]
    return sum(int(a) for a, _ in pairs), sum(int(b) for _, b in pairs)


def edit(project, file, old, new):
    path = project.folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_second_run_does_nothing(done):
    assert "Nothing to be done" in done.snakemake()


def test_touching_changes_nothing(done):
    for file in [
        "cython_ext/lens.pyx",
        "src/nubounds/constraints/lens/scans.py",
        "src/nubounds/contract.py",
        "lens.yaml",
    ]:
        os.utime(done.folder / file)
    assert done.rerun_rules() == set()


def test_one_new_point_computes_one_point(done):
    done.config("lens: {grid: {a_cm: {min: 1, max: 100, points: 6, spacing: log, extra: [7.5]}}}")
    assert done.rerun_rules() == {"scan_chunk", *DOWNSTREAM}
    done.snakemake(TABLE)
    assert computed_and_reused(done) == (1, 6)
    table = (done.folder / TABLE).read_text()
    done.config(
        "lens: {grid: {a_cm: {min: 1, max: 100, points: 6, spacing: log, extra: [7.5]}}}\nresults: results/fresh"
    )
    fresh = TABLE.replace("results/", "results/fresh/")
    done.snakemake(fresh)
    assert (done.folder / fresh).read_text() == table


def test_a_part_of_a_run_does_not_hide_what_is_left(done):
    """Planes have the index of limit files as their input: it tells of numbers that changed, however many there are."""
    done.config("lens: {inputs: {scale: 2.0}}")
    left = done.rerun_rules() - {"scan_chunk", "collect_tables_lens", "derive_contours_lens", "compute_scorecard"}
    assert {"draw_figures_lens", "draw_plane", "write_report"} <= left
    done.snakemake("results/lens/limits/index.json")
    assert done.rerun_rules() - {"compute_scorecard"} == left


def test_another_split_computes_nothing_and_gives_the_same_bytes(done):
    before = done.bytes_of("lens/tables/*.csv")
    shutil.rmtree(done.folder / "results/logs")
    done.config("points_per_job: 1")
    done.snakemake(TABLE)
    assert computed_and_reused(done) == (0, 6)
    assert done.bytes_of("lens/tables/*.csv") == before
    assert len(list((done.folder / "results/lens/chunks/focal_length").glob("*.npz"))) == 6


def test_no_change_of_the_split_computes_a_point_again(project):
    """From one chunk to eight, to one per point, and back: each chunk finds its points in files of the other splits."""
    counts = []
    for per_job in (1000, 4, 2, 1, 2, 4, 1000):
        project.config(f"lens: {{grid: {{a_cm: {{min: 1, max: 100, points: 24}}}}}}\npoints_per_job: {per_job}")
        output = project.nubounds("scan", "lens", "--config", "lens.yaml")
        found = re.findall(r"computed (\d+), reused (\d+)", output)
        counts.append((len(found), sum(int(computed) for computed, _ in found)))
    assert [computed for _, computed in counts] == [24, 0, 0, 0, 0, 0, 0]
    assert [chunks for chunks, _ in counts[:4]] == [1, 8, 14, 24]
    assert len(list((project.folder / "results/.nubounds/cache/lens/focal_length").iterdir())) == 1


def test_input_of_a_scan_reruns_it(done):
    done.config("lens: {inputs: {b_cm: 12.0}}")
    assert done.rerun_rules() == {"scan_chunk", *DOWNSTREAM}


def test_input_of_the_limit_alone_does_not_rerun_the_scan(done):
    done.config("lens: {inputs: {scale: 2.0}}")
    assert done.rerun_rules() == DOWNSTREAM - {"collect_tables_lens"}


def test_editing_a_kernel_asks_for_a_build_in_one_line_and_then_reruns_its_constraint(done):
    edit(done, "cython_ext/lens.pyx", "1e-16", "2e-16")
    assert done.snakemake(status=2).strip().endswith("compiled kernels are out of date: lens; run `make build`")
    done.build()
    assert done.rerun_rules() == {"scan_chunk", "compute_scorecard", *DOWNSTREAM}


def test_editing_a_model_reruns_its_constraint_alone(done):
    edit(done, "src/nubounds/constraints/lens/scans.py", "value = np.where(points", "value = 1.0 * np.where(points")
    assert done.rerun_rules() == {"scan_chunk", *DOWNSTREAM}  # no statement of the scorecard reads the scan
    jobs = done.snakemake("--dry-run", "--quiet", "host")
    assert "constraint=lens" in jobs
    assert "constraint=mirror" not in jobs


def test_editing_a_shared_module_reruns_both(done):
    edit(done, "src/nubounds/contract.py", "class Block:", "class Block:  # edited")
    assert {"derive_contours_lens", "derive_contours_mirror"} <= done.rerun_rules()


def test_missing_outputs_are_made_again(done):
    for file in ("lens/tables/focal_length.csv", "lens/figures/fig1.pdf", "lens/scorecard.csv"):
        (done.folder / "results" / file).unlink()
    before = done.bytes_of("lens/limits/*.*")
    done.snakemake()
    assert (
        done.bytes_of("lens/*/fig1.pdf")
        and done.bytes_of("lens/tables/focal_length.csv")
        and done.bytes_of("lens/scorecard.csv")
    )
    assert done.bytes_of("lens/limits/*.*") == before


def test_restyling_a_figure_reruns_figures_only(done):
    edit(
        done,
        "src/nubounds/constraints/lens/figures.py",
        "ax.loglog(curve.x, curve.y)",
        "ax.loglog(curve.x, curve.y, linewidth=3)",
    )
    assert done.rerun_rules() == {"draw_figures_lens", "write_report"}


def test_editing_a_caption_rewrites_the_report_only(done):
    edit(done, "src/nubounds/constraints/lens/constraint.yaml", "not needed", "not used")
    assert done.rerun_rules() == {"write_report"}


def test_dropping_a_limit_file_redraws_the_figures(done):
    folder = done.folder / "config/user_limits"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("# label: mine\n# columns: a_cm f_cm\n1 2\n50 3\n")
    assert done.rerun_rules() == {
        "draw_figures_lens",
        "draw_figures_mirror",
        "write_report",
    }  # no plane has its columns
    done.snakemake()
