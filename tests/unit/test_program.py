"""The single-point interface: program and Python answer alike, and every mistake is one line."""

import json
import subprocess
import sys

import pytest

import nubounds
from close import close
from nubounds import registry
from nubounds.answers import evaluation
from nubounds.contract import InputError, Quantity, choice, flag, integer, number

NAME, ARGS = "sn_diffusion.nuclear_state", {"T_MeV": 10.0, "n_B_per_fm3": 0.1, "Y_L": 0.2}


def program(*arguments, text=None):
    return subprocess.run([sys.executable, "-m", "nubounds", *arguments], capture_output=True, text=True, input=text)


def test_program_and_python_agree():
    words = [f"{key}={value}" for key, value in ARGS.items()]
    done = program("evaluate", NAME, *words, "--json")
    response = json.loads(done.stdout)
    assert response["value"] == nubounds.evaluate(NAME, **ARGS)
    assert response["args"] == {**ARGS, **{k: v for k, v in response["args"].items() if k not in ARGS}}
    assert set(response) >= {"name", "value", "unit", "error", "args"}
    assert "m_eff_MeV" in program("evaluate", NAME, *words).stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nonsense.thing"], "unknown quantity nonsense.thing; valid"),
        (["sn_diffusion.thing"], "unknown quantity sn_diffusion.thing; valid: sn_diffusion."),
        ([NAME, "T_GeV=1"], "has no argument T_GeV; valid: T_MeV"),
        ([NAME, "T_MeV=warm"], "T_MeV=warm: must be a number [MeV]"),
        ([NAME, "T_MeV"], "arguments are given as key=value"),
        ([], "evaluate needs a quantity"),
        (["--batch", "nowhere.jsonl"], "no file nowhere.jsonl"),
        (["--batch", "."], "no file ."),
        (["--batch"], "--batch: expected one argument"),
        ([NAME, "--batch", "-"], "evaluate needs a quantity (see `nubounds list`) or --batch FILE, but not both"),
        ([NAME, "T_MeV=1", "T_MeV=2"], "T_MeV is given twice"),
        ([NAME, "T_MeV=1e400"], "T_MeV=1e400: must be finite [MeV]"),
        ([NAME, f"T_MeV={'9' * 5000}"], "T_MeV=9999"),
        ([NAME, "T_MeV=true"], "T_MeV=true: must be a number [MeV]"),
        ([NAME, "T_MeV="], "T_MeV=: must be a number [MeV]"),
        ([NAME, "T_MeV=1", "n_B_per_fm3=0.1", "neutrino=majoran"], "neutrino=majoran: must be one of dirac, majorana"),
        ([NAME, "T_MeV=1"], "needs the argument n_B_per_fm3 [1/fm3]"),
        ([NAME, "--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_mistakes_are_one_line_and_status_2(words, message):
    done = program("evaluate", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["evaluate", "neu\ntron"],
        ["evaluate", NAME, "T\nMeV=1"],
        ["evaluate", NAME, "T_MeV=1\n2"],
        ["evaluate", "sn_dipole.yield", "M_MeV=1", "profile=a\x1b[31m\nb"],
        ["check", "a\nb.yaml"],
        ["list", "a\nb"],
        ["evaluate", "--batch", "a\nb"],
    ],
    ids=["name", "argument", "value", "file", "config", "list", "batch"],
)
def test_a_line_break_or_an_escape_in_what_is_given_stays_one_line(words):
    done = program(*words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "\\n" in done.stderr and "\x1b" not in done.stderr, done.stderr


def test_an_overflow_costs_one_line_of_a_batch(monkeypatch):
    def overflow(**_):
        return 10.0**400

    monkeypatch.setattr(evaluation, "find", lambda name: Quantity(name, overflow, (), "1", "", ""))
    answer = next(evaluation.respond_batch(['{"name": "sn_diffusion.thing"}']))
    assert "sn_diffusion.thing: no finite value" in answer["message"]


def test_batch_answers_every_line_in_order():
    lines = [
        {"name": NAME, "args": ARGS},
        {"name": "no.such", "args": {}},
        {"name": NAME, "args": {**ARGS, "T_MeV": -1}},
    ]
    text = "\n".join(map(json.dumps, lines)) + "\nnot json\n"
    done = program("evaluate", "--batch", "-", text=text)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert answers[0]["value"] == nubounds.evaluate(NAME, **ARGS)
    assert [set(answer) for answer in answers[1:]] == [{"name", "message"}] * 3
    assert program("evaluate", "--batch", "-", text=json.dumps(lines[0])).returncode == 0


def line(**args):
    return json.dumps({"name": NAME, "args": {**ARGS, **args}})


BAD_LINES = {
    "[]": "a line must be",
    "{}": "a line must be",
    "null": "a line must be",
    '{"name": 5}': "a line must be",
    f'{{"name": "{NAME}", "args": [1]}}': "a line must be",
    f'{{"name": "{NAME}", "arguments": {{}}}}': "a line must be",
    f'{{"name": "{NAME}"}}': "needs the argument T_MeV",
    f'{{"name": "{NAME}", "args": {{"T_MeV": 1, "T_MeV": 2}}}}': "T_MeV is given twice",
    line(T_MeV=10**400): "T_MeV=1e40 and more: must be finite",
    line(T_MeV=1).replace("1,", f"{'1' * 5000},", 1): "not JSON: Exceeds the limit",
    line(T_MeV=1).replace("1,", "1e400,", 1): "T_MeV=inf: must be finite",
    line(T_MeV=float("nan")): "T_MeV=nan: must be finite",
    line(T_MeV=True): "T_MeV=True: must be a number",
    line(T_MeV=None): "T_MeV=None: must be a number",
    line(T_MeV=[{}]): "T_MeV={}: must be one value at each point",
    line(T_MeV=[[1], [2, 3]]): "arguments do not broadcast: T_MeV (2, ...)",
    line(T_MeV=[1, None]): "T_MeV=None: must be a number",
    line(T_MeV=[1, 2], n_B_per_fm3=[0.1, 0.2, 0.3]): "arguments do not broadcast",
    line(neutrino=None): "neutrino=None: must be one of",
    line(neutrino=["dirac", "x"]): "neutrino=x: must be one of",
    "[" * 100000: "not JSON",
    "\udcff": "not JSON",
}


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """The answers to all bad lines, each of them followed by a good one, and an empty line in between."""
    file = tmp_path_factory.mktemp("batch") / "lines.jsonl"
    file.write_bytes("".join(f"{bad}\n\n{line()}\n" for bad in BAD_LINES).encode(errors="surrogateescape"))
    done = program("evaluate", "--batch", str(file))
    assert done.returncode == 2
    assert not done.stderr
    answers = [json.loads(text) for text in done.stdout.splitlines()]
    assert all(answer["value"] == nubounds.evaluate(NAME, **ARGS) for answer in answers[1::2])
    return dict(zip(BAD_LINES, answers[::2], strict=True))


@pytest.mark.parametrize("text", BAD_LINES)
def test_a_bad_line_gets_a_message_in_its_place(batch, text):
    assert set(batch[text]) == {"name", "message"}
    assert BAD_LINES[text] in batch[text]["message"]
    assert "\n" not in batch[text]["message"]


def test_a_quantity_that_fails_does_not_end_a_batch(monkeypatch):
    def respond(name, args, config=None):
        raise ZeroDivisionError("of a quantity")

    monkeypatch.setattr(evaluation, "respond", respond)
    assert [answer["message"] for answer in evaluation.respond_batch([line(), line()])] == [
        "failed: ZeroDivisionError: of a quantity"
    ] * 2


def test_list_names_every_quantity():
    listing = program("list").stdout
    for constraint in registry.all_constraints():
        for name in constraint.quantities:
            assert name in listing


def test_list_takes_the_beginning_of_a_name():
    listing = program("list", "sn_diffusion.n").stdout
    assert "T_MeV [MeV] (above 0, at most 200)" in listing
    assert "neutrino = dirac (dirac/majorana)" in listing
    assert listing.startswith(NAME)
    assert "mean_free_path" not in listing
    assert "unknown quantity nonsense" in program("list", "nonsense").stderr


def test_list_ends_quietly_when_its_reader_goes():
    done = subprocess.run(f"{sys.executable} -m nubounds list | head -n 1", shell=True, capture_output=True, text=True)
    assert not done.stderr


def test_help_neither_starts_mpi_nor_loads_numpy():
    code = "import sys; from nubounds import cli\ntry:\n cli.main(['--help'])\nexcept SystemExit: pass\nprint(sorted(set(sys.modules) & {'mpi4py', 'numpy', 'pandas'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "scan" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_quantity_loads_nothing_that_is_slow_to_load():
    code = "import sys; from nubounds import registry\nfor c in registry.all_constraints(): c.quantities\nprint(sorted(set(sys.modules) & {'mpi4py', 'matplotlib', 'pandas', 'jsonschema', 'snakemake'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_a_job_loads_nothing_that_is_slow_to_load():
    slow = {"mpi4py", "matplotlib", "pandas", "scipy", "yaml", "jsonschema", "importlib.metadata"}
    code = f"import sys; from nubounds.steps import scan; print(sorted(set(sys.modules) & {slow}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_parameters_convert_and_refuse():
    assert number("x", minimum=0).convert("1e-3") == 1e-3
    assert integer("n", minimum=1).convert("3") == 3
    assert choice("c", (1, 5)).convert("5.0") == 5
    assert flag("f").convert("false") is False
    for parameter, value in (
        (number("x", above=0), 0),
        (number("x", maximum=1), 2),
        (number("x"), "inf"),
        (number("x"), True),
        (integer("n"), 1.5),
        (choice("c", ("a", "b")), "A"),
        (choice("c", (1, 5)), 10**400),
        (choice("c", (1, 5)), True),
        (number("x"), 10**400),
        (integer("n"), "1e400"),
        (flag("f"), "perhaps"),
    ):
        with pytest.raises(InputError, match=f"{parameter.name}="):
            parameter.convert(value)


def test_numbers_are_written_with_all_digits():
    response = evaluation.respond(NAME, ARGS)
    assert json.loads(json.dumps(response))["value"] == response["value"]


def test_what_is_not_finite_is_null_with_a_reason(monkeypatch):
    import numpy as np

    from nubounds.contract import Answer, quantity

    made_up = quantity("made.up", unit="1", source="none")(lambda: Answer([np.float64(1.5), np.nan], {"a": np.inf}))
    monkeypatch.setattr(evaluation, "find", lambda name: made_up)
    response = evaluation.respond("made.up", {})
    assert (response["value"], response["error"]) == ([1.5, None], {"a": None})
    made_up = quantity("made.up", unit="1", source="none")(lambda: Answer(np.nan))
    response = evaluation.respond("made.up", {})
    assert response["value"] is None
    assert response["note"]


def test_relative_means_relative():
    """What the tests call about equal is so for cross sections too (see conftest)."""
    assert close(1.1e-42, rel=0.05) != 1e-42
    assert close(1e-42, rel=0.05) == 1.04e-42
    assert close(0.0) != 1e-13
    assert close(0.0, abs=1e-12) == 1e-13
    assert close(1.0) == 1.0 + 1e-7
