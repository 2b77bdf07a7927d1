"""Gross breakage: seen in the first window, and never in a quiet world, however it swings."""

import numpy as np
import pytest
from drifting import DAY, HOUR, START, hours, reference_of, rows_of, with_column

from trimtab import units
from trimtab.finding import Severity
from trimtab.monitoring.attribution import Origin
from trimtab.monitoring.breakage import BreakageMonitor, breakage_finding
from trimtab.monitoring.budget import Budget, log_inflows
from trimtab.monitoring.counts import Columns, fit_bins
from trimtab.monitoring.same_phase import fit_same_phase
from trimtab.stats.betting import evidence
from trimtab.stats.detector import advance, empty_detector


def quiet(monitor, windows, rng, *, rows=1000, cycle=0.0, first=240):
    """How many of so many hourly windows count as broken, and the recent past after them."""
    recent, broken = monitor.begin(), 0.0
    for hour in range(first, first + windows):
        at = hours(hour, 1, rows)
        window = monitor.reference.binning.count(rows_of(rng, at, cycle=cycle), at)
        verdict = monitor.judge(window, recent)
        recent = monitor.remember(recent, window, verdict)
        broken += verdict.value or 0.0
    return broken, recent


def break_with(kind, rng):
    return {
        "stuck": np.zeros_like,
        "null": lambda x: np.full_like(x, np.nan),
        "half null": lambda x: np.where(rng.random(x.size) < 0.5, np.nan, x),
        "ten times": lambda x: x * 10,
        "a tenth": lambda x: x / 10,
        "infinite": lambda x: x + np.inf,
        "a default in half": lambda x: np.where(rng.random(x.size) < 0.5, -1.0, x),
    }[kind]


@pytest.mark.parametrize("cycle", [0.0, 0.5])
def test_quiet_windows_are_never_broken(cycle):
    rng = np.random.default_rng(1)
    monitor = BreakageMonitor(reference_of(rng, cycle=cycle))
    assert quiet(monitor, 400, rng, cycle=cycle, rows=500)[0] == 0


@pytest.mark.campaign
@pytest.mark.parametrize(("cycle", "rows"), [(0.0, 1000), (0.5, 1000), (0.5, 100)])
def test_not_one_of_five_thousand_quiet_windows_is_broken(cycle, rows):
    rng = np.random.default_rng(2)
    monitor = BreakageMonitor(reference_of(rng, cycle=cycle))
    assert quiet(monitor, 5000, rng, cycle=cycle, rows=rows)[0] == 0


@pytest.mark.parametrize("rows", [100, 1000])
@pytest.mark.parametrize(
    "kind", ["stuck", "null", "half null", "ten times", "a tenth", "infinite", "a default in half"]
)
def test_a_broken_column_is_found_in_its_first_window(kind, rows):
    rng = np.random.default_rng(3)
    monitor = BreakageMonitor(reference_of(rng, cycle=0.5))
    recent = quiet(monitor, 3, rng, cycle=0.5)[1]
    at = hours(260, 1, rows)
    columns = with_column(rows_of(rng, at, cycle=0.5), "x5", break_with(kind, rng))
    verdict = monitor.judge(monitor.reference.binning.count(columns, at), recent)
    assert verdict.value == 1
    assert verdict.theta == 1e-6
    assert [gain.column for gain in verdict.gains] == ["x5"]


def test_new_words_and_a_stuck_word_are_found():
    rng = np.random.default_rng(4)
    monitor = BreakageMonitor(reference_of(rng))
    at = hours(240, 1)
    columns = rows_of(rng, at)
    renamed = Columns(columns.names, columns.values, {**columns.dictionaries, "t8": tuple("ABCDefgh")})
    verdict = monitor.judge(monitor.reference.binning.count(renamed, at), monitor.begin())
    assert [(gain.column, gain.kind) for gain in verdict.gains] == [("t8", "words never seen")]
    stuck = with_column(columns, "t2", np.zeros_like)
    verdict = monitor.judge(monitor.reference.binning.count(stuck, at), monitor.begin())
    assert verdict.gains[0].column == "t2"


def test_a_flag_that_is_nearly_always_nought_is_still_seen_to_stick():
    rng = np.random.default_rng(5)
    at = hours(0, 240, 500)
    rows = Columns(("flag",), (rng.random((at.size, 1)) < 0.1) * 1.0)
    monitor = BreakageMonitor(fit_same_phase(fit_bins(rows), rows, at, window=HOUR))
    count = monitor.reference.binning.count
    assert (
        monitor.judge(count(Columns(("flag",), np.zeros((500, 1)))), monitor.begin()).gains[0].kind == "stuck"
    )
    usual = Columns(("flag",), (rng.random((500, 1)) < 0.1) * 1.0)
    assert monitor.judge(count(usual), monitor.begin()).value == 0


def test_a_benign_shift_is_drift_and_not_breakage():
    rng = np.random.default_rng(6)
    monitor = BreakageMonitor(reference_of(rng))
    at = hours(240, 1)
    columns = rows_of(rng, at)
    for name in ("x5", "x6", "x7"):
        columns = with_column(columns, name, lambda x: x + 1)
    assert monitor.judge(monitor.reference.binning.count(columns, at), monitor.begin()).value == 0


