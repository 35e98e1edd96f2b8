"""Grid points, their keys and their chunks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nubounds.numerics import grid

AXES = {"kind": ["a", "b"], "m_MeV": [0.1, 1.0, 10.0], "t_s": [1.0, 5.0]}


def test_product_varies_the_last_axis_fastest():
    points = grid.product(AXES)
    assert points["t_s"][:4].tolist() == [1.0, 5.0, 1.0, 5.0]
    assert points["kind"].tolist() == ["a"] * 6 + ["b"] * 6


def test_keys_are_the_same_everywhere():
    """Fixed values: if keys changed, every existing cache would silently become useless."""
    assert [f"{int(key):016x}" for key in grid.keys({"m_MeV": np.array([0.1, 1e-300])})] == [
        "1a8c23b9cc9b0e3e",
        "8df33b6bd2483c6a",
    ]


def test_keys_depend_on_the_point_alone():
    points = grid.product(AXES)
    keys = grid.keys(points)
    assert len(set(keys.tolist())) == 12
    chosen = np.array([7, 2])
    assert grid.keys({axis: values[chosen] for axis, values in points.items()}).tolist() == keys[chosen].tolist()


@given(st.lists(st.floats(1e-6, 1e6), min_size=2, max_size=60, unique=True), st.integers(1, 80))
def test_a_new_point_moves_no_other(values, per_job):
    """Unless the number of chunks doubles, in which case each chunk splits into two related ones."""
    keys = grid.keys({"x": np.array(values)})
    before = grid.chunk_names(keys[:-1], per_job)
    after = grid.chunk_names(keys, per_job)[:-1]
    assert all(grid.related(old, new) for old, new in zip(before, after, strict=True))


def test_chunks_have_about_the_size_asked_for():
    keys = grid.keys({"x": np.arange(10000.0)})
    sizes = np.unique(grid.chunk_names(keys, 500), return_counts=True)[1]
    assert len(sizes) == 32
    assert sizes.min() > 200
    assert sizes.max() < 500
    assert set(grid.chunk_names(keys, 10**6)) == {"all"}
    assert len(set(grid.chunk_names(keys, 1))) == 10000


def test_related_chunks():
    assert grid.related("all", "0110")
    assert grid.related("01", "0110")
    assert not grid.related("00", "0110")
    assert grid.related("0110", "6f55e7a81d8f8c50")
    assert not grid.related("0111", "6f55e7a81d8f8c50")


def test_chunks_within_chunks():
    assert grid.within("0110", "all")
    assert not grid.within("all", "011")
    assert grid.within("0110", "01")
    assert not grid.within("01", "0110")
    assert grid.within("6f55e7a81d8f8c50", "01101111010101011110")
    assert not grid.within("01101111010101011110", "6f55e7a81d8f8c50")


def test_order_finds_each_point_and_rejects_others():
    points = grid.product(AXES)
    mixed = np.random.default_rng(1).permutation(12)
    shuffled = {axis: values[mixed] for axis, values in points.items()}
    assert grid.order(shuffled, AXES).tolist() == mixed.tolist()
    with pytest.raises(KeyError):
        grid.order({**shuffled, "t_s": shuffled["t_s"] + 0.5}, AXES)
