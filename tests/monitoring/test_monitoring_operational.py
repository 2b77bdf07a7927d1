"""Verdicts beside the model from plain numbers: quiet where it is, WATCH where it is surely worse, ACT where it broke."""

from dataclasses import replace

import pytest

from trimtab.finding import Severity, worst
from trimtab.monitoring.label_arrivals import Labels
from trimtab.monitoring.operational import (
    Answers,
    Operations,
    ParitySample,
    Served,
    SourceFlow,
    operational_findings,
)
from trimtab.monitoring.usual import DAY, Days, Share
from trimtab.monitoring.volume import Flow

HOUR = DAY // 24
NOW = 1000 * DAY
FLOW = Flow(None, 0.0, float("inf"), 6 * HOUR)


def month(today, before, of=1000):
    return Days(Share(today, of), (Share(before, of),) * 28)


GOOD = Operations(
    NOW,
    Answers(month(0, 0), Share(0, 40), month(10, 10), 14_000.0, 14_000.0),
    Served(
        month(2, 2), Share(0, 40), {"timeout": 2}, month(0, 0), 3_000.0, {"queue": month(30, 30)}, of=9_000
    ),
    Labels(2 * DAY, month(21, 21), month(50, 50), (5 * HOUR, 30 * HOUR), Share(20, 1000), NOW, 2_000),
    ParitySample(NOW - HOUR, 1_070, 0),
    ("v2", NOW - 12 * DAY),
    (SourceFlow("landings", NOW - HOUR, FLOW, owner="ops-data"),),
)


def found(operations, words):
    (one,) = [each for each in operational_findings(operations) if words in each.what]
    return one


def severity(operations, words):
    return found(operations, words).severity


def answers(**changed):
    return replace(GOOD, answers=replace(GOOD.answers, **changed))


def served(**changed):
    return replace(GOOD, served=replace(GOOD.served, **changed))


def labels(**changed):
    return replace(GOOD, labels=replace(GOOD.labels, **changed))


def source(**changed):
    return replace(GOOD, sources=(replace(GOOD.sources[0], **changed),))


def test_a_system_that_does_as_usual_has_one_quiet_line_a_matter():
    told = operational_findings(GOOD)
    assert worst(told) is Severity.INFO
    assert [each.what for each in told] == [
        "answers: 1,000 in 24 h, 0 failed, 99 of 100 within 14 milliseconds",
        "fallbacks: 0.2 % of answers, usually 0.2 %",
        "online store: 99 of 100 answers were at most 3 milliseconds behind the record",
        "nulls: none of 1 features has more than usual",
        "parity: 0 of 1,070 sampled values differ from the batch plan",
        "labels: 97.9 % of matured requests have one (usually 97.9 %)",
        "label lag: half usually come within 5 hours, 95 of 100 within 1.2 days",
        "sources: landings bring facts",
        "champion: what v2 knows is 12 days old",
    ]


def test_without_data_nothing_is_ok():
    told = operational_findings(Operations(NOW))
    assert {each.severity for each in told} == {Severity.NOT_RUN}
    assert all(each.cause for each in told)
    waiting = operational_findings(replace(GOOD, labels=Labels(2 * DAY, pending=7)))
    (label,) = [each for each in waiting if each.what.startswith("label")]
    assert (label.severity, label.what) == (Severity.NOT_RUN, "labels: no request matured")
    assert "7 wait" in label.cause


def test_failed_calls_are_watched_and_no_answer_at_all_is_acted_on():
    assert severity(answers(failed=month(1, 0)), "answers:") is Severity.OK, "one of a thousand is chance"
    watch = found(answers(failed=month(80, 0)), "answers:")
    assert (watch.severity, watch.since) == (Severity.WATCH, NOW - DAY)
    assert "80 failed (8 %, usually 0 %)" in watch.what
    act = found(answers(failed=month(80, 0), failed_hour=Share(80, 80)), "answers:")
    assert (act.severity, act.since) == (Severity.ACT, NOW - HOUR)
    assert severity(answers(failed=month(2, 0), failed_hour=Share(2, 2)), "answers:") is Severity.OK
    assert severity(answers(failed=Days(Share(3, 3))), "answers:") is Severity.ACT
    assert severity(answers(failed=Days(Share(2, 50))), "answers:") is Severity.INFO, (
        "what is usual is not known"
    )


def test_calls_that_stop_coming_are_watched_where_they_came_every_day():
    silent = found(answers(failed=Days(Share(), (Share(0, 300),) * 28)), "no call came")
    assert (silent.severity, silent.what) == (
        Severity.WATCH,
        "answers: no call came in 24 h, on each of 28 days before some did",
    )
    weekly = Days(Share(), (Share(), *(Share(0, 300),) * 27))
    assert severity(answers(failed=weekly), "no call came") is Severity.NOT_RUN


def test_slow_answers_are_watched_and_told_beside_the_answers():
    slow = answers(slow=month(120, 10), p99=52_000.0)
    assert severity(slow, "slow answers: 99 of 100 within 52 milliseconds, usually 14") is Severity.WATCH
    assert severity(slow, "answers: 1,000 in 24 h") is Severity.OK


