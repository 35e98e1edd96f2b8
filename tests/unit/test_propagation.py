"""What priors do to a number, to first order: against closed forms, and on the scorecard."""

import dataclasses
import math

import numpy as np
import pytest

import nubounds as nb
from close import close
from nubounds.answers import propagation
from nubounds.config.ensemble import flat
from nubounds.inputs import priors
from nubounds.inputs.parameter import choice, number
from nubounds.steps import scorecard


def with_prior(parameter, prior):
    return dataclasses.replace(parameter, prior=prior)


def effects(function, values, **inputs):
    """The effects on function(**values), by input."""
    found = propagation.effects(lambda changes: function(**{**values, **changes}), function(**values), inputs, values)
    return {one.input: one for one in found}


def test_a_product_of_powers():
    inputs = {name: with_prior(number(name), priors.Normal(5.0, sd)) for name, sd in (("a", 0.1), ("b", 0.2))}
    found = effects(lambda a, b: a * b**2, {"a": 5.0, "b": 5.0}, **inputs)
    assert (found["a"].elasticity, found["b"].elasticity) == (close(1), close(2))
    assert (found["a"].shift, found["b"].shift) == (close(0.02), close(0.08))


def test_a_choice_has_the_spread_of_its_values():
    one = with_prior(choice("c", ("low", "high"), "low"), priors.Choice.of({"low": 1, "high": 3}))
    (effect,) = effects(lambda c: {"low": 10.0, "high": 20.0}[c], {"c": "low"}, c=one).values()
    assert math.isnan(effect.elasticity)
    assert effect.shift == close(
        math.sqrt(0.25 * 0.75) * 10 / 10
    )  # of two values: sqrt(p (1 - p)) times their distance


def test_a_choice_with_a_value_without_a_number_has_no_shift():
    one = with_prior(choice("c", ("low", "high"), "low"), priors.Choice.of({"low": 1, "high": 3}))
    (effect,) = effects(lambda c: {"low": 10.0, "high": None}[c], {"c": "low"}, c=one).values()
    assert math.isnan(effect.shift)


def test_samples_move_by_their_own_quantiles(tmp_path):
    numbers = np.random.default_rng(1).normal(3.0, 0.5, 4000)
    (tmp_path / "chain.csv").write_text("x\n" + "\n".join(map(repr, numbers.tolist())) + "\n")
    one = with_prior(number("x"), priors.Samples(str(tmp_path / "chain.csv"), "x"))
    (effect,) = effects(lambda x: x**3, {"x": 3.0}, x=one).values()
    low, high = np.quantile(numbers, [0.15865525, 0.84134475]) - np.median(numbers)
    assert effect.shift == close(((3 + high) ** 3 - (3 + low) ** 3) / 2 / 27)
    assert effect.elasticity == close(3, rel=1e-5)


def test_inputs_inside_of_others_have_dotted_names():
    mapping = dataclasses.replace(number("m"), kind="mapping", default={"one": 1.0, "two": 2.0})
    inputs = flat({"m": mapping, "x": number("x")})
    assert list(inputs) == ["m.one", "m.two", "x"]
    values = propagation.flat_values(inputs, {"m.one": 5.0}, {"m": {"one": 1.0, "two": 2.0}, "x": 3.0})
    assert values == {"m.one": 5.0, "m.two": 2.0, "x": 3.0}
    inputs = {key: with_prior(one, priors.Normal(2.0, 0.2)) for key, one in inputs.items()}
    (_, two, _) = propagation.effects(lambda changes: changes.get("m.two", 2.0) ** 2, 4.0, inputs, values)
    assert two.input == "m.two" and two.elasticity == close(2)


def test_a_choice_of_a_constraint_is_among_what_moves_its_limit():
    frame = nb.constraint("sn_dipole").sensitivity("trapping_moment")
    row = frame[frame["input"] == "screening"].iloc[0]
    assert isinstance(row["prior"], priors.Choice) and math.isnan(row["elasticity"]) and row["shift"] >= 0


def entry(published, args):
    return scorecard.Entry("it", "p. 1", "neutron_star.flux_density", args, "", "nJy", published, "1%", "", "")


@pytest.mark.parametrize(
    ("factor", "args", "words"),
    [
        (1.05, {}, scorecard.INSIDE),
        (1.0 - 0.16 * 2.5, {}, "2.5 bands out"),
        (1.0 + 0.16 * 200, {}, "more than 100 bands out"),
        (1.05, {"R_km": 10, "M_Msun": 1.5}, scorecard.NO_PRIOR),
    ],
    ids=["inside", "outside", "far outside", "inputs of the statement"],
)
def test_a_number_that_does_not_come_out_says_how_many_bands(factor, args, words):
    """The flux goes as the radius squared: 0.8 km of 10 km are 16 %."""
    args = {"radius": "star", **args}
    answers = scorecard.Answers()
    computed = answers.of("neutron_star.flux_density", args)["value"]
    assert scorecard.band(entry(factor * computed, args), computed, answers) == words
