"""Drift against the same hours of the week: quiet over cycles, ranked by effect, traced to its owner."""

import numpy as np
import pytest
from drifting import DAY, HOUR, START, hours, reference_of, rows_of, with_column
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from trimtab.errors import DataError
from trimtab.finding import Severity
from trimtab.monitoring.attribution import Origin, by_source, drift_findings, moved
from trimtab.monitoring.counts import Columns, fit_bins
from trimtab.monitoring.decomposition import LabelledRows, decompose, expected_under_base_rate
from trimtab.monitoring.domain import domain_view
from trimtab.monitoring.drift import drifts
from trimtab.monitoring.same_phase import fit_same_phase

patient = settings(deadline=None, max_examples=25)


def noise_loss(columns):
    """A loss that the column x0 drives, and x1 a little; the others do nothing to it."""
    return 1 / (1 + np.exp(-(columns.values[:, 0] + 0.1 * columns.values[:, 1])))


def window(reference, columns, at):
    return reference.binning.count(columns, at)


def named(found, name):
    return next(drift for drift in found if drift.column == name)


def test_a_daily_cycle_is_no_drift_at_its_own_hours_and_would_be_without_them():
    rng = np.random.default_rng(1)
    reference = reference_of(rng, cycle=0.5, days=14)
    timed = untimed = 0
    for hour in range(14 * 24, 16 * 24):
        at = hours(hour, 1)
        columns = rows_of(rng, at, cycle=0.5)
        timed += len(moved(drifts(reference, [window(reference, columns, at)])))
        untimed += len(moved(drifts(reference, [reference.binning.count(columns)])))
    assert timed == 0
    assert untimed > 20


