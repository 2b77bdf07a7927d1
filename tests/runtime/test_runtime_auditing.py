"""The 28 tests and the cards, from records that are written by hand: what is on record counts, and nothing else."""

import json
from dataclasses import replace

import pytest

import trimtab as tt
from orders import DAY, START, orders_system, orders_tables
from trimtab.evaluation.assess_questions import Answered
from trimtab.finding import Finding, Severity
from trimtab.monitoring.incidents import Alert, step
from trimtab.ports import Event
from trimtab.runtime.auditing import record as records
from trimtab.runtime.auditing.acceptances import accept
from trimtab.runtime.auditing.audit import audit
from trimtab.runtime.auditing.cards.card import make_card, version_of
from trimtab.runtime.auditing.record import newest_instant, read_record
from trimtab.runtime.training_set import Version
from trimtab.serving import erasures, measuring
from trimtab.testing import MemoryLedger

TABLES = orders_tables(rows=50)
AT = START + 100 * DAY
OWNED = {"release": tt.Release(), "requires": tt.Requires(staleness=tt.days(30))}


def version(name, day, **told):
    made = {"declaration": "ab" * 32, "recipe": "r", "features": ["shop"], "task": "binary"}
    made["declared"] = [["learner", "learner", "x", "trees"], ["feature", "shop", "y", "the shop"]]
    return Version(name, f"bytes of {name}", "bundle", START + day * DAY, 500, "rows", {**made, **told})


def trained(each):
    return Event(each.as_of, "trained", each.name, each.to_json())


def interval(estimate):
    return {"estimate": estimate, "low": estimate - 0.1, "high": estimate + 0.1, "units": "nats"}


def finding(what, severity="OK"):
    return Finding(what, Severity(severity)).to_json()


def evaluation(name, day=90, **changed):
    """An evaluation as it stands on record."""
    cost = {"meaning": "the shop", "source": "orders", "pieces": 3, "freshness": "comes with the request"}
    worth = {"feature": "shop", "rise": interval(0.2), "share": 0.9}
    body = {
        "candidate": name,
        "learned_until": START,
        "rows": 900,
        "days": 40,
        "start": START,
        "stop": AT,
        "metric": "log_loss",
        "value": 0.5,
        "headline": "the top 1 features carry 100 % of importance",
        "features": [{"importance": worth, "outage": None, "nulls": 0.0, "cost": cost}],
        "groups": [],
        "ages": [
            {"first_day": first, "last_day": first + 13, "rows": 9, "saved": interval(saved)}
            for first, saved in ((0, 0.2), (14, 0.1))
        ],
        "options": [{"name": name, "loss": interval(0.5)}],
        "remarks": [],
        "command": "trimtab evaluate",
        "findings": {
            "contracts": [finding("the predictor answers every row with finite numbers")],
            "comparisons": [finding("the baseline rate by shop beats the candidate", "WATCH")],
            "slices": [finding("no slice loses more than the model itself expects of it")],
            "fairness": [finding("no group is served worse than is allowed")],
            "leakage": [finding("no feature is known later than its request")],
        },
        **changed,
    }
    return Event(START + day * DAY, "evaluated", name, body)


def looked(name, *found, verdict="passed"):
    return Event(AT - DAY, "looked", name, {"verdict": verdict, "since": 0, "findings": list(found)})


def decided(kind, name, reason="because"):
    return Event(AT - DAY, "decided", name, {"kind": kind, "reason": reason})


def sample(differing=0):
    return Event(AT - DAY, "parity", "late-orders", {"rows": 9, "values": 63, "differing": differing})


def read(streams, *, system=None, at=AT, **named):
    ledger = MemoryLedger()
    for name, events in streams.items():
        ledger.append_events(name, list(events))
    return read_record(system or orders_system(TABLES, **OWNED), ledger, "shop.py", at, **named)


def points(record, section, number):
    return next(
        each["points"]
        for each in audit(record).to_json()["tests"]
        if (each["section"], each["number"]) == (section, number)
    )


def test_nothing_on_record_shows_nothing_and_says_what_would():
    done = audit(read({}))
    assert done.score == 0
    assert len(done.to_json()["tests"]) == 28
    for each in done.to_json()["tests"]:
        assert not each["shown"], each
        assert each["evidence"]
        assert each["command"].startswith("trimtab ")
    assert "0 of 28 tests are on record" in done.sentence


