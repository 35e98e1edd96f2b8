"""Limit files that a user drops in."""

import pytest

from nubounds import user_limits
from nubounds.contract import InputError

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


def test_no_text_is_named(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"# label: \xff")
    with pytest.raises(InputError, match=r"a\.txt: not text in UTF-8: byte 9"):
        user_limits.read_folder(tmp_path)
