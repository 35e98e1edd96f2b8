"""Each thing a user can get wrong: one line that says what, where and the way out; exit status not 0; nothing half-
written.
"""

import json
import re
import sys

import pytest

CASES = {
    # what is written under `lens:` or at the top: what the message must contain
    "lens: {grids: {}}": "cfg.yaml: lens: unknown key grids (did you mean grid?); valid: grid, inputs, points_per_job",
    "lnes: {}": "cfg.yaml: unknown key lnes (did you mean lens?); valid: results,",
    "lens: {grid: {a_m: {values: [1]}}}": "cfg.yaml: lens.grid: unknown key a_m (did you mean a_cm? the unit is in the name); valid: a_cm, side",
    "lens: {grid: {a_cm: {min: 1, max: 100, points: 0}}}": "cfg.yaml: lens.grid.a_cm.points: 0 is less than the minimum of 2",
    "lens: {grid: {a_cm: {min: -1, max: 100, points: 5}}}": "cfg.yaml: lens.grid.a_cm.min: -1 must be above 0",
    "lens: {grid: {a_cm: {min: 100, max: 1, points: 5}}}": "cfg.yaml: lens.grid.a_cm: the range is empty: min 100 is not below max 1",
    "lens: {grid: {a_cm: {min: 1, points: 5}}}": "cfg.yaml: lens.grid.a_cm.max: missing",
    "lens: {grid: {a_cm: {values: [3, 2]}}}": "cfg.yaml: lens.grid.a_cm.values: must be strictly ascending",
    "lens: {grid: {a_cm: {values: []}}}": "cfg.yaml: lens.grid.a_cm.values: [] should be non-empty",
    "lens: {grid: {a_cm: {values: [1, .nan]}}}": "lens.grid.a_cm.values.1: nan is not a number",
    "lens: {grid: {a_cm: {values: [1, two]}}}": "cfg.yaml: lens.grid.a_cm.values.1: 'two' is not of type 'number'",
    "lens: {grid: {a_cm: {values: [1], points: 3}}}": "cfg.yaml: lens.grid.a_cm.points: an axis has either values or a range",
    "lens: {grid: {side: {values: [middle]}}}": "cfg.yaml: lens.grid.side.values.0: 'middle' is not one of left, right",
    "lens: {inputs: {b_cm: -3}}": "cfg.yaml: lens.inputs.b_cm: -3 must be above 0",
    "lens: {inputs: {b_cm: wide}}": "cfg.yaml: lens.inputs.b_cm: 'wide' is not of type 'number'",
    "lens: {inputs: {table: nowhere.csv}}": "cfg.yaml: lens.inputs.table: no file nowhere.csv",
    "lens: {inputs: {table: /etc/passwd}}": "/etc/passwd lies outside the project; set allow_outside_files: true",
    "lens: {inputs: {table: nan.csv}}": "cfg.yaml: lens: nan.csv:3: column factor: nan is not finite",
    "lens: {inputs: {table: word.csv}}": "cfg.yaml: lens: word.csv:2: column factor: 'wide' is not a number",
    "lens: {inputs: {table: short.csv}}": "cfg.yaml: lens: short.csv:3: 1 fields where the header has 2",
    "lens: {inputs: {table: names.csv}}": "cfg.yaml: lens: names.csv:1: no column factor; found: a_cm, fcator",
    "lens: {inputs: {table: order.csv}}": "cfg.yaml: lens: order.csv:3: column a_cm must increase from row to row",
    "lens: {inputs: {table: negative.csv}}": "cfg.yaml: lens: negative.csv:2: column factor: -1 is below 0",
    "lens: {inputs: {table: empty.csv}}": "cfg.yaml: lens: empty.csv: empty; the first line must name the columns",
    "points_per_job: 0": "cfg.yaml: points_per_job: 0 is less than the minimum of 1",
    "constraints: [lense]": "cfg.yaml: constraints.0: 'lense' is not one of lens, mirror",
    "lens: {grid: {a_cm: {values: [1]}}, grid: {}}": "cfg.yaml:1: key given twice: grid",
    "lens: {grid: {a_cm: [}": "cfg.yaml:1:22: not YAML",
    "just words": "cfg.yaml: must be a mapping of keys",
    "results: /proc/nubounds": "cfg.yaml: results: cannot write to /proc/nubounds",
}

