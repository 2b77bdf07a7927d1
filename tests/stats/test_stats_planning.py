"""Plans keep their word: the power they promise is what simulated comparisons reach."""

import math

import numpy as np
import pytest

from trimtab.stats.planning import sequential_units_per_arm, units_per_arm, units_to_decision
from trimtab.stats.sequence import sequence_bounds


def test_a_plan_of_one_look_has_the_power_it_promises():
    generator, units = np.random.default_rng(1), units_per_arm(2.0, 0.5)
    arms = generator.normal(size=(4000, 2, units)) * 2.0 + [[0.5], [0.0]]
    z = (arms[:, 0].mean(axis=1) - arms[:, 1].mean(axis=1)) / (2.0 * math.sqrt(2 / units))
    assert np.mean(np.abs(z) > 1.96) == pytest.approx(0.8, abs=0.03)


def test_looking_every_day_costs_three_quarters_more():
    assert sequential_units_per_arm(1.0, 0.1) / units_per_arm(1.0, 0.1) == pytest.approx(1.75, abs=0.01)


@pytest.mark.parametrize("distance", [0.5, 0.8])
def test_the_expected_days_are_about_what_a_shadow_needs(distance):
    """Half of simulated shadows are decided within a fifth of the plan and a few days more."""
    days = units_to_decision(1.0, distance)
    values = np.random.default_rng(2).standard_normal((300, 120))
    first = np.full(300, np.inf)
    for day in range(14, 121):
        bounds = sequence_bounds(values[:, :day], np.ones(day))
        first = np.where(bounds.enough & (bounds.upper < distance) & np.isinf(first), day, first)
    assert 0.8 * days <= np.median(first) <= 1.2 * days + 7


def test_what_cannot_be_decided_is_infinite():
    assert units_to_decision(1.0, 0.0) == math.inf
    assert units_to_decision(1.0, 1e-6) == math.inf


@pytest.mark.parametrize(("deviation", "effect"), [(0.0, 1.0), (1.0, 0.0)])
def test_a_plan_needs_a_deviation_and_an_effect(deviation, effect):
    with pytest.raises(ValueError, match="above 0"):
        units_per_arm(deviation, effect)
