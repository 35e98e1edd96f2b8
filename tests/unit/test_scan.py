"""Assignment of points to ranks, the cache, assembly of the parts, and checks of scan functions."""

import types

import numpy as np
import pytest

from nubounds.contract import Block, Status
from nubounds.steps import scan


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [1, 2, 15, 16, 1000])
def test_every_point_has_one_rank(count, size):
    shares = [scan.share(count, rank, size) for rank in range(size)]
    assert sorted(np.concatenate(shares).tolist()) == list(range(count))
    if count >= 100 * size:
        assert max(map(len, shares)) - min(map(len, shares)) <= scan.BLOCKS


def test_only_points_of_the_cache_are_found_in_it():
    cache = {"key": np.array([30, 10, 20], dtype=np.uint64)}
    known, rows = scan._split_known(np.array([20, 5, 30, 99], dtype=np.uint64), cache)
    assert known.tolist() == [True, False, True, False]
    assert rows.tolist() == [2, 0]
    assert scan._split_known(np.array([1], dtype=np.uint64), {})[0].tolist() == [False]


def test_parts_are_assembled_in_the_order_of_the_points():
    parts = [(np.array([2, 0]), {"x": np.array([2.0, 0.0])}), (np.array([1]), {"x": np.array([1.0])})]
    assert scan._assemble(parts, 3)["x"].tolist() == [0.0, 1.0, 2.0]


def constraint_with(block):
    columns = {"x": {"unit": "1", "meaning": ""}, "n": {"unit": "1", "meaning": "", "exact": True}}
    return types.SimpleNamespace(
        name="made_up",
        scans={"s": {"columns": columns}},
        scan_functions={"s": lambda points: block},
    )


def test_a_value_or_error_that_is_not_finite_gets_a_status():
    block = Block(
        {"x": np.array([1.0, np.nan, 1.0, np.inf]), "n": np.ones(4)},
        {"x": np.array([0.1, 0.1, np.nan, 0.1])},
        np.array([Status.OK, Status.OK, Status.OK, Status.NO_SOLUTION]),
    )
    rows = scan.evaluate_points(constraint_with(block), "s", {"axis": np.arange(4.0)}, {})
    assert list(rows) == ["x", "x_error", "n", "status"] == scan.row_names(constraint_with(block).scans["s"])
    assert rows["status"].tolist() == [Status.OK, Status.NOT_FINITE, Status.NOT_FINITE, Status.NO_SOLUTION]


def test_a_column_of_the_wrong_length_is_rejected():
    block = Block({"x": np.ones(3), "n": np.ones(4)}, {"x": np.ones(4)}, np.zeros(4))
    with pytest.raises(ValueError, match=r"made_up\.s: column x has shape \(3,\), not \(4,\)"):
        scan.evaluate_points(constraint_with(block), "s", {"axis": np.arange(4.0)}, {})