def weather(rng, days, first=0, rows=400):
    """A column that is nearly the same for all rows of a day and warms up by 30 over half a year, beside a usual one."""
    at = (
        START
        + np.repeat(np.arange(first, first + days), rows) * DAY
        + np.tile(np.arange(rows), days) * HOUR // 20
    )
    day = (at - START) // DAY
    daily = rng.normal(0, 4, 10_000)[day]
    warm = daily + 30 * day / 180
    return Columns(
        ("temperature", "usual"), np.stack([warm + rng.normal(size=at.size), rng.normal(size=at.size)], 1)
    ), at


def test_a_season_that_leaves_the_reference_behind_is_no_breakage():
    rng = np.random.default_rng(7)
    rows, at = weather(rng, 60)
    monitor = BreakageMonitor(fit_same_phase(fit_bins(rows), rows, at))
    assert monitor.unwatched == ("temperature",)
    recent = monitor.begin()
    for day in range(60, 180):
        today, at = weather(rng, 1, day)
        window = monitor.reference.binning.count(today, at)
        verdict = monitor.judge(window, recent)
        assert verdict.value == 0, day
        recent = monitor.remember(recent, window, verdict)


def test_slow_change_of_a_steady_column_is_no_breakage_and_a_jump_to_the_same_place_is():
    rng = np.random.default_rng(8)
    at = START + np.repeat(np.arange(30), 500) * DAY
    rows = Columns(("x",), rng.normal(size=(at.size, 1)))
    monitor = BreakageMonitor(fit_same_phase(fit_bins(rows), rows, at))
    recent = monitor.begin()
    for day in range(120):
        window = monitor.reference.binning.count(Columns(("x",), rng.normal(4 * day / 120, 1, (500, 1))))
        verdict = monitor.judge(window, recent)
        assert verdict.value == 0, day
        recent = monitor.remember(recent, window, verdict)
    jump = monitor.reference.binning.count(Columns(("x",), rng.normal(4, 1, (500, 1))))
    assert monitor.judge(jump, monitor.begin()).value == 1


def test_a_broken_window_leaves_no_trace_in_the_recent_past():
    rng = np.random.default_rng(9)
    monitor = BreakageMonitor(reference_of(rng))
    recent = quiet(monitor, 3, rng)[1]
    at = hours(250, 1)
    broken = monitor.reference.binning.count(with_column(rows_of(rng, at), "x5", np.zeros_like), at)
    for _ in range(50):
        verdict = monitor.judge(broken, recent)
        assert verdict.value == 1
        recent = monitor.remember(recent, broken, verdict)


def test_a_window_of_few_rows_is_no_data():
    rng = np.random.default_rng(10)
    monitor = BreakageMonitor(reference_of(rng))
    at = hours(240, 1, 10)
    window = monitor.reference.binning.count(rows_of(rng, at), at)
    assert monitor.judge(window, monitor.begin()).value is None
    assert monitor.remember(monitor.begin(), window, monitor.judge(window, monitor.begin())).rows == 0


def test_at_the_edge_of_the_tolerance_windows_are_broken_no_more_often_than_promised():
    rng = np.random.default_rng(11)
    at = hours(0, 240, 200)
    rows = Columns(("x",), rng.integers(0, 10, (at.size, 1)) * 1.0)
    monitor = BreakageMonitor(fit_same_phase(fit_bins(rows), rows, at, window=HOUR), chance=0.02)
    slot, hits, broken = 1 + 3 + 1, 2000, 0
    share = float(monitor.reference.expected(np.zeros(168))[slot]) + 0.25
    for _ in range(hits):
        values = np.where(rng.random(300) < share, 3, rng.choice([0, 1, 2, 4, 5, 6, 7, 8, 9], 300))
        window = monitor.reference.binning.count(Columns(("x",), values.reshape(-1, 1) * 1.0))
        broken += int(monitor.judge(window, monitor.begin()).value)
    assert broken <= 0.02 * hits


def test_the_finding_of_a_broken_column_goes_to_its_owner():
    rng = np.random.default_rng(12)
    monitor = BreakageMonitor(reference_of(rng))
    at = hours(240, 1)
    columns = with_column(rows_of(rng, at), "x5", lambda x: x * np.nan)
    verdict = monitor.judge(monitor.reference.binning.count(columns, at), monitor.begin())
    finding = breakage_finding(verdict, {"x5": Origin("landings", "delay", "ops-data")}, since=int(at[0]))
    assert finding.severity == Severity.ACT
    assert finding.owner == "ops-data"
    assert finding.what == "x5 is broken (nulls): 100% of rows are null, at most 0% at this hour or lately"
    fine = monitor.judge(monitor.reference.binning.count(rows_of(rng, at), at), monitor.begin())
    assert breakage_finding(fine, {}) is None


def test_one_broken_hour_pages_by_itself_under_a_budget_of_one_a_year():
    rng = np.random.default_rng(13)
    budget = Budget(1.0, units.hours(1))
    monitor = BreakageMonitor(reference_of(rng))
    assert monitor.chance <= budget.theta_at_once(0.2)
    at = hours(240, 1)
    broken = monitor.reference.binning.count(with_column(rows_of(rng, at), "x5", np.zeros_like), at)
    verdict = monitor.judge(broken, monitor.begin())
    state = advance(
        empty_detector((1,)),
        evidence([verdict.value], verdict.theta).log_e(),
        at=int(at[0]),
        log_inflow=log_inflows(np.array([0.2]), [True]),
    )
    assert budget.exceeded(state)
