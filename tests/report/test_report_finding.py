import itertools
import json

from hypothesis import given
from hypothesis import strategies as st

from trimtab.finding import Finding, Severity, by_severity, worst

ORDER = (Severity.OK, Severity.INFO, Severity.NOT_RUN, Severity.WATCH, Severity.ACT)
findings = st.lists(st.builds(Finding, st.text(max_size=5), st.sampled_from(Severity)), max_size=20)


def test_severities_are_ordered_from_ok_to_act():
    assert sorted(Severity) == list(ORDER)
    for one, other in itertools.combinations(ORDER, 2):
        assert one < other
        assert one <= other
        assert other > one
        assert other >= one
    assert str(Severity.NOT_RUN) == "NOT RUN"


@given(findings)
def test_findings_stand_worst_first_and_equals_keep_their_order(given_findings):
    found = by_severity(given_findings)
    assert all(one.severity >= other.severity for one, other in itertools.pairwise(found))
    for severity in Severity:
        alike = [one for one in given_findings if one.severity is severity]
        assert [one for one in found if one.severity is severity] == alike


@given(findings)
def test_the_worst_is_the_first(given_findings):
    assert worst(given_findings) == (
        by_severity(given_findings)[0].severity if given_findings else Severity.NOT_RUN
    )


def test_a_finding_becomes_plain_json():
    finding = Finding("late", Severity.WATCH, 5, 0.5, (float("-inf"), 1.0), evidence=("a", ("days", 3)))
    assert json.loads(json.dumps(finding.to_json(), allow_nan=False)) == {
        "what": "late",
        "severity": "WATCH",
        "since": 5,
        "estimate": 0.5,
        "interval": [None, 1.0],
        "cost": None,
        "cause": None,
        "owner": None,
        "action": None,
        "check_command": None,
        "evidence": ["a", ["days", 3]],
    }
