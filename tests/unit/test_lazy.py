"""Mappings whose values are computed on first access."""

import pytest

from nubounds.code.lazy import Computed, Deferred


def test_asking_for_a_key_computes_nothing():
    computed = Computed(("one", "two"), {"one": 1, "two": 2}.__getitem__)
    assert "two" in computed and "three" not in computed
    assert list(computed) == ["one", "two"] and len(computed) == 2
    assert computed.used == []


def test_a_value_is_computed_once():
    asked = []
    computed = Computed(("one", "two"), lambda name: asked.append(name) or len(name))
    assert computed["two"] == computed["two"] == 3
    assert asked == computed.used == ["two"]
    with pytest.raises(KeyError, match="three"):
        computed["three"]


def test_a_deferred_mapping_is_made_once():
    made = []
    deferred = Deferred(lambda: made.append(1) or {"one": 1})
    assert made == []
    assert deferred["one"] == 1 and "one" in deferred and len(deferred) == 1
    assert made == [1]
