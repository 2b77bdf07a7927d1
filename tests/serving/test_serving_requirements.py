from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.declare.requires import Requires
from trimtab.errors import DeclarationError
from trimtab.finding import Severity
from trimtab.serving.requirements import Measured, judge
from trimtab.units import Duration, Size, days, gigabytes, hours, kilobytes, megabytes, milliseconds

ALL = Requires(p99=milliseconds(20), availability=0.999, staleness=days(30), size=megabytes(50), fairness=0.2)
GOOD = Measured(
    row_microseconds=40.0,
    p99_microseconds=9000.0,
    requests=10_000,
    unanswered=3,
    age=days(3),
    size=megabytes(2),
)


def verdicts(requires, measured):
    return [finding.severity for finding in judge(requires, measured)]


def test_every_declared_limit_gives_one_finding_and_no_other():
    assert judge(Requires(), GOOD) == ()
    assert len(judge(ALL, GOOD)) == 5
    for name in ("p99", "availability", "staleness", "size", "fairness"):
        assert len(judge(Requires(**{name: getattr(ALL, name)}), Measured())) == 1


def test_kept_limits_are_ok_and_unmeasured_ones_not_run():
    assert verdicts(ALL, GOOD) == [Severity.OK] * 4 + [Severity.NOT_RUN]
    missing = judge(ALL, Measured())
    assert {finding.severity for finding in missing} == {Severity.NOT_RUN}
    assert all(finding.cause for finding in missing)


@pytest.mark.parametrize(
    ("place", "broken", "says"),
    [
        (0, {"p99_microseconds": 20_001.0}, "20 milliseconds"),
        (1, {"unanswered": 11}, "0.9989 of 10,000"),
        (2, {"age": days(30) + hours(1)}, "30 days"),
        (3, {"size": megabytes(51)}, "51 MB"),
    ],
)
def test_each_broken_limit_is_an_act_with_something_to_do(place, broken, says):
    findings = judge(ALL, replace(GOOD, **broken))
    assert [finding.severity is Severity.ACT for finding in findings] == [
        number == place for number in range(5)
    ]
    assert says in findings[place].what
    assert findings[place].action


def test_a_limit_that_is_just_met_is_kept():
    at_limit = replace(GOOD, p99_microseconds=20_000.0, unanswered=10, age=days(30), size=megabytes(50))
    assert verdicts(ALL, at_limit)[:4] == [Severity.OK] * 4


def test_before_a_release_the_time_of_the_model_alone_is_a_lower_bound():
    before = Measured(row_microseconds=40.0)
    assert verdicts(Requires(p99=milliseconds(20)), before) == [Severity.OK]
    assert "the least that a request can take" in judge(Requires(p99=milliseconds(20)), before)[0].what
    assert verdicts(Requires(p99=milliseconds(20)), Measured(row_microseconds=25_000.0)) == [Severity.ACT]


def test_few_requests_cannot_tell_a_high_availability():
    strict = Requires(availability=0.999)
    assert verdicts(strict, Measured(requests=100, unanswered=0)) == [Severity.NOT_RUN]
    assert verdicts(strict, Measured(requests=100, unanswered=1)) == [Severity.NOT_RUN]
    assert verdicts(strict, Measured(requests=100, unanswered=90)) == [Severity.ACT]


@given(st.integers(2000, 10**6), st.floats(0, 1))
def test_availability_is_the_share_of_answers(requests, share):
    unanswered = int(requests * share)
    broken = (requests - unanswered) / requests < 0.999
    expected = Severity.ACT if broken else Severity.OK
    assert verdicts(Requires(availability=0.999), Measured(requests=requests, unanswered=unanswered)) == [
        expected
    ]


@pytest.mark.parametrize(
    "limits",
    [
        {"p99": 20},
        {"p99": Duration(0)},
        {"staleness": "30 days"},
        {"size": 50_000_000},
        {"size": Size(0)},
        {"availability": 99.9},
        {"availability": True},
        {"availability": 0},
        {"fairness": -0.1},
    ],
)
def test_what_is_no_limit_is_refused_where_it_was_declared(limits):
    with pytest.raises(DeclarationError, match=r"test_serving_requirements\.py"):
        Requires(**limits)


def test_limits_are_a_value():
    assert Requires(p99=milliseconds(20)) == Requires(p99=milliseconds(20)) != Requires(p99=milliseconds(21))
    assert {field.name for field in fields(Requires)} == {
        "p99",
        "availability",
        "staleness",
        "size",
        "fairness",
        "site",
    }


def test_sizes_print_in_their_unit():
    assert [repr(size) for size in (megabytes(50), kilobytes(3), gigabytes(1), Size(712))] == [
        "megabytes(50)",
        "kilobytes(3)",
        "gigabytes(1)",
        "Size(712)",
    ]
    assert [str(size) for size in (megabytes(1.5), Size(712), gigabytes(2))] == [
        "1.5 MB",
        "712 bytes",
        "2 GB",
    ]
    with pytest.raises(ValueError, match="whole number of bytes"):
        kilobytes(0.0001)
