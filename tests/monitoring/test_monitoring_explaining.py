"""What a page says, number by number, against sums made by hand."""

from dataclasses import replace

import numpy as np
import pytest
from joined_world import ABOUT, DAY, DAYS, MONDAY, accepted, followed, log_of

from trimtab.declare.model import Stakes
from trimtab.finding import Severity
from trimtab.monitoring.attribution import Origin
from trimtab.monitoring.budget import Monitor
from trimtab.monitoring.explaining import About, page_finding, split
from trimtab.monitoring.gauge import Gauge, Part
from trimtab.monitoring.options import Options
from trimtab.monitoring.reference import accept
from trimtab.monitoring.slices import Slice
from trimtab.monitoring.summary import OutcomeSummary
from trimtab.monitoring.watcher import Watcher
from trimtab.monitoring.watching import Page
from trimtab.stats import Bootstrap, UnitTotals
from trimtab.stats.scale import Scale

FIRST = MONDAY + DAYS * DAY
SLICE = "realised, word = d"
GAINS = [0.02, 0.05, 0.03, 0.06, 0.04, 0.01, 0.07, 0.02, 0.05, 0.03, 0.04, 0.06]
"""What each day's rows lose more, by hand."""


def gauge(name, null):
    kind, _, piece = name.partition(", ")
    return Gauge(Monitor(kind, piece), Scale(0.0, 1.0), 0.02, None, null)


def reference_of(*, paired=False, stakes=None):
    """A reference of which the expected means are known: 0.2 of the whole, 0.3 of a slice, 0.5 of the residual."""
    means = {"realised": 0.2, SLICE: 0.3, "residual": 0.5}
    known = accept(log_of(0, 0, 3), Options(stakes=stakes)) if stakes else accepted()
    return replace(
        known,
        gauges={name: gauge(name, mean) for name, mean in means.items()},
        slices=(Slice("word", 3.0, 4.0, "d"),),
        paired=paired,
        baseline=0.2,
        tolerance=0.02,
    )


def outcome(day, gain, *, paired=False):
    """100 rows of a day that lose 0.2 + gain, 40 in the slice 0.3 + 2 gain, of which estimates knew a quarter."""
    base, of_slice = (0.0, 0.0) if paired else (0.2, 0.3)
    parts = {
        "realised": Part(100 * (base + gain), 0.0, 100),
        SLICE: Part(40 * (of_slice + 2 * gain), 0.0, 40),
        "residual": Part(100 * (0.5 + 0.75 * gain / 2), 0.0, 100),
    }
    estimated = Part(100 * (0.2 + gain / 4), 0.0, 100)
    loss = Part(100 * (0.2 + gain), 0.0, 100)
    return OutcomeSummary(FIRST + day * DAY, 0, parts, loss, Part(), estimated, Part(0.0, 0.0, 100))


def told(name, *, paired=False, about=ABOUT, reference=None, since=FIRST):
    known = reference_of(paired=paired) if reference is None else reference
    outcomes = tuple(outcome(day, gain, paired=paired) for day, gain in enumerate(GAINS))
    state = replace(Watcher(accepted()).begin(), outcomes=outcomes, lag=2 * DAY)
    page = Page(FIRST + 14 * DAY, since + 2 * DAY, np.log(400.0), 365.25, ((name, 1.0),))
    return page_finding(known, state, page, about)


def by_hand(values, rows):
    totals = UnitTotals(np.arange(len(values)), np.array(values), np.full(len(values), float(rows)))
    found = Bootstrap(0, 7).mean(totals)
    return found.low, found.high


@pytest.mark.parametrize("paired", [False, True])
def test_harm_of_the_whole_is_its_mean_beyond_what_was_expected(paired):
    found = told("realised", paired=paired)
    assert found.estimate == pytest.approx(np.mean(GAINS))
    assert found.interval == pytest.approx(by_hand([100 * gain for gain in GAINS], 100))
    assert found.since == FIRST
    assert found.what.startswith("flight-delay loses 0.0400 a request more")
    assert found.cost == "0.0400 a request, 4.0000 a window of 100 requests"


