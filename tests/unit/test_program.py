"""The single-point interface: program and Python answer alike, and every mistake is one line."""

import json
import subprocess
import sys

import pytest

import nubounds
from nubounds import evaluation, registry
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
    ],
)
def test_mistakes_are_one_line_and_status_2(words, message):
    done = program("evaluate", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout


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


def test_list_names_every_quantity():
    listing = program("list").stdout
    for constraint in registry.all_constraints():
        for name in constraint.quantities:
            assert name in listing


def test_help_neither_starts_mpi_nor_loads_numpy():
    code = "import sys; from nubounds import cli\ntry:\n cli.main(['--help'])\nexcept SystemExit: pass\nprint(sorted(set(sys.modules) & {'mpi4py', 'numpy', 'pandas'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "scan" in done.stdout
    assert "mpi4py" not in done.stdout.splitlines()[-1]
    assert "pandas" not in done.stdout.splitlines()[-1]


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
        (flag("f"), "perhaps"),
    ):
        with pytest.raises(InputError, match=f"{parameter.name}="):
            parameter.convert(value)


def test_numbers_are_written_with_all_digits():
    response = evaluation.respond(NAME, ARGS)
    assert json.loads(json.dumps(response))["value"] == response["value"]
