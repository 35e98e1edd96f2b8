"""Files are written completely or not at all, and damaged ones are reported."""

import numpy as np
import pytest

from nubounds.contract import InputError
from nubounds.files import tables, user_limits


def test_pack_gives_the_same_bytes_and_back():
    columns = {"x": np.array([0.1, np.pi]), "word": np.array(["a", "bc"]), "status": np.array([0, 1], dtype=np.int8)}
    data = tables.pack(columns)
    assert data == tables.pack(columns)


def test_round_trip_and_damage(tmp_path):
    path = tmp_path / "t.npz"
    path.write_bytes(tables.pack({"x": np.linspace(0, 1, 100)}))
    assert tables.read_packed(path)["x"].tolist() == np.linspace(0, 1, 100).tolist()
    data = bytearray(path.read_bytes())
    data[400] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"t\.npz: damaged"):
        tables.read_packed(path)


def test_pickles_are_refused(tmp_path):
    path = tmp_path / "t.npz"
    np.savez(path, x=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match="damaged or not a table"):
        tables.read_packed(path)


def test_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "f.txt"
    tables.write_text(path, "old")
    with pytest.raises(RuntimeError), tables.write_aside(path) as file:
        file.write("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["f.txt"]


def test_unchanged_content_keeps_its_time_stamp(tmp_path):
    path = tmp_path / "f.txt"
    assert tables.write_if_changed(path, "a")
    time = path.stat().st_mtime_ns
    assert not tables.write_if_changed(path, "a")
    assert path.stat().st_mtime_ns == time


def test_csv_keeps_all_digits(tmp_path):
    import pandas

    frame = pandas.DataFrame({"x": [1 / 3, 1e-300], "word": ["OK", "OUT_OF_DOMAIN"]})
    tables.write_csv(tmp_path / "t.csv", frame, ["about this table"])
    again = tables.read_table(tmp_path / "t.csv")
    assert again["x"].tolist() == frame["x"].tolist()
    assert again["word"].tolist() == frame["word"].tolist()


def test_columns_keep_all_digits_and_leave_out_what_is_nan(tmp_path):
    values = np.array([1 / 3, np.nan, 5e-324])
    tables.write_columns(tmp_path / "t.csv", {"x": values, "word": np.array(["OK", "a,b", "c"])}, ["about"])
    again = tables.read_table(tmp_path / "t.csv")
    assert again["x"].to_numpy().tobytes() == values.tobytes()
    assert again["word"].tolist() == ["OK", "a,b", "c"]


def test_words_of_a_table_stand_as_they_are_written(tmp_path):
    values = np.array([1 / 3, np.nan])
    tables.write_columns(tmp_path / "t.csv", {"x": values, "word": np.array(["nan", "a,b"])}, ["a: # b", "c"])
    assert tables.read_words(tmp_path / "t.csv") == {"x": [repr(1 / 3), ""], "word": ["", "a,b"]}
    tables.write_columns(tmp_path / "t.csv", {"x": values[:0], "word": values[:0]}, [])
    assert tables.read_words(tmp_path / "t.csv") == {"x": [], "word": []}


@pytest.mark.parametrize("content", ["", "x,y\n1,2\n3\n", None])
def test_what_is_no_table_of_words_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "t.csv").write_text(content)
    with pytest.raises(InputError, match=r"t\.csv: damaged or not a table"):
        tables.read_words(tmp_path / "t.csv")


def test_a_file_is_replaced_atomically_and_not_overwritten(tmp_path):
    """A reader that has the old file open can read it to its end."""
    path = tmp_path / "f.txt"
    tables.write_text(path, "old")
    with path.open() as reader:
        tables.write_text(path, "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_a_users_csv(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbf# from a spreadsheet\r\nb , a\r\n\r\n1e-3, 2\r\n4,5\r\n")
    columns = tables.read_csv(path, ["a"], ["b"], ascending="a", minimum={"b": 0.0})
    assert {name: values.tolist() for name, values in columns.items()} == {"b": [1e-3, 4.0], "a": [2.0, 5.0]}
    path.write_text("a\n1\n1\n")
    with pytest.raises(InputError, match=r"t\.csv:3: column a must increase"):
        tables.read_csv(path, ["a"], ascending="a")


def test_files_that_people_bring_have_a_largest_size(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MOST_BYTES", 2**20)
    path = tmp_path / "large.csv"
    path.write_text("a\n" + "1\n" * 2**20)
    for reader in (lambda: tables.read_user_table(path, ["a"]), lambda: user_limits.read(path)):
        with pytest.raises(InputError, match=r"^[^\n]*large\.csv: more than 1 MB$"):
            reader()
