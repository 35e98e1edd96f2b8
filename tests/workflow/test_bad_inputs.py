"""Each thing a user can get wrong: one line that says what, where and the way out; exit status not 0; nothing half-
written.
"""

import json
import re
import sys

import pytest

from project import copy

CASES = {
    # what is written under `lens:` or at the top: what the message must contain
    "lens: {grids: {}}": "cfg.yaml: lens: unknown key grids (did you mean grid?); valid: grid, inputs, preset, points_per_job",
    "lnes: {}": "cfg.yaml: unknown key lnes (did you mean lens?); valid: results,",
    "lens: {grid: {a_m: {values: [1]}}}": "cfg.yaml: lens.grid: unknown key a_m (did you mean a_cm? the unit is in the name); valid: a_cm, side",
    "lens: {grid: {a_cm: {min: 1, max: 100, points: 0}}}": "cfg.yaml: lens.grid.a_cm.points: 0 is less than the minimum of 2",
    "lens: {grid: {a_cm: {min: -1, max: 100, points: 5}}}": "cfg.yaml: lens.grid.a_cm.min: -1 must be above 0",
    "lens: {grid: {a_cm: {min: 100, max: 1, points: 5}}}": "cfg.yaml: lens.grid.a_cm: the range is empty: min 100 is not below max 1",
    "lens: {grid: {a_cm: {min: 1, points: 5}}}": "cfg.yaml: lens.grid.a_cm.max: missing",
    "lens: {grid: {a_cm: {values: [3, 2]}}}": "cfg.yaml: lens.grid.a_cm.values: must be strictly ascending",
    "lens: {grid: {a_cm: {values: []}}}": "cfg.yaml: lens.grid.a_cm.values: [] should be non-empty",
    "lens: {grid: {a_cm: {values: [1, .nan]}}}": "lens.grid.a_cm.values.1: nan is not a number",
    "lens: {grid: {a_cm: {values: [1, two]}}}": "cfg.yaml: lens.grid.a_cm.values.1: must be a number, not 'two'",
    "lens: {grid: {a_cm: {values: [1], points: 3}}}": "cfg.yaml: lens.grid.a_cm.points: an axis has either values or a range",
    "lens: {grid: {side: {values: [middle]}}}": "cfg.yaml: lens.grid.side.values.0: 'middle' is not one of left, right",
    "lens: {inputs: {b_cm: -3}}": "cfg.yaml: lens.inputs.b_cm: -3 must be above 0",
    "lens: {inputs: {b_cm: wide}}": "cfg.yaml: lens.inputs.b_cm: must be a number, not 'wide'",
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
    "results: /proc/nubounds\nallow_outside_files: true": "cfg.yaml: results: cannot write to /proc/nubounds",
    "results: setup.py/here": "cfg.yaml: results: cannot write to setup.py/here (Not a directory)",
    "results: ../elsewhere": "cfg.yaml: results: ../elsewhere lies outside the project; set allow_outside_files: true",
    "results: .": "cfg.yaml: results: . holds the project; use a separate folder",
    "results: ''": "cfg.yaml: results: '' must name a folder",
    'results: "a{wildcard}"': "cfg.yaml: results: 'a{wildcard}' must name a folder, without braces",
    'results: "a\\0b"': "cfg.yaml: results: 'a\\x00b' must name a folder, without braces or control characters",
    "results: 5": "cfg.yaml: results: must be text, not 5",
    "lens: [1]": "cfg.yaml: lens: must be a mapping of keys, not [1]",
    "lens: {grid: {a_cm: 5}}": "cfg.yaml: lens.grid.a_cm: must be a mapping of keys, not 5",
    "lens: {grid: {a_cm: }}": "cfg.yaml: lens.grid.a_cm: must be a mapping of keys, not nothing",
    "lens: {grid: {a_cm: {values: [true]}}}": "cfg.yaml: lens.grid.a_cm.values.0: must be a number, not True",
    "lens: {grid: {a_cm: {values: ['1']}}}": "cfg.yaml: lens.grid.a_cm.values.0: must be a number, not '1'",
    "lens: {grid: {a_cm: {values: [1, 1]}}}": "cfg.yaml: lens.grid.a_cm.values: must be strictly ascending",
    "lens: {grid: {a_cm: {values: [1, 1e400]}}}": "cfg.yaml: lens.grid.a_cm.values.1: inf is not a number",
    f"lens: {{grid: {{a_cm: {{values: [1{'0' * 400}]}}}}}}": "cfg.yaml: lens.grid.a_cm.values.0: inf is not a number",
    f"lens: {{grid: {{a_cm: {{values: [1{'0' * 5000}]}}}}}}": "cfg.yaml: Exceeds the limit",
    "lens: {grid: {a_cm: {min: 1, max: .inf, points: 3}}}": "cfg.yaml: lens.grid.a_cm.max: inf is not a number",
    "lens: {grid: {a_cm: {min: 1, max: 9, points: 3.5}}}": "cfg.yaml: lens.grid.a_cm.points: must be a whole number, not 3.5",
    "lens: {grid: {a_cm: {min: 1, max: 9, points: 1000000000}}}": "cfg.yaml: lens.grid: focal_length would have 2.0e+09 points, more than 1e+08",
    "lens: {grid: {a_cm: {min: 1, max: 1.00000000000001, points: 9}}}": "cfg.yaml: lens.grid.a_cm: 9 points from 1 to 1.00000000000001 are not distinct to 12 digits",
    "lens: {grid: {a_cm: {min: 1, max: 9, points: 3, spacing: cubic}}}": "cfg.yaml: lens.grid.a_cm.spacing: 'cubic' is not one of log, linear",
    "lens: {grid: {a_cm: {min: 1, max: 9, points: 3, extra: [-1]}}}": "cfg.yaml: lens.grid.a_cm.extra.0: -1 must be above 0",
    "lens: {points_per_job: {focal_lenght: 5}}": "cfg.yaml: lens.points_per_job: unknown key focal_lenght (did you mean focal_length?)",
    "lens: {points_per_job: many}": "cfg.yaml: lens.points_per_job: must be a whole number, not 'many'",
    "lens: {inputs: {table: latin.csv}}": "cfg.yaml: lens: latin.csv:2: not text in UTF-8 with fields between commas",
    "lens: {inputs: {table: twice.csv}}": "cfg.yaml: lens: twice.csv:1: duplicate column a_cm",
    "lens: {inputs: {table: workflow}}": "cfg.yaml: lens.inputs.table: no file workflow",
    "lens: {inputs: {table: link.csv}}": "cfg.yaml: lens.inputs.table: link.csv lies outside the project",
    f"lens: {{inputs: {{table: {'x' * 5000}}}}}": "cfg.yaml: lens.inputs.table: File name too long: xxx",
    "lens: {inputs: {table: 5}}": "cfg.yaml: lens.inputs.table: must be text, not 5",
    "user_limits: nowhere": "cfg.yaml: user_limits: no folder nowhere",
    "user_limits: /etc": "cfg.yaml: user_limits: /etc lies outside the project",
    "user_limits: dropped": "dropped/mine.txt:3: '1 2 3' is not two numbers",
    "user_limits: misnamed": "misnamed/mine.txt: '# figures:' names lens/fig9; valid: comparison/",
    "constraints: []": "cfg.yaml: constraints: [] should be non-empty",
    "constraints: lens": "cfg.yaml: constraints: must be a list, not 'lens'",
    "constraints: [lens, lens]": "cfg.yaml: constraints: ['lens', 'lens']: duplicate entry",
    "points_per_job: 1.5": "cfg.yaml: points_per_job: must be a whole number, not 1.5",
    "allow_outside_files: perhaps": "cfg.yaml: allow_outside_files: must be true or false, not 'perhaps'",
    "resolution: ultra": "cfg.yaml: resolution: 'ultra' is not one of paper, toy, hires",
    "5: 1": "cfg.yaml: unknown key 5; valid: results,",
    "[1, 2]: 1": "cfg.yaml:1:1: not YAML: found unhashable key",
    "lens:\n\tgrid: {}": "cfg.yaml:2:1: not YAML: found character that cannot start any token",
    "results: a\nlens: {}\nresults: b": "cfg.yaml:3: key given twice: results",
    "results: !!python/object/apply:os.system [touch pwned]": "cfg.yaml:1:10: not YAML: could not determine a constructor",
    f"lens: {'[' * 3000}{']' * 3000}": "cfg.yaml: nested too deeply",
    "results: \udcff": "cfg.yaml: not text in UTF-8: byte 9",
}

