"""What is learned from an accepted period, and what is not, and why."""

from dataclasses import replace

import numpy as np
import pytest
from joined_world import BY_ROW, DAY, DAYS, LATE, MONDAY, accepted, followed, joined, log_of

from trimtab.declare.model import Stakes
from trimtab.errors import DataError
from trimtab.monitoring.budget import Budget
from trimtab.monitoring.counts import Columns
from trimtab.monitoring.observed import PREDICTION, Observed
from trimtab.monitoring.options import Options
from trimtab.monitoring.reference import accept


def test_everything_that_labels_allow_is_watched():
    reference = accepted(replace(BY_ROW, slices=("word",)))
    names = [monitor.name for monitor in reference.monitors]
    assert names[:2] == ["breakage", "realised"]
    assert names[-2:] == ["estimated", "residual"]
    assert [name for name in names if "word" in name] == [f"realised, word = {word}" for word in "abcde"]
    assert reference.missing == ()
    assert reference.rows == 24 * 600
    assert (reference.since, reference.until) == (MONDAY, MONDAY + DAYS * DAY - DAY // 600 + 1)


def test_tolerance_is_a_share_of_the_loss_and_less_of_it_against_a_fresh_model():
    reference, paired = accepted(), accepted(paired=True)
    assert reference.tolerance == pytest.approx(0.10 * reference.baseline)
    assert paired.tolerance == pytest.approx(0.05 * paired.baseline, rel=0.05)
    assert accept(log_of(0, 0, 12), replace(BY_ROW, tolerance=0.2)).tolerance == pytest.approx(
        0.2 * accept(log_of(0, 0, 12), BY_ROW).baseline
    )


@pytest.mark.parametrize(
    ("options", "kind", "unit"),
    [
        (Options(), "brier", ""),
        (Options(loss="decision"), "decision", ""),
        (Options(stakes=Stakes(currency="EUR", false_alarm=20, miss=60)), "decision", "EUR"),
        (Options(loss="brier", stakes=Stakes(currency="EUR", false_alarm=20, miss=60)), "brier", ""),
    ],
)
def test_the_loss_is_the_money_at_stake_or_the_one_asked_for(options, kind, unit):
    loss = accept(log_of(0, 0, 3), options).loss
    assert (loss.kind, loss.unit) == (kind, unit)


def test_few_windows_leave_harm_unwatched_and_say_so():
    reference = accept(log_of(0, 0, 9), BY_ROW)
    assert reference.gauges == {}
    assert reference.missing == ("9 windows with mature labels; evidence of harm needs 10",)


def test_few_rows_leave_estimates_unwatched_and_say_so():
    reference = accept(log_of(0, 0, 12, rows=40), BY_ROW)
    assert list(reference.gauges) == ["realised"]
    assert reference.missing == ("480 labelled rows; an error model needs more",)


def test_a_period_without_rows_is_refused():
    with pytest.raises(DataError, match="no rows"):
        accept(log_of(0, 0, 1).take(slice(0)), BY_ROW)


def test_a_slice_of_a_column_that_is_not_there_names_the_nearest():
    with pytest.raises(DataError) as refused:
        accept(log_of(0, 0, 12), replace(BY_ROW, slices=("wrod",)))
    assert refused.value.nearest == "word"


def test_the_worst_slices_are_found_where_they_were_asked_for():
    reference = accept(log_of(0, 0, DAYS), replace(BY_ROW, worst=3))
    assert 0 < len(reference.slices) <= 3
    assert any(piece.column in {"z0", "z1", "z2"} for piece in reference.slices)


def test_breakage_pages_at_once_whatever_else_is_watched():
    few, many = accept(log_of(0, 0, 9), BY_ROW), accepted(replace(BY_ROW, slices=("word",)))
    for reference in (few, many):
        found = followed(reference, log_of(4, DAYS, 1, change="null"))
        assert found.pages[0].page.shares[0][0] == "breakage"
        assert reference.breakage.chance > 1e-5


def test_a_feature_that_is_named_prediction_is_no_breakage():
    log = joined(log_of(0, 0, 14), log_of(1, 14, 4))
    named = replace(log, columns=replace(log.columns, names=(PREDICTION, *log.columns.names[1:])))
    reference = accept(named.between(0, MONDAY + 14 * DAY), BY_ROW)
    assert followed(reference, named.between(MONDAY + 14 * DAY, MONDAY + 18 * DAY)).pages == ()


def task_log(task, first, days, *, worse=0.0, missing=0.0):
    """Rows of a regression or of three classes; `worse` is how much of the relation is lost."""
    generator = np.random.default_rng([23, first])
    at = (
        MONDAY
        + np.repeat(np.arange(first, first + days), 500) * DAY
        + np.tile(np.arange(500), days) * 1_000_000
    )
    x = generator.normal(size=(at.size, 3))
    if task == "regression":
        score = 20 + 5 * x[:, 0]
        label = score + (2 + 2 * (x[:, 1] > 0) + 4 * worse) * generator.normal(size=at.size)
    else:
        logits = 2 * x @ np.array([[1.0, -1, 0], [0, 1, -1], [0.3, 0, 0]])
        score = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        drawn = (generator.random(at.size)[:, None] > score.cumsum(axis=1)).sum(axis=1).clip(0, 2)
        label = np.where(generator.random(at.size) < worse, generator.integers(0, 3, at.size), drawn).astype(
            float
        )
    label[generator.random(at.size) < missing] = np.nan
    score[generator.random(at.size) < missing] = np.nan
    return Observed(at, Columns(("a", "b", "c"), x), score, label, at + LATE)


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_numbers_and_classes_are_watched_from_reference_to_page(task):
    reference = accept(task_log(task, 0, 20, missing=0.05), Options(task=task, unit="row"))
    assert set(reference.gauges) == {"realised", "estimated", "residual"}
    quiet = task_log(task, 20, 10, missing=0.05)
    assert followed(reference, quiet).pages == ()
    harmed = followed(reference, task_log(task, 30, 10, worse=0.6))
    page = harmed.pages[0]
    assert page.page.shares[0][0] in {"realised", "residual"}
    facts = dict(page.finding.evidence)
    assert facts["change of the loss from a changed relation (concept shift)"] > 0


def test_a_regression_is_told_in_the_label_s_own_numbers():
    reference = accept(task_log("regression", 0, 20), Options(task="regression", unit="row"))
    page = followed(reference, task_log("regression", 30, 10, worse=0.6)).pages[0]
    # the mean |error| grows from 0.8 x (2 or 4) to 0.8 x (4.4 or 6.4)
    assert page.finding.estimate == pytest.approx(0.8 * 2.4, abs=0.3)
    assert f"loses {page.finding.estimate:.3g} a request more" in page.finding.what


def weather_log(first, days, *, change=""):
    """Rain that is mostly null, a temperature all rows of a day share and that warms up, wind that drifts slowly."""
    generator = np.random.default_rng([29, first])
    shared = np.random.default_rng(31).normal(0, 4, 400)
    rows = 400
    day = np.repeat(np.arange(first, first + days), rows)
    at = MONDAY + day * DAY + np.tile(np.arange(rows), days) * 1_000_000
    wet = np.random.default_rng(37).beta(1, 4, 400)[day]
    rain = np.where(generator.random(day.size) < wet, generator.exponential(size=day.size), np.nan)
    temperature = shared[day] + 30 * day / 180 + 0.1 * generator.normal(size=day.size)
    wind = generator.normal(4 * day / 180, 1)
    columns = {"rain": rain, "temperature": temperature, "wind": wind}
    columns |= {
        "blizzard": {"rain": np.exp(wind)},
        "temperature null": {"temperature": np.full(day.size, np.nan)},
        "wind stuck": {"wind": np.zeros(day.size)},
        "wind in other units": {"wind": wind * 100},
        "rain infinite": {"rain": np.full(day.size, np.inf)},
    }.get(change, {})
    values, none = np.column_stack(list(columns.values())), np.full(day.size, np.nan)
    return Observed(at, Columns(tuple(columns), values), none, none, at + LATE)


def test_weather_seasons_and_natural_nulls_are_no_breakage():
    reference = accept(weather_log(0, 60), Options(budget=Budget(1.0)))
    assert followed(reference, weather_log(60, 90)).pages == ()


@pytest.mark.parametrize("change", ["temperature null", "wind stuck", "wind in other units", "rain infinite"])
def test_columns_of_the_same_kind_that_truly_break_page_at_once(change):
    reference = accept(weather_log(0, 60), Options())
    page = followed(reference, weather_log(60, 1, change=change)).pages[0]
    assert page.page.since == MONDAY + 60 * DAY
    assert page.finding.what.startswith(change.split()[0])