@pytest.mark.parametrize("paired", [False, True])
def test_harm_of_a_slice_is_that_beyond_its_own_expectation_on_its_own_rows(paired):
    found = told(SLICE, paired=paired)
    assert found.estimate == pytest.approx(2 * np.mean(GAINS))
    assert found.interval == pytest.approx(by_hand([80 * gain for gain in GAINS], 40))
    assert found.what.startswith("word = d loses 0.0800 a request more")
    assert found.cost.endswith("3.2000 a window of 40 requests")
    assert dict(found.evidence)["slice word = d"] == pytest.approx(0.08)


def test_a_page_of_the_residual_alone_tells_what_was_not_expected():
    found = told("residual", paired=True)
    assert found.estimate == pytest.approx(0.75 * np.mean(GAINS))
    assert found.what == "flight-delay loses 0.0300 a request more than its features and scores let expect"
    assert found.action.startswith("look at what moved")


def test_the_growth_is_split_into_other_requests_and_a_changed_relation():
    outcomes = [outcome(day, gain) for day, gain in enumerate(GAINS)]
    covariate, concept = split(reference_of(), outcomes)
    assert covariate == pytest.approx(np.mean(GAINS) / 4)
    assert concept == pytest.approx(3 * np.mean(GAINS) / 4)
    assert covariate + concept == pytest.approx(np.mean(GAINS))


def test_without_an_error_model_the_parts_are_unknown_and_no_cause_is_claimed():
    nothing = [replace(outcome(0, 0.1), gap=Part())]
    assert np.isnan(split(reference_of(), nothing)).all()
    bare = replace(accepted(), gauges={"realised": accepted().gauges["realised"]}, estimate=None)
    page = followed(bare, log_of(4, DAYS, 25, change="concept")).pages[0]
    assert "no error model tells" in page.finding.cause
    assert page.finding.to_json()["severity"] == "ACT"


def test_windows_before_the_harm_are_not_counted_to_it():
    found = told("realised", since=FIRST + 6 * DAY)
    assert found.estimate == pytest.approx(np.mean(GAINS[6:]))
    assert found.interval is None
    assert dict(found.evidence)["windows since then"] == 6


def test_money_is_told_in_money():
    stakes = Stakes(currency="EUR", false_alarm=20, miss=60)
    found = told("realised", reference=reference_of(stakes=stakes))
    assert found.what.startswith("flight-delay loses 2.4 EUR a request more than in the period")
    assert found.estimate == pytest.approx(60 * np.mean(GAINS))
    assert found.cost == "2.4 EUR a request, 240 EUR a window of 100 requests"
    assert dict(found.evidence)["tolerated"] == pytest.approx(1.2)


def test_how_sure_a_page_is_stands_beside_what_a_page_needs():
    facts = dict(told("realised").evidence)
    assert facts["evidence"] == pytest.approx(400.0)
    assert facts["a page needs"] == 365.25
    assert facts["false pages a year, at most"] == 1.0
    assert facts["told by"] == "realised 100%"


def test_estimated_harm_names_the_column_and_its_owner_before_labels_come():
    origins = {"z2": Origin("weather", "visibility", "noaa")}
    log = log_of(5, DAYS, 3, change="covariate")
    about = About("flight-delay", origins, "trimtab watch", "trimtab train")
    sent = followed(accepted(), log).pages[0]
    state = followed(accepted(), log.between(0, sent.page.at + DAY)).state
    found = page_finding(accepted(), state, sent.page, about)
    assert found.severity is Severity.ACT
    assert found.owner == "noaa"
    assert "z2 (of weather)" in found.cause
    low, high = found.interval
    assert low < found.estimate < high
    assert "labels are not there yet" in found.what