FILES = {
    "nan.csv": "a_cm,factor\n1,2\n2,nan\n",
    "word.csv": "a_cm,factor\n1,wide\n",
    "short.csv": "a_cm,factor\n1,2\n3\n",
    "names.csv": "a_cm,fcator\n1,2\n",
    "order.csv": "a_cm,factor\n2,1\n1,1\n",
    "negative.csv": "a_cm,factor\n1,-1\n",
    "empty.csv": "# nothing\n",
}

SCRIPT = """
import json, sys
from pathlib import Path
from nubounds import config, plan
for text in json.load(sys.stdin):
    Path("cfg.yaml").write_text(text)
    try:
        plan.prepare(config.load("cfg.yaml"))
        print(json.dumps(None))
    except config.InputError as problem:
        print(json.dumps(str(problem)))
"""


@pytest.fixture(scope="module")
def messages(built_project):
    """The message of each case, from one process, and whether anything was written."""
    import subprocess

    for name, text in FILES.items():
        (built_project.folder / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=built_project.folder,
        env=built_project.env,
        input=json.dumps(list(CASES)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    written = (built_project.folder / "results").exists()
    return dict(zip(CASES, map(json.loads, done.stdout.splitlines()), strict=True)), written


@pytest.mark.parametrize("text", CASES)
def test_message(messages, text):
    assert messages[0][text] is not None
    assert CASES[text] in messages[0][text]
    assert "\n" not in messages[0][text]


def test_nothing_is_written(messages):
    assert not messages[1]


def test_program_and_workflow_end_with_that_line(project):
    project.config("lens: {grid: {a_cm: {min: 1, max: 100, points: 0}}}")
    line = "lens.yaml: lens.grid.a_cm.points: 0 is less than the minimum of 2"
    assert project.nubounds("check", "lens.yaml", status=2).strip() == f"nubounds: {line}"
    assert project.snakemake(status=2).splitlines()[1:] == [line]
    assert not (project.folder / "results").exists()


def test_exponent_without_point_is_a_number(project):
    project.config("lens: {grid: {a_cm: {min: 1e-3, max: 1e2, points: 3}}}")
    assert "focal_length 3 points" in project.nubounds("check", "lens.yaml")
    assert "rule scan_chunk" in project.snakemake("--dry-run", "--quiet", "host")


def test_stale_build_is_one_line(project):
    for path in (project.folder / "src/nubounds/kernels").glob("lens*.so"):
        path.unlink()
    assert project.snakemake(status=2).splitlines()[-1] == "compiled kernels are out of date: lens; run `make build`"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2\n3 4\n", "no line '# label: ...'"),
        ("# label: x\n# columns: a_cm\n1 2\n3 4\n", "must name two columns, found 1"),
        ("# label: x\n# columns: a_cm f_cm\n1 2 3\n", "mine.txt:3: '1 2 3' is not two numbers"),
        ("# label: x\n# columns: a_cm f_cm\n1 nan\n", "mine.txt:3: not finite"),
        ("# label: x\n# columns: a_cm f_cm\n1 0\n", "mine.txt:3: masses and couplings must be positive"),
        ("# label:\n# columns: a_cm f_cm\n1 2\n3 4\n", "no line '# label: ...'"),
        (b"# label: K\xf6ln\n", "mine.txt: not text in UTF-8: byte 10"),
    ],
)
def test_bad_limit_file_of_a_user(tmp_path, text, message):
    from nubounds import user_limits
    from nubounds.contract import InputError

    (tmp_path / "mine.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=re.escape(message)):
        user_limits.read_folder(tmp_path)


def test_no_string_of_a_config_reaches_a_shell(project):
    """A results folder with a name that would run a command if any rule forgot to quote it."""
    project.config('results: "odd $(touch pwned); touch pwned && name"')
    project.snakemake("papers")
    assert not list(project.folder.rglob("pwned"))
    assert list(project.folder.glob("odd*/lens/limits/focal_length.txt"))
