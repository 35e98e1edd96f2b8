"""Limit files of a user."""

import pytest

from nubounds.contract import InputError
from nubounds.files import user_limits

FILE = """# label: COHERENT CsI
# columns: m_mediator_MeV coupling_Y
# source: arXiv:1804.09459
# figures: one/fig4, comparison/plane
# side: lower
# confidence_level: 90%

0.1   3.2e-5
1.0,  3.3e-5
"""


def test_a_file_is_read_whole(tmp_path):
    (tmp_path / "a.txt").write_text(FILE)
    (tmp_path / "README.md").write_text("no limit")
    (tmp_path / "folder.txt").mkdir()
    (limit,) = user_limits.read_folder(tmp_path)
    assert (limit.label, limit.source, limit.side) == ("COHERENT CsI", "arXiv:1804.09459", "lower")
    assert (limit.x_name, limit.y_name, limit.confidence_level) == ("m_mediator_MeV", "coupling_Y", "90%")
    assert (limit.x.tolist(), limit.y.tolist()) == ([0.1, 1.0], [3.2e-5, 3.3e-5])


def test_a_limit_appears_where_it_is_meant_to(tmp_path):
    (tmp_path / "a.txt").write_text(FILE)
    (tmp_path / "b.txt").write_text(FILE.replace("# figures", "# remark"))
    limits = user_limits.read_folder(tmp_path)
    assert [limit.path.name for limit in user_limits.for_figure(limits, "one", "fig4")] == ["a.txt", "b.txt"]
    assert [limit.path.name for limit in user_limits.for_figure(limits, "one", "fig5")] == ["b.txt"]
    assert [limit.path.name for limit in user_limits.for_figure(limits, "comparison", "plane")] == ["a.txt", "b.txt"]


def test_no_folder_is_no_limits(tmp_path):
    assert user_limits.read_folder(tmp_path / "nowhere") == []


def test_a_file_that_is_not_text_is_reported(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"# label: \xff")
    with pytest.raises(InputError, match=r"a\.txt: not text in UTF-8: byte 9"):
        user_limits.read_folder(tmp_path)


def test_extensions_in_upper_case_and_hidden_files(tmp_path):
    for name in ("a.CSV", "b.tsv", "c.Dat", "d.txt"):
        (tmp_path / name).write_text(FILE.replace("   ", "\t"))
    for name in ("._a.txt", "~$a.csv", ".hidden.txt", ".DS_Store"):
        (tmp_path / name).write_bytes(b"\x00\xff")
    (tmp_path / "README.md").write_text("no limit")
    (tmp_path / "e.xlsx").write_bytes(b"\x00\xff")
    (tmp_path / "noending").write_text(FILE)
    assert [limit.path.name for limit in user_limits.read_folder(tmp_path)] == ["a.CSV", "b.tsv", "c.Dat", "d.txt"]
    lines = user_limits.not_read(tmp_path)
    assert lines == [
        f"{tmp_path / name}: not read: limit files end in .txt, .csv, .dat, .tsv" for name in ("e.xlsx", "noending")
    ]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (
            "$" + r"\sqrt{" * 500 + "x" + "}" * 500 + "$",
            "3503 characters and brackets nested 500 deep; at most 200 and 10",
        ),
        (r"$\sqrt{" * 500, "3500 characters and brackets nested 500 deep"),
        ("$" + r"\sqrt{" * 20 + "}" * 20 + "$", "142 characters and brackets nested 20 deep"),
        ("x" * 201, "201 characters"),
        ("a\x1b[31mb", "control characters"),
    ],
)
def test_a_label_that_cannot_be_drawn_is_reported(tmp_path, label, message):
    (tmp_path / "a.txt").write_text(FILE.replace("COHERENT CsI", label))
    with pytest.raises(InputError, match=rf"a\.txt: '# label:.*{message}"):
        user_limits.read_folder(tmp_path)


def test_nested_labels_that_are_accepted_can_be_drawn(tmp_path):
    from nubounds import style

    label = "$" + r"\sqrt{" * 10 + "x" + "}" * 10 + "$"
    (tmp_path / "a.txt").write_text(FILE.replace("COHERENT CsI", label))
    (limit,) = user_limits.read_folder(tmp_path)
    assert style.typeset(limit.label) == label


def test_a_figure_receives_limits_in_the_columns_that_its_constraint_declares(tmp_path):
    (tmp_path / "a.txt").write_text(FILE)
    (tmp_path / "b.txt").write_text(FILE.replace("# figures", "# remark"))
    limits = user_limits.read_folder(tmp_path)
    declared = {"fig5": ["m_mediator_MeV", "coupling_Y"], "fig6": ["m_mediator_MeV", "coupling_g"]}
    seen = user_limits.of_figures(limits, "one", ("fig4", "fig5", "fig6"), declared)
    assert {name: [limit.path.name for limit in mine] for name, mine in seen.items()} == {
        "fig4": [],
        "fig5": ["b.txt"],
        "fig6": [],
    }
    assert len(user_limits.of_figures(limits, "one", ("fig4",), None)["fig4"]) == 2