def test_more_fallbacks_are_watched_and_a_storm_is_acted_on_with_its_cause():
    more = found(served(fallbacks=month(60, 2), causes={"timeout": 20, "features failed": 40}), "fallbacks")
    assert (more.severity, more.cause) == (Severity.WATCH, "features failed 4.0%, timeout 2.0%")
    assert ("answers looked at", 1000) in more.evidence
    storm = found(served(fallbacks=month(60, 2), fallbacks_hour=Share(55, 60)), "fallbacks")
    assert (storm.severity, "of the last 1 hour" in storm.what) == (Severity.ACT, True)
    assert severity(served(fallbacks_hour=Share(6, 6)), "fallbacks") is Severity.OK, "six say too little"
    assert severity(served(fallbacks=Days(Share(700, 1000))), "fallbacks") is Severity.ACT
    assert severity(served(fallbacks=Days(Share(7, 1000))), "fallbacks") is Severity.INFO


def test_a_store_that_falls_behind_or_always_lags_is_watched():
    assert severity(served(behind=month(100, 0)), "online store") is Severity.WATCH
    assert severity(served(behind=month(990, 990)), "online store") is Severity.WATCH
    assert severity(served(behind=month(5, 5)), "online store") is Severity.OK


def test_a_feature_that_becomes_null_is_named_with_the_owner_of_its_source():
    nulls = {"queue": month(30, 30), "delay": month(400, 30)}
    found_ = found(served(nulls=nulls, owners={"delay": "ops-data"}), "nulls")
    assert (found_.severity, found_.owner) == (Severity.WATCH, "ops-data")
    assert found_.what == "nulls: delay is null in 40 % of answers, usually 3 %"
    assert severity(served(nulls={"delay": Days(Share(400, 1000))}), "nulls") is Severity.NOT_RUN


def test_fewer_labels_are_watched_with_owner_command_and_since():
    few = found(labels(missing=month(188, 21), owner="ops-data"), "labels:")
    assert few.what == "labels: 81.2 % of matured requests have one (usually 97.9 %)"
    assert (few.severity, few.since, few.owner) == (Severity.WATCH, NOW - DAY, "ops-data")
    assert few.check_command == "trimtab check SYSTEM"
    assert few.estimate == pytest.approx(0.812)
    assert few.interval[0] < few.estimate < few.interval[1]
    assert severity(labels(missing=Days(Share(188, 1000))), "labels:") is Severity.INFO
    counted = found(labels(missing=month(188, 21), silence=False), "labels:")
    assert counted.what.endswith(", the rest counts as False")


def test_late_labels_are_watched_before_requests_mature():
    late = found(labels(late=month(290, 50)), "labels are late")
    assert late.severity is Severity.WATCH
    assert late.what == "labels are late: 71 % came within 1.2 days, usually 95 %"


def test_no_label_for_twice_the_usual_lag_is_acted_on():
    stopped = labels(overdue=Share(300, 300), latest=NOW - 3 * DAY, owner="ops-data")
    act = found(stopped, "labels: none of 300")
    assert (act.severity, act.since, act.owner) == (Severity.ACT, NOW - 3 * DAY, "ops-data")
    assert not [each for each in operational_findings(stopped) if "label lag" in each.what]
    assert severity(labels(overdue=Share(299, 300)), "labels:") is Severity.OK
    assert severity(labels(overdue=Share(9, 9)), "labels:") is Severity.OK, "nine say too little"
    rare = labels(missing=month(990, 990), overdue=Share(200, 200), silence=False)
    assert severity(rare, "labels:") is Severity.OK, (
        "where one in a hundred has a label 200 without are chance"
    )


def test_labels_that_never_came_are_acted_on_unless_silence_is_an_answer():
    never = labels(lag=None, missing=Days(Share(50, 50)), late=Days(), overdue=Share(50, 50))
    assert severity(never, "no label ever came") is Severity.ACT
    silent = replace(never, labels=replace(never.labels, silence=False))
    assert severity(silent, "0 % of matured requests have one") is Severity.INFO


def test_parity_is_judged_by_its_last_sample_unless_that_is_old():
    for at, differing, expected in (
        (NOW - DAY, 0, Severity.OK),
        (NOW - DAY, 2, Severity.ACT),
        (NOW - 3 * DAY, 0, Severity.NOT_RUN),
        (NOW - 3 * DAY, 2, Severity.ACT),
    ):
        parity = replace(GOOD, parity=ParitySample(at, 1_070, differing))
        (told,) = [
            each for each in operational_findings(parity) if "parity" in each.what or "batch" in each.what
        ]
        assert (told.severity, told.since) == (expected, at)


def test_a_source_is_watched_beyond_its_contract_and_acted_on_beyond_twice():
    assert severity(source(latest=NOW - 6 * HOUR), "landings") is Severity.OK
    watch = found(source(latest=NOW - 7 * HOUR), "landings")
    assert (watch.severity, watch.owner) == (Severity.WATCH, "ops-data")
    assert severity(source(latest=NOW - 13 * HOUR), "landings") is Severity.ACT
    dead = found(source(latest=NOW - 13 * HOUR, live=False), "landings")
    assert dead.severity is Severity.WATCH, "what never worked did not break"
    assert "since its history was taken in" in dead.cause


def test_a_source_may_always_be_silent_for_some_minutes():
    quick = replace(FLOW, silence=2_000_000)
    assert severity(source(flow=quick, latest=NOW - HOUR // 7), "landings") is Severity.OK
    assert severity(source(flow=quick, latest=NOW - HOUR // 5), "landings") is Severity.WATCH


@pytest.mark.parametrize("unknown", [{"flow": None}, {"latest": None}])
def test_a_source_whose_rhythm_is_not_known_is_not_judged(unknown):
    assert severity(source(**unknown), "landings") is Severity.NOT_RUN
