"""YAML as a person would read it, and malicious files."""

import itertools
import time

import pytest

from nubounds import config
from nubounds.contract import InputError
from nubounds.files import yaml_reader

SCALARS = {
    "010": 10,  # 8 in YAML 1.1
    "-007": -7,
    "+5": 5,
    "1:30": "1:30",  # 90 in YAML 1.1
    "1:30.5": "1:30.5",
    "1_000": "1_000",  # 1000 in YAML 1.1
    "0b11": "0b11",  # 3 in YAML 1.1
    "0o17": 15,
    "0x1F": 31,
    "1e5": 1e5,  # a string in YAML 1.1
    "1e-5": 1e-5,
    "1.E+3": 1e3,
    ".5": 0.5,
    "5.": 5.0,
    "010.5": 10.5,
    "1e400": float("inf"),
    "-.inf": float("-inf"),
    "nan": "nan",
    "inf": "inf",
    "1.2.3": "1.2.3",
    "2021-01-01": "2021-01-01",  # a date in YAML 1.1
    "2021-01-01 10:00:00": "2021-01-01 10:00:00",
    "yes": "yes",  # true or false in YAML 1.1
    "no": "no",
    "on": "on",
    "Off": "Off",
    "true": True,
    "False": False,
    "null": None,
    "~": None,
    "": None,
    "'010'": "010",
    '"true"': "true",
    "!!str 010": "010",
    "! 010": "010",
    "!!int 010": 10,
    "!!float 3": 3.0,
    "=": "=",
    "<<": "<<",
    "١٢": "١٢",  # digits, but not ASCII
}


@pytest.mark.parametrize("text", SCALARS)
def test_a_scalar_is_what_a_person_would_read(text):
    value = yaml_reader.parse(f"a: [{text}]" if text else "a:\n- ", "x.yaml")["a"][0]
    assert value == SCALARS[text]
    assert type(value) is type(SCALARS[text])


