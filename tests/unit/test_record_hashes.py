"""Records of inputs as keys of caches."""

import dataclasses
import pickle

import pytest

from nubounds.inputs import declare


class Counted(str):
    """A word that counts how often it is hashed."""

    hashed = 0

    def __hash__(self):
        Counted.hashed += 1
        return super().__hash__()


@dataclasses.dataclass(frozen=True)
class Inner(declare.Inputs):
    """Inside."""

    word: str = declare.given("a", meaning="a word")


@dataclasses.dataclass(frozen=True)
class Outer(declare.Inputs):
    """Outside."""

    inner: Inner = declare.part(Inner)
    number: float = declare.given(1.0, meaning="a number")


def test_a_record_is_hashed_once():
    record = Outer()
    object.__setattr__(record.inner, "word", Counted("a"))
    Counted.hashed = 0
    assert hash(record) == hash(record) == hash(Outer())
    assert Counted.hashed == 1


@pytest.mark.parametrize("changed", [{"number": 2.0}, {"inner": Inner("b")}], ids=["value", "part"])
def test_a_changed_record_has_its_own_hash(changed):
    record = Outer()
    other = dataclasses.replace(record, **changed)
    assert hash(record) != hash(other) and record != other


def test_a_kept_hash_stays_in_its_process():
    record = Outer()
    hash(record)
    again = pickle.loads(pickle.dumps(record))
    assert again == record and vars(again) == {"inner": Inner(), "number": 1.0}