V1, V2 = version("v1", 10), version("v2", 40)
BOTH = {"versions": [trained(V1), trained(V2)], "evaluations": [evaluation("v1"), evaluation("v2")]}
LIVE = Event(AT - DAY, "activated", "v1", {"by": "loop"})
ROUTED = Event(AT - DAY, "routed", "v2", {"by": "loop", "share": 0.25})
CASES = {
    "half for one evaluation": (
        {"versions": [trained(V1)], "evaluations": [evaluation("v1")]},
        "Data",
        2,
        0.5,
    ),
    "whole for the two newest": (BOTH, "Data", 2, 1.0),
    "half where the newest is missing": (
        {"versions": [trained(V1), trained(V2)], "evaluations": [evaluation("v1")]},
        "Data",
        2,
        0.5,
    ),
    "costs": (BOTH, "Data", 3, 1.0),
    "known times": (BOTH, "Data", 4, 1.0),
    "an erasure": ({"erasures": [Event(AT, "erased", "orders", {})]}, "Data", 5, 0.5),
    "a new feature that answers": (
        {
            "versions": [
                trained(V1),
                trained(version("v2", 40, features=["shop", "weight"])),
                replace(LIVE, subject="v2"),
            ]
        },
        "Data",
        6,
        1.0,
    ),
    "one sample": ({"measurements": [sample()]}, "Data", 7, 0.5),
    "samples": ({"measurements": [sample(), sample(1)]}, "Monitoring", 3, 1.0),
    "a declaration": ({"versions": [trained(V1)]}, "Model", 1, 0.5),
    "an approved one": (
        {"versions": [trained(V1)], "asked": [Event(AT, "approve", "v1", {"reason": "", "step": ""})]},
        "Model",
        1,
        1.0,
    ),
    "a search of settings": (
        {"runs": [Event(AT, "tuned", name, {"best": "trees"}) for name in ("linear", "trees")]},
        "Model",
        3,
        0.5,
    ),
    "ages": (BOTH, "Model", 4, 1.0),
    "baselines": (BOTH, "Model", 5, 1.0),
    "a baseline at the gate": (
        {"loop": [looked("v1", finding("the candidate is better than the baseline the rate"))]},
        "Model",
        5,
        1.0,
    ),
    "a look that did not run": (
        {"loop": [looked("v1", finding("the candidate was not compared with any baseline", "NOT RUN"))]},
        "Model",
        5,
        0.0,
    ),
    "slices": (BOTH, "Model", 6, 1.0),
    "groups": (BOTH, "Model", 7, 1.0),
    "groups that were not judged": (
        {"evaluations": [evaluation("v1", findings={"fairness": [finding("not checked", "NOT RUN")]})]},
        "Model",
        7,
        0.0,
    ),
    "the same training twice": (
        {"versions": [trained(V1), trained(replace(V1, name="v2"))]},
        "Infrastructure",
        1,
        0.5,
    ),
    "promises": (BOTH, "Infrastructure", 2, 1.0),
    "promises at the gate": (
        {"loop": [looked("v1", finding("the predictor keeps its 10 promises"))]},
        "Infrastructure",
        2,
        1.0,
    ),
    "a gate that was passed": (
        {"versions": [trained(V1), LIVE], "loop": [looked("v1", finding("fine"))]},
        "Infrastructure",
        4,
        1.0,
    ),
    "a gate that was not": (
        {"versions": [trained(V1), LIVE], "loop": [looked("v1", finding("bad", "ACT"), verdict="blocked")]},
        "Infrastructure",
        4,
        0.0,
    ),
    "an evaluation before it answered": (
        {"versions": [trained(V1), LIVE], "evaluations": [evaluation("v1")]},
        "Infrastructure",
        4,
        0.5,
    ),
    "a canary": ({"versions": [trained(V1), ROUTED]}, "Infrastructure", 6, 1.0),
    "a rollback by itself": ({"loop": [decided("roll back", "v2")]}, "Infrastructure", 7, 1.0),
    "a rollback that was asked for": (
        {
            "loop": [decided("roll back", "v2")],
            "asked": [Event(AT, "roll back", "v2", {"reason": "", "step": ""})],
        },
        "Infrastructure",
        7,
        0.5,
    ),
    "trainings within a limit": (
        {"versions": [trained(V1)], "loop": [decided("train", "v1")]},
        "Monitoring",
        4,
        1.0,
    ),
    "finite answers": (BOTH, "Monitoring", 5, 1.0),
    "calls of two days": (
        {"measurements": [Event(AT - day * DAY, "calls", "late-orders", {}) for day in (1, 2)]},
        "Monitoring",
        6,
        1.0,
    ),
    "versions that were timed": (
        {"versions": [trained(version(f"v{n}", n, microseconds=5.0)) for n in (1, 2)]},
        "Monitoring",
        6,
        0.5,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_points_are_given_for_what_is_on_record(case):
    streams, section, number, expected = CASES[case]
    assert points(read(streams), section, number) == expected


def test_a_notice_that_reached_the_owner_of_a_source_counts():
    broken = Finding("hours_late is stuck", Severity.ACT, owner="logistics")
    _, changes = step((), Alert("breakage", broken, at=AT - DAY), now=AT - DAY)
    streams = {"incidents": [each.to_event() for each in changes]}
    assert points(read(streams), "Monitoring", 1) == 0
    streams["deliveries"] = [Event(AT - DAY, "delivered", "log", {})]
    assert points(read(streams), "Monitoring", 1) == 1


def test_versions_that_were_judged_offline_and_in_service_are_compared():
    versions = [version(f"v{n}", n) for n in (1, 2, 3)]
    served = {f"v{n}": [float(n), 9.0, 10.0] for n in (1, 2, 3)}
    streams = {
        "versions": [trained(each) for each in versions],
        "evaluations": [
            evaluation(f"v{n}", options=[{"name": f"v{n}", "loss": interval(0.1 * n)}]) for n in (1, 2, 3)
        ],
    }
    assert points(read(streams), "Model", 2) == 0
    streams["cohorts"] = [Event(AT, "day", "19000", {"served": served, "pairs": {}, "read": {}})]
    record = read(streams)
    assert points(record, "Model", 2) == 1
    told = {each["evidence"] for each in audit(record).to_json()["tests"]}
    assert "rank correlation +1.00 over 3 versions" in told


def test_a_replay_counts_for_half():
    ledger = MemoryLedger()
    figures = {"loss": 0.5, "low": 0.4, "high": 0.6, "fits": 3}
    ledger.append_events("measurements", [Event(AT, "log_loss", name, figures) for name in ("never", "own")])
    happened = {"version": "v2", "reason": ""}
    ledger.append_events("happened", [Event(AT, "trained", "own", happened)])
    ledger.append_events("happened", [Event(AT, "paged", "never", happened)])
    ledger.append_events("watched", [Event(AT, "day", "own", {})])
    record = read({}, replay=ledger)
    for section, number in (("Model", 4), ("Infrastructure", 3), ("Monitoring", 4), ("Monitoring", 7)):
        assert points(record, section, number) == 0.5
    told = " ".join(each["evidence"] for each in audit(record).to_json()["tests"])
    assert "1 trained" in told
    assert "1 paged" not in told


def test_the_score_is_that_of_the_weakest_section():
    done = audit(read(BOTH))
    assert done.score == min(done.points.values())
    assert done.points["Data"] == 3.0
    assert done.meaning in done.sentence
    assert json.loads(json.dumps(done.to_json())) == done.to_json()
    assert "Infrastructure" in done._repr_html_()


def test_an_earlier_instant_sees_no_later_entry():
    assert points(read(BOTH, at=START + 50 * DAY), "Data", 2) == 0
    assert list(read(BOTH, at=START + 20 * DAY).versions) == ["v1"]


def test_a_search_is_told_with_its_best():
    told = audit(read(CASES["a search of settings"][0])).to_json()["tests"][9]
    assert told["evidence"] == "2 kinds of models were searched with one budget on 2024-02-22; best: trees"


def test_journals_of_a_server_are_called_here_as_they_are_there():
    assert (records.MEASUREMENTS, records.CALLS, records.PARITY, records.ERASURES) == (
        measuring.MEASUREMENTS,
        measuring.CALLS,
        measuring.PARITY,
        erasures.ERASURES,
    )


ANSWERS = (Answered(1, "plan the night shift", "Ben", AT - 5), Answered(3, "yes", "Ben", AT - 5))


def card(streams, *, system=None, name=None, **named):
    record = read(streams, system=system, **named)
    return make_card(record, version_of(record, name))


def test_a_card_holds_what_is_on_record_and_marks_the_rest_as_empty():
    done = card(BOTH, name="v1", answers=ANSWERS)
    told = done.to_json()
    assert json.loads(json.dumps(told)) == told
    assert told["use"][0] == {
        "title": "Intended use",
        "text": "plan the night shift",
        "by": "Ben, 2024-02-21",
    }
    assert told["use"][1] == {"title": "Users", "text": None, "by": None}
    assert {"Users", "Out of scope", "License"} <= set(done.empty)
    assert "Intended use" not in done.empty
    assert told["training"]["rows"] == 500
    assert told["evaluation"]["rows"] == 900
    assert told["features"][0]["meaning"] == "the shop"
    assert told["history"][0]["what"] == "trained"
    assert "(empty: a person has to say this)" in str(done)


def test_what_is_declared_comes_before_what_was_answered():
    said = tt.Card(intended_use="tell customers early", contacts="ops@example.org")
    done = card(BOTH, system=orders_system(TABLES, card=said), answers=ANSWERS)
    told = done.to_json()
    assert (told["use"][0]["text"], told["use"][0]["by"]) == ("tell customers early", "declared")
    assert told["details"]["contacts"]["text"] == "ops@example.org"


def test_a_card_of_a_version_that_was_not_evaluated_says_so():
    done = card({"versions": [trained(V1)]})
    assert done.to_json()["evaluation"] is None
    assert "It was not evaluated." in str(done)


def test_the_same_record_gives_the_same_card_and_later_entries_change_no_earlier_card():
    later = {**BOTH, "evaluations": [*BOTH["evaluations"], evaluation("v1", day=99, rows=1)]}
    at = START + 95 * DAY
    assert card(BOTH, name="v1", at=at).to_json() == card(later, name="v1", at=at).to_json()
    assert card(later, name="v1").to_json()["evaluation"]["rows"] == 1


def test_an_acceptance_stands_in_the_card_until_it_expires():
    ledger = MemoryLedger()
    ledger.append_events("versions", BOTH["versions"])
    ledger.append_events("evaluations", BOTH["evaluations"])
    now = newest_instant(ledger) + DAY
    until = now + 5 * DAY
    accept(ledger, "the baseline rate by shop", by="Ann Lee", reason="a pilot", until=until, now=now)

    def accepted(at):
        record = read_record(orders_system(TABLES), ledger, "shop.py", at)
        return [each["what"] for each in make_card(record, version_of(record, "v1")).to_json()["accepted"]]

    (told,) = accepted(now)
    assert "(accepted by Ann Lee until " in told
    assert accepted(until) == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"by": " "}, "needs a name"),
        ({"reason": ""}, "needs a reason"),
        ({"until": AT}, "ends on a day to come"),
        ({"given": "the bseline"}, "no finding on record begins"),
    ],
)
def test_an_acceptance_that_lacks_something_is_refused_and_leaves_no_trace(said, told):
    ledger = MemoryLedger()
    ledger.append_events("evaluations", BOTH["evaluations"])
    asked = {"given": "the baseline", "by": "Ann", "reason": "x", "until": AT + DAY, "now": AT, **said}
    with pytest.raises(tt.UsageError, match=told):
        accept(ledger, asked.pop("given"), **asked)
    assert ledger.frontier("acceptances") == 0


def test_a_card_of_no_version_is_refused_with_the_nearest_name():
    with pytest.raises(tt.UsageError, match="there is no version 'v3'") as refused:
        card(BOTH, name="v3")
    assert "v1, v2" in str(refused.value)
    with pytest.raises(tt.UsageError, match="no version is on record"):
        card({})


@pytest.mark.parametrize("words", ["", "  ", 3])
def test_a_card_is_declared_in_words(words):
    with pytest.raises(tt.DeclarationError, match="is said in words"):
        tt.Card(users=words)