def test_a_weekly_cycle_is_no_drift():
    rng = np.random.default_rng(2)

    def weekly(at):
        weekend = (at // DAY + 3) % 7 >= 5
        return Columns(("x",), (rng.normal(size=at.size) + 2 * weekend).reshape(-1, 1))

    at = hours(0, 24 * 56, 20)
    rows = weekly(at)
    reference = fit_same_phase(fit_bins(rows), rows, at)
    for day in range(56, 63):
        at = hours(24 * day, 24, 60)
        (found,) = drifts(reference, [window(reference, weekly(at), at)])
        assert not moved([found]), day


def test_an_hour_seen_on_few_days_borrows_from_the_others():
    rng = np.random.default_rng(3)
    short = reference_of(rng, days=5)
    per_day = short.shares.reshape(7, 24, -1)
    assert np.allclose(per_day, per_day[:1])
    assert (short.support.min(axis=1) >= 40).all()


def test_shares_are_those_of_the_hour_where_hours_differ_and_of_the_whole_where_not():
    rng = np.random.default_rng(4)
    at = hours(0, 24 * 28, 50)
    cycle = 3 * np.sin(2 * np.pi * (at % DAY) / DAY)
    rows = Columns(("cycling", "flat"), rng.normal(size=(at.size, 2)) + np.outer(cycle, [1, 0]))
    reference = fit_same_phase(fit_bins(rows), rows, at)
    cycling, flat = (reference.shares[:, reference.binning.parts(column)] for column in (0, 1))
    at_six = rows.values[(at % DAY) // HOUR == 6]
    own = fit_same_phase(reference.binning, Columns(rows.names, at_six), at[(at % DAY) // HOUR == 6])
    whole = own.known[reference.binning.parts(0)] / len(at_six)
    assert np.abs(cycling[6] - whole).sum() / 2 < 0.06
    assert np.abs(flat - flat.mean(axis=0)).sum(axis=1).max() / 2 < 0.02


def test_the_irrelevant_column_that_moved_most_ranks_below_the_harmful_one():
    rng = np.random.default_rng(5)
    reference = reference_of(rng, loss=noise_loss, score=noise_loss)
    at = hours(240, 3)
    columns = rows_of(rng, at)
    columns = with_column(columns, "x0", lambda x: x + 0.5)
    columns = with_column(columns, "x7", lambda x: x + 3)
    found = drifts(reference, [window(reference, columns, at)])
    assert max(found, key=lambda drift: drift.psi).column == "x7"
    assert [drift.column for drift in found][:1] == ["x0"]
    harmful, harmless = named(found, "x0"), named(found, "x7")
    truth = noise_loss(columns).mean() - noise_loss(with_column(columns, "x0", lambda x: x - 0.5)).mean()
    assert harmful.loss_effect.estimate == pytest.approx(truth, rel=0.12)
    assert harmful.loss_effect.above(0.05)
    assert abs(harmless.loss_effect.estimate) < 0.02
    assert harmless.uncharted > 0.1


def test_a_column_with_the_daily_cycle_of_the_loss_is_not_taken_for_its_cause():
    rng = np.random.default_rng(17)
    reference = reference_of(rng, cycle=1.0, days=28, loss=noise_loss)
    at = hours(28 * 24, 24, 100)
    columns = with_column(rows_of(rng, at, cycle=1.0), "x3", lambda x: x + 1)
    found = named(drifts(reference, [window(reference, columns, at)]), "x3")
    assert found.total_variation.above(0.2)
    assert abs(found.loss_effect.estimate) < 0.01
    columns = with_column(columns, "x0", lambda x: x + 1)
    truth = noise_loss(columns).mean() - noise_loss(with_column(columns, "x0", lambda x: x - 1)).mean()
    found = named(drifts(reference, [window(reference, columns, at)]), "x0")
    assert found.loss_effect.estimate == pytest.approx(truth, rel=0.12)


def test_effect_sizes_are_those_of_their_textbooks():
    rng = np.random.default_rng(6)
    old, new = rng.normal(size=20_000), rng.normal(0.4, 1.0, 20_000)
    rows = Columns(("x",), old.reshape(-1, 1))
    at = hours(0, 20, 1000)
    reference = fit_same_phase(fit_bins(rows), rows, at, window=HOUR)
    (found,) = drifts(reference, [reference.binning.count(Columns(("x",), new.reshape(-1, 1)))])
    assert found.wasserstein == pytest.approx(scipy_stats.wasserstein_distance(old, new), rel=0.12)
    assert found.total_variation.estimate == pytest.approx(2 * scipy_stats.norm.cdf(0.2) - 1, abs=0.02)
    assert found.psi == pytest.approx(0.16, abs=0.02)
    assert found.total_variation.contains(2 * scipy_stats.norm.cdf(0.2) - 1)


@given(st.integers(0, 2**32 - 1), st.sampled_from([50, 400, 3000]), st.floats(0, 0.3))
@patient
def test_the_bounds_of_the_mass_that_moved_hold_the_truth(seed, rows, shift):
    rng = np.random.default_rng(seed)
    before = np.full(10, 0.1)
    after = before + shift * np.array([0.3] * 3 + [0.0] * 4 + [-0.3] * 3)
    at = hours(0, 100, 50)
    draw = lambda share, n: Columns(("x",), rng.choice(10, n, p=share).reshape(-1, 1) * 1.0)  # noqa: E731
    old = draw(before, 5000)
    reference = fit_same_phase(fit_bins(old), old, at, window=HOUR)
    (found,) = drifts(reference, [reference.binning.count(draw(after, rows))])
    assert found.total_variation.contains(0.9 * shift)


def test_days_that_differ_among_themselves_widen_the_bounds():
    rng = np.random.default_rng(7)
    at = hours(0, 24 * 60, 10)
    weather = rng.normal(size=70)
    day = (at - START) // DAY
    rows = Columns(
        ("wet", "dry"), np.stack([rng.normal(size=at.size) + weather[day], rng.normal(size=at.size)], 1)
    )
    reference = fit_same_phase(fit_bins(rows), rows, at)
    assert reference.correlation[0] > 0.02
    assert reference.correlation[1] < 0.001
    for each in range(60, 70):
        times = hours(24 * each, 24, 100)
        today = Columns(
            rows.names, np.stack([rng.normal(size=2400) + weather[each], rng.normal(size=2400)], 1)
        )
        found = drifts(reference, [window(reference, today, times)])
        assert not moved(found), each
    assert named(found, "wet").total_variation.low < named(found, "wet").total_variation.estimate - 0.1


def test_a_lasting_shift_of_half_a_standard_deviation_is_named_on_its_first_day():
    rng = np.random.default_rng(16)
    reference = reference_of(rng, cycle=0.5, days=28)
    day = [hours(hour, 1) for hour in range(28 * 24, 29 * 24)]
    shifted = [with_column(rows_of(rng, at, cycle=0.5), "x6", lambda x: x + 0.5) for at in day]
    counts = [window(reference, columns, at) for columns, at in zip(shifted, day, strict=True)]
    assert [drift.column for drift in moved(drifts(reference, counts))] == ["x6"]


def test_no_rows_are_no_answer():
    reference = reference_of(np.random.default_rng(8), days=3)
    with pytest.raises(DataError, match="no rows"):
        drifts(reference, [reference.binning.nothing()])


def test_drift_is_traced_to_its_source_and_owner_and_never_pages():
    rng = np.random.default_rng(9)
    reference = reference_of(rng, loss=noise_loss)
    origins = {f"x{i}": Origin("weather", f"c{i}", "met-office") for i in range(5)}
    origins |= {f"x{i}": Origin("landings", f"c{i}", "ops-data") for i in range(5, 16)}
    at = hours(240, 3)
    columns = with_column(rows_of(rng, at), "x0", lambda x: x + 1)
    columns = with_column(columns, "x9", lambda x: x * 4)
    found = drifts(reference, [window(reference, columns, at)])
    sources = by_source(found, origins)
    assert [(source.source, source.owner) for source in sources] == [
        ("weather", "met-office"),
        ("landings", "ops-data"),
    ]
    assert sources[0].drifts[0].column == "x0"
    first, second = drift_findings(found, origins, since=START, metric="log loss")
    assert first.what.startswith("x0 drifts")
    assert first.owner == "met-office"
    assert first.cause.startswith("weather.c0: ")
    assert second.owner == "ops-data"
    assert max(first.severity, second.severity) == Severity.WATCH
    assert first.estimate == pytest.approx(noise_loss(columns).mean() - 0.5, abs=0.05)


def test_the_label_and_the_prediction_drift_like_any_column():
    rng = np.random.default_rng(10)
    at = hours(0, 240, 40)
    rows = Columns(("score", "late"), np.stack([rng.beta(2, 5, at.size), rng.random(at.size) < 0.3], 1))
    reference = fit_same_phase(fit_bins(rows), rows, at, window=HOUR)
    later = Columns(rows.names, np.stack([rng.beta(2, 5, 3000), rng.random(3000) < 0.6], 1))
    found = drifts(reference, [window(reference, later, hours(240, 3))])
    assert [drift.column for drift in moved(found)] == ["late"]
    assert {move.bin for move in found[0].moves} == {"0 to 1", "1 to 1"}


def binary(y, score, estimate, unit):
    """Rows whose loss is the Brier loss of the probability of 1."""
    both = np.stack([1 - score, score], 1)
    return LabelledRows(
        (y - score) ** 2, estimate, unit, y.astype(int), both, np.stack([score**2, (1 - score) ** 2], 1)
    )


def world(rng, *, center=0.0, slope=2.0, rate=None, rows=20_000):
    """Rows of a calibrated model of one column; another rate draws rows of each class as often as it says."""
    x = rng.normal(center, 1.0, rows * (1 if rate is None else 8))
    y = rng.random(x.size) < 1 / (1 + np.exp(-slope * x))
    if rate is not None:
        ones, zeros = np.flatnonzero(y), np.flatnonzero(~y)
        count = int(rate * rows)
        kept = rng.permutation(np.concatenate([ones[:count], zeros[: rows - count]]))
        x, y = x[kept], y[kept]
    score = 1 / (1 + np.exp(-2.0 * x))
    return binary(y, score, score * (1 - score), np.arange(y.size) % 40)


@pytest.mark.parametrize(
    ("change", "cause"),
    [({"center": 1.5}, "covariate"), ({"center": -1.5, "rate": 0.6}, "prior"), ({"slope": 0.5}, "concept")],
)
def test_the_parts_of_a_change_in_loss_name_its_cause_and_add_up(change, cause):
    rng = np.random.default_rng(11)
    start = {"center": -1.5} if cause == "prior" else {}
    found = decompose(world(rng, **start), world(rng, **change))
    parts = {name: getattr(found, name) for name in ("covariate", "prior", "concept")}
    assert found.whole.estimate == pytest.approx(sum(part.estimate for part in parts.values()))
    if cause == "prior":
        # another base rate also brings other rows; what is left to explain is small
        assert abs(parts["concept"].estimate) < 0.003
        assert not parts["prior"].contains(0)
    else:
        assert found.cause == cause
        assert not parts[cause].contains(0)
        others = [part.estimate for name, part in parts.items() if name != cause]
        assert max(map(abs, others)) < 0.005


def test_few_units_have_a_change_but_no_bounds():
    rng = np.random.default_rng(12)
    rows = world(rng, rows=400)
    few = LabelledRows(rows.loss, rows.estimate, np.arange(400) % 4)
    found = decompose(few, few)
    assert found.whole.estimate == 0
    assert not found.whole.known
    with pytest.raises(DataError, match="a loss and an estimate in every row"):
        decompose(few, LabelledRows(np.array([np.nan]), np.array([0.1]), np.array([1])))


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
@patient
def test_scores_moved_to_a_base_rate_have_it_and_keep_their_order(seed, rate):
    score = np.random.default_rng(seed).uniform(0.05, 0.95, 200)
    moved_to = expected_under_base_rate(np.stack([1 - score, score], 1), [1 - rate, rate])
    assert moved_to[:, 1].mean() == pytest.approx(rate, abs=1e-6)
    assert (np.diff(moved_to[np.argsort(score), 1]) >= 0).all()
    odds = np.log(moved_to[:, 1] / moved_to[:, 0]) - np.log(score / (1 - score))
    assert np.ptp(odds) < 1e-9


def test_a_classifier_tells_a_changed_window_by_the_column_that_changed():
    rng = np.random.default_rng(13)
    at = hours(0, 2, 700)
    old, same = rows_of(rng, at), rows_of(rng, at)
    changed = with_column(with_column(same, "x3", lambda x: x + 1.5), "t8", lambda x: np.minimum(x, 3))
    binning = fit_bins(old)
    quiet, loud = (domain_view(binning, old, rows, seed=1) for rows in (same, changed))
    assert quiet.area.contains(0.5)
    assert loud.area.above(0.8)
    assert {name for name, _ in loud.separating[:2]} == {"x3", "t8"}
    assert domain_view(binning, old, changed, seed=1) == loud


def test_days_that_differ_fool_a_classifier_of_rows_and_not_one_of_days():
    rng = np.random.default_rng(14)
    day = np.repeat(np.arange(30), 40)

    def days():
        return Columns(
            ("wet", "dry"),
            np.stack([rng.normal(size=30)[day] * 2 + rng.normal(size=1200), rng.normal(size=1200)], 1),
        )

    old, new = days(), days()
    binning = fit_bins(old)
    by_rows, by_days = (
        domain_view(binning, old, new, seed=2),
        domain_view(binning, old, new, seed=2, units=(day, day)),
    )
    assert by_rows.area.above(0.53)
    assert by_days.area.contains(0.5)
    with pytest.raises(DataError, match="too few units"):
        domain_view(binning, old, new, seed=2, units=(day, day // 20))


@pytest.mark.campaign
@pytest.mark.parametrize("cycle", [0.0, 0.5])
def test_no_column_drifts_in_five_thousand_quiet_windows(cycle):
    rng = np.random.default_rng(15)
    reference = reference_of(rng, cycle=cycle)
    for hour in range(240, 5240):
        at = hours(hour, 1)
        assert not moved(drifts(reference, [window(reference, rows_of(rng, at, cycle=cycle), at)]))
