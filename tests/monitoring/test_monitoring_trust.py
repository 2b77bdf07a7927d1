"""The trust gate: each reason alone silences the estimate, and is said."""

from dataclasses import replace

import pytest

from trimtab.finding import Severity
from trimtab.monitoring.losses import BoundedLoss
from trimtab.monitoring.residual import PastError
from trimtab.monitoring.reweighted import Reweighted
from trimtab.monitoring.trust import estimated_finding, trust

GOOD = Reweighted(5000, 0.21, 0.004, 0.003, effective_rows=8000.0, coverage=0.97)
LOSS = BoundedLoss("decision", "binary", scale=60.0, unit="EUR")


def test_a_good_estimate_is_trusted_with_its_uncertainty():
    verdict = trust(GOOD, PastError(30, 30_000, 0.0, 0.004), 0.02)
    assert verdict.trusted
    assert verdict.uncertainty == pytest.approx(0.004 + 1.645 * 0.003 + 1.645 * 0.004)


def test_no_past_yet_is_no_reason_for_silence():
    assert trust(GOOD, None, 0.02).trusted
    assert trust(GOOD, PastError(3, 3000), 0.02).trusted


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rows": 200}, "only 200 rows"),
        ({"coverage": 0.4}, "only 40 % of the rows"),
        ({"standard_error": 0.02, "effective_rows": 300.0}, "worth 300 (needs 1,200)"),
        ({"correction": -0.03}, "0.030 apart"),
    ],
)
def test_each_weakness_alone_silences(change, reason):
    verdict = trust(replace(GOOD, **change), None, 0.02)
    assert len(verdict.reasons) == 1
    assert reason in verdict.reasons[0]


def test_a_bad_record_silences_and_so_do_broken_inputs():
    assert "0.049 off" in trust(GOOD, PastError(30, 30_000, 0.03, 0.03), 0.02).reasons[0]
    assert trust(GOOD, None, 0.02, broken=("age", "wind")).reasons == ("broken inputs: age, wind",)


def test_what_was_never_compared_is_not_trusted():
    assert not trust(None, None, 0.02).trusted
    assert trust(None, None, 0.02, broken=["age"]).reasons[0] == "broken inputs: age"


def test_the_finding_tells_size_uncertainty_and_price_and_never_acts():
    verdict = trust(GOOD, None, 0.02)
    found = estimated_finding(verdict, GOOD, 0.16, LOSS, 0.02)
    assert found.severity is Severity.WATCH
    assert found.estimate == pytest.approx(0.054)
    assert found.interval[1] - found.estimate == pytest.approx(verdict.uncertainty)
    assert found.cost == "3.24 EUR a row"
    assert estimated_finding(verdict, GOOD, 0.21, LOSS, 0.02).severity is Severity.OK


def test_a_silent_estimate_says_why():
    verdict = trust(replace(GOOD, coverage=0.1), None, 0.02)
    found = estimated_finding(verdict, GOOD, 0.16, LOSS, 0.02)
    assert found.severity is Severity.NOT_RUN
    assert found.estimate is None
    assert "10 %" in found.cause