def test_lists_mappings_references_and_merges():
    text = (
        "base: &base {a: 1, b: [x, 'y']}\nnext:\n  <<: *base\n  b: 2\nall: [*base, *base]\nmany: {<<: [{a: 5}, *base]}"
    )
    base = {"a": 1, "b": ["x", "y"]}
    assert yaml_reader.parse(text, "x.yaml") == {
        "base": base,
        "next": {"a": 1, "b": 2},
        "all": [base, base],
        "many": {"a": 5, "b": ["x", "y"]},
    }


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "\ufeff"])
def test_an_empty_file_is_none(text, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    assert yaml_reader.read(path) is None
    assert set(config.complete(config.read(path), "x").sections) == set(config.registry.names())


WRONG = {
    "a: 1\nb: 2\na: 3": "x.yaml:3: key given twice: a",
    "{70: 1, 070: 2}": "x.yaml:1: key given twice: 70",
    "{a: 1, !!str a: 2}": "x.yaml:1: key given twice: a",
    "? [a]\n: 1": "x.yaml:1:3: not YAML: found unhashable key",
    "a: *b": "x.yaml:1:4: not YAML: *b is not an anchor",
    "a: &b [*b]": "x.yaml:1:8: not YAML: *b refers to itself",
    "a: &b {c: {d: *b}}": "x.yaml:1:15: not YAML: *b refers to itself",
    "&a {<<: *a}": "x.yaml:1:9: not YAML: *a refers to itself",
    "<<: 5": "x.yaml:1:1: not YAML: << needs a mapping",
    "a: 1\n---\nb: 2": "x.yaml:2:1: not YAML: a second document begins",
    "a: !!python/object/apply:os.system [touch pwned]": "x.yaml:1:4: not YAML: could not determine a constructor",
    "a: !!python/name:os.system": "x.yaml:1:4: not YAML: could not determine a constructor",
    "a: !!timestamp 2021-01-01": "x.yaml:1:4: not YAML: could not determine a constructor",
    "a: !!binary aGk=": "x.yaml:1:4: not YAML: could not determine a constructor",
    "a: !!set {b}": "x.yaml:1:4: not YAML: could not determine a constructor",
    "a: !!int 1:30": "x.yaml:1:4: not YAML: could not determine a constructor",
    "a: !!int true": "x.yaml:1:4: not YAML: could not determine a constructor",
    "a: !mine 5": "x.yaml:1:4: not YAML: could not determine a constructor",
    "a: [": "x.yaml:2:1: not YAML: did not find expected node content",
    "\ta: 1": "x.yaml:1:1: not YAML: found character that cannot start any token",
    "a: \x00": "x.yaml: not YAML: ",
    "a: " + "9" * 5000: "x.yaml: Exceeds the limit",
    **{
        f"a: {opening * 100_000}{closing * 100_000}": "x.yaml: nested too deeply"
        for opening, closing in (("[", "]"), ("{b: ", "}"), ("[{b: ", "}]"))
    },
    "- " * 100_000: "x.yaml: nested too deeply",
    "? " * 100_000: "x.yaml: nested too deeply",
    "".join(f"{' ' * n}a:\n" for n in range(1000)): "x.yaml: nested too deeply",
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: repr(text[:20]))
def test_mistakes_are_reported_in_one_line(text):
    start = time.monotonic()
    with pytest.raises(InputError) as caught:
        yaml_reader.parse(text, "x.yaml")
    assert str(caught.value).startswith(WRONG[text])
    assert len(str(caught.value).splitlines()) == 1
    assert time.monotonic() - start < 5


def laughs(line, names="abcdefghij"):
    """A "billion laughs" file: each name refers nine times to the one before it."""
    first, rest = names[0], list(itertools.pairwise(names))
    return f"{first}: &{first} {{lol: lol}}\n" + "".join(line.format(new, old) for old, new in rest)


@pytest.mark.parametrize(
    "text",
    [
        laughs("{0}: &{0} [" + ",".join(["*{1}"] * 9) + "]\n"),
        laughs("{0}: &{0} {{" + ",".join(f"k{n}: *{{1}}" for n in range(9)) + "}}\n"),
        laughs("{0}: &{0} {{<<: [" + ",".join(["*{1}"] * 9) + "]}}\n"),
        "a: [" + "b," * 200_000 + "]",
    ],
    ids=["lists", "mappings", "merges", "long"],
)
def test_references_that_expand_excessively_are_rejected(text):
    start = time.monotonic()
    with pytest.raises(InputError, match=r"^x.yaml: more than 200000 entries, references included$"):
        yaml_reader.parse(text, "x.yaml")
    assert time.monotonic() - start < 10


def test_entries_behind_references_are_counted_each_time():
    """The mapping itself; a, a list of two; d, a list of nine references to three entries each."""
    text = "a: &a [b, c]\nd: [" + ",".join(["*a"] * 9) + "]"
    builder = yaml_reader._Builder("x")
    for event in yaml_reader.yaml.parse(text, Loader=yaml_reader.PARSER):
        builder.add(event)
    assert builder.count == 1 + (1 + 3) + (1 + 1 + 9 * 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(range(256)), "not text in UTF-8: byte 128"),
        ("a: 1".encode("utf-16"), "not text in UTF-8: byte 0"),
        (b"a: \xff", "not text in UTF-8: byte 3"),
        (b"\x89PNG\r\n\x1a\n", "not text in UTF-8: byte 0"),
        (b"\x7fELF\x02\x01\x01\x00", "not YAML: "),
        (b"#" * (2**25 + 1), "more than 32 MB"),
    ],
)
def test_a_file_that_is_not_text_is_reported(content, message, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(config.ConfigError) as caught:
        config.read(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert len(caught.value.problems) == 1


def test_a_folder_and_a_missing_file_are_reported(tmp_path):
    with pytest.raises(config.ConfigError, match="a folder, not a file"):
        config.read(tmp_path)
    with pytest.raises(config.ConfigError, match="no config file"):
        config.read(tmp_path / "nowhere.yaml")


def test_later_files_and_the_command_line_override_earlier_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("points_per_job: 010\nsolar_cevns: {inputs: {flux_8b_per_cm2_s: 5e6}}")
    (tmp_path / "b.yaml").write_text("solar_cevns: {grid: {m4_MeV: {values: [1, 2]}}}\nconstraints: [solar_cevns]")
    found = config.assemble(["a.yaml", tmp_path / "b.yaml"], {"results": "elsewhere", "points_per_job": "7"})
    assert (found.source, str(found.results)) == ("a.yaml, b.yaml", "elsewhere")
    section = found.sections["solar_cevns"]
    assert (section.inputs["flux_8b_per_cm2_s"], section.grid["m4_MeV"]) == (5e6, [1, 2])
    assert set(section.points_per_job.values()) == {7}
    (tmp_path / "c.yaml").write_text("just words")
    with pytest.raises(config.ConfigError, match=r"^c.yaml: must be a mapping of keys$"):
        config.assemble(["a.yaml", "c.yaml"])
