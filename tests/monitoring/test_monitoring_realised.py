"""Realised performance: exact to merge, blind to the weather, and not deceived by a beautiful month."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.declare.model import Stakes
from trimtab.errors import DataError
from trimtab.finding import Severity
from trimtab.monitoring.losses import brier, decision_cost
from trimtab.monitoring.realised import (
    differences,
    paired_totals,
    realised_finding,
    skill_interval,
    unit_differences,
)

patient = settings(deadline=None, max_examples=40)


def days_of(generator, days, *, weather=0.0, harm=0.0, rows=300):
    """Paired losses of a model 0.05 better than its reference; a day's weather is the same for both."""
    day = np.repeat(np.arange(days), rows)
    world = np.clip(0.3 + weather + 0.1 * generator.normal(size=days), 0.1, 0.8)[day]
    reference = np.clip(world + 0.05 * generator.normal(size=day.size), 0, 1)
    model = np.clip(world - 0.05 + harm + 0.05 * generator.normal(size=day.size), 0, 1)
    return paired_totals(model, reference, day)


@patient
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, 4)), min_size=1, max_size=60),
    st.integers(0, 60),
    st.randoms(),
)
def test_totals_of_parts_merge_to_those_of_the_whole_bit_by_bit(rows, cut, random):
    shuffled = rows[:]
    random.shuffle(shuffled)
    parts = [paired_totals(*zip(*part, strict=True)) for part in (shuffled[:cut], shuffled[cut:]) if part]
    merged = parts[0] if len(parts) == 1 else parts[1].merge(parts[0])
    whole = paired_totals(*zip(*rows, strict=True))
    assert np.array_equal(merged.unit, whole.unit)
    assert np.array_equal(merged.sums, whole.sums)
    assert np.array_equal(merged.counts, whole.counts)


def test_bad_weather_moves_the_raw_loss_and_not_the_difference():
    generator = np.random.default_rng(0)
    calm, storm = days_of(generator, 60), days_of(generator, 60, weather=0.2)
    assert storm.mean[0] - calm.mean[0] > 0.15
    assert abs(differences(storm).mean - differences(calm).mean) < 0.003
    assert np.nanstd(unit_differences(storm)) < 0.01 < np.std(storm.sums[:, 0] / storm.counts)
    assert realised_finding(storm, calm, brier(), 0.02).severity is Severity.OK


def test_a_beautiful_month_with_negative_skill_is_not_healthy():
    generator = np.random.default_rng(1)
    year, september = days_of(generator, 90), days_of(generator, 30, weather=-0.15, harm=0.065)
    found = realised_finding(september, year, brier(), tolerance=0.1)
    assert september.mean[0] < year.mean[0]
    assert found.severity is Severity.WATCH
    assert "worse than its reference" in found.what


def test_harm_beyond_the_tolerance_is_watched_with_its_price_and_never_acted_on():
    generator = np.random.default_rng(2)
    before, after = days_of(generator, 60), days_of(generator, 30, harm=0.04)
    found = realised_finding(after, before, decision_cost(Stakes(false_alarm=20, miss=60)), tolerance=0.02)
    assert found.severity is Severity.WATCH
    assert found.estimate == pytest.approx(0.04, abs=0.003)
    assert found.interval[0] < 0.04 < found.interval[1]
    assert found.cost.endswith("EUR a row")
    assert float(found.cost.split()[0]) == pytest.approx(2.4, abs=0.2)


def test_without_labels_performance_is_unknown_and_not_fine():
    empty, some = paired_totals([], [], []), paired_totals([0.5], [0.5], [1])
    assert realised_finding(empty, some, brier(), 0.02).severity is Severity.NOT_RUN


def test_a_unit_with_few_rows_gives_no_value():
    totals = paired_totals([0.5, 0.0, 0.25], [0.25, 0.5, 0.5], [1, 2, 2])
    assert np.array_equal(unit_differences(totals, 2), [np.nan, -0.375], equal_nan=True)
    assert np.array_equal(unit_differences(totals), [0.25, -0.375])


def test_a_row_without_a_loss_is_refused():
    with pytest.raises(DataError, match="1 of 2 rows"):
        paired_totals([0.5, np.nan], [0.5, 0.5], [1, 1])


def test_skill_has_an_interval_over_days():
    skill = skill_interval(days_of(np.random.default_rng(3), 60))
    assert skill.low < 1 - 0.25 / 0.3 < skill.high
    assert not skill_interval(days_of(np.random.default_rng(3), 5)).known