FILES = {
    "nan.csv": "a_cm,factor\n1,2\n2,nan\n",
    "word.csv": "a_cm,factor\n1,wide\n",
    "short.csv": "a_cm,factor\n1,2\n3\n",
    "names.csv": "a_cm,fcator\n1,2\n",
    "order.csv": "a_cm,factor\n2,1\n1,1\n",
    "negative.csv": "a_cm,factor\n1,-1\n",
    "empty.csv": "# nothing\n",
    "latin.csv": "a_cm,factor\n1,\udce9\n",
    "twice.csv": "a_cm,factor,a_cm\n1,1,1\n",
    "dropped/mine.txt": "# label: x\n# columns: a_cm f_cm\n1 2 3\n",
    "misnamed/mine.txt": "# label: x\n# columns: a_cm f_cm\n# figures: lens/fig9\n1 2\n2 3\n",
}

SCRIPT = """
import json, sys
from pathlib import Path
from nubounds import config
from nubounds.steps import plan
for text in json.load(sys.stdin):
    Path("cfg.yaml").write_bytes(text.encode(errors="surrogateescape"))
    answers = []
    for step in (plan.check, plan.prepare):  # what `nubounds check` says, and what a run says
        try:
            step(config.load("cfg.yaml"))
            answers.append(None)
        except config.InputError as problem:
            answers.append(str(problem))
    print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def messages(built_project, tmp_path_factory):
    """The message of each case, from one process, and whether anything was written."""
    import subprocess

    project = copy(built_project, tmp_path_factory.mktemp("bad") / "project")
    for name, text in FILES.items():
        path = project.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode(errors="surrogateescape"))
    (project.folder / "link.csv").symlink_to("/etc/passwd")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=project.folder,
        env=project.env,
        input=json.dumps(list(CASES)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    written = [name for name in ("results", "a", "pwned") if (project.folder / name).exists()]
    return dict(zip(CASES, map(json.loads, done.stdout.splitlines()), strict=True)), written


@pytest.mark.parametrize("text", CASES)
def test_message(messages, text):
    checked, run = messages[0][text]
    assert checked is not None
    assert checked == run
    assert CASES[text] in checked
    assert "\n" not in checked
    assert len(checked) < 300


def test_nothing_is_written(messages):
    assert messages[1] == []


def test_two_mistakes_are_two_lines():
    from nubounds import config

    with pytest.raises(config.ConfigError) as raised:
        config.complete({"results": 5, "points_per_job": 0}, "cfg.yaml")
    assert len(raised.value.problems) == 2
    with pytest.raises(config.ConfigError) as raised:
        config.complete({f"key{i}": 0 for i in range(3)}, "cfg.yaml")
    assert len(raised.value.problems) == 3


def test_a_part_with_nothing_in_it_is_no_mistake(project):
    """What is left where one comments out all keys of a part; and whole numbers may be written with a point."""
    project.config("mirror:\nlens:\n  inputs:\n  grid:\n    a_cm: {min: 1, max: 9, points: 3.0}\npoints_per_job: 1e2")
    assert "focal_length 3 points" in project.nubounds("check", "lens.yaml")


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


def test_stale_kernel_answers_no_question(project):
    (project.folder / "cython_ext/lens.pyx").open("a").write("# edited\n")
    message = project.nubounds("evaluate", "lens.focal_length", "a_cm=1", status=2)
    assert message == "nubounds: compiled kernels are out of date: lens; run `make build`\n"


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
    from nubounds.contract import InputError
    from nubounds.files import user_limits

    (tmp_path / "mine.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=re.escape(message)):
        user_limits.read_folder(tmp_path)


def test_no_string_of_a_config_reaches_a_shell(project):
    """A results folder with a name that would run a command if any rule forgot to quote it."""
    project.config('results: "odd $(touch pwned); touch pwned && name"')
    project.snakemake("papers")
    assert not list(project.folder.rglob("pwned"))
    assert list(project.folder.glob("odd*/lens/limits/focal_length.txt"))
