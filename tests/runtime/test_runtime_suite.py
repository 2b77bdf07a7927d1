"""What is declared of every version, held against candidates at the gate of a live loop."""

import contextlib
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from loop_worlds import BEGIN, means_of, once, system

import trimtab as tt
from orders import DAY, orders_tables
from trimtab import wiring
from trimtab.adapters.blobs.memory import MemoryBlobs
from trimtab.runtime import gate_suite
from trimtab.runtime.auditing.acceptances import accept
from trimtab.runtime.intake import take_in
from trimtab.runtime.live_loop import journal
from trimtab.runtime.live_loop.carrying import VERSIONS
from trimtab.runtime.live_loop.routes import table
from trimtab.runtime.live_loop.turn import declared_now
from trimtab.runtime.live_loop.verifying import verify_live
from trimtab.runtime.versions import predictor_of
from trimtab.testing import MemoryLedger

TABLES = orders_tables(rows=1000, length_days=60)
LOOSE = tt.GoldenRow({"shop": "south", "weight": 9.0}, low=0.2)
WRONG = tt.GoldenRow({"shop": "south", "weight": 9.0}, high=0.01)


@dataclass
class Loop:
    """A loop without a server, whose instants a test names in days since it began."""

    means: object

    @property
    def ledger(self):
        return self.means.ledger

    @property
    def champion(self):
        return table(self.ledger.read_events(VERSIONS)).champion

    def turn(self, days):
        once(self.means, BEGIN + days * DAY)
        return looks(self)[-1]

    def accept(self, finding, *, days, until):
        said = {"by": "Ann Lee", "reason": "the row is from before the move"}
        return accept(self.ledger, finding, **said, until=BEGIN + until * DAY, now=BEGIN + days * DAY)


def loop(declared):
    means = means_of(declared, SimpleNamespace(ledger=MemoryLedger(), blobs=MemoryBlobs()))
    with contextlib.closing(wiring.engine()) as engine:
        take_in(declared, engine, wiring.tables(), means.ledger, BEGIN - DAY)
    return Loop(means)


def looks(found):
    """The verdict of each look of the gate with what was found: (verdict, {sentence: severity})."""
    events = [event for event in found.ledger.read_events(journal.LOOP) if event.kind == journal.LOOKED]
    return [
        (event.body["verdict"], {each["what"]: each["severity"] for each in event.body["findings"]})
        for event in events
    ]


@pytest.fixture
def here(monkeypatch):
    """What a clean process does, in this one: starting another takes long on a busy machine."""

    def score(form, content, matrix):
        return predictor_of(wiring.load(form, content)).score(matrix)

    monkeypatch.setattr(gate_suite, "score_elsewhere", score)


def test_a_candidate_shows_its_promises_its_expectations_and_its_groups(here):
    declared = system(
        TABLES,
        release=tt.Release(canary=(), evaluation=True),
        requires=tt.Requires(fairness=1.0),
        watch=tt.Watch(slices=("shop",)),
        expectations=(tt.Expectation("weight", "rising", at_least=0.5),),
        golden=(LOOSE,),
    )
    found = loop(declared)
    verdict, told = found.turn(0)
    assert verdict == "passed", told
    assert found.champion == "v1"
    assert told["the predictor keeps its 10 promises"] == "OK"
    assert told["the stored model answers in a clean process as it does here"] == "OK"
    assert told["scores are rising with weight"] == "OK"
    assert told["all 1 golden rows are answered as they must be"] == "OK"
    assert any("served worse than is allowed" in what for what in told)
    rules, _ = declared_now(found.means)
    assert verify_live(found.ledger, rules).finding.severity is tt.Severity.OK


def test_a_wrong_golden_row_blocks_until_a_person_accepts_it():
    found = loop(system(TABLES, golden=(WRONG,), retrain=tt.Retrain(tt.every(tt.days(1)))))
    verdict, told = found.turn(0)
    assert verdict == "blocked"
    assert told["1 of 1 golden rows are answered wrongly"] == "ACT"
    assert found.champion is None
    assert "accepted by Ann Lee until" in str(found.accept("1 of 1 golden rows", days=0, until=5))
    verdict, told = found.turn(2)
    assert verdict == "passed", told
    assert any("accepted by Ann Lee" in what for what in told)
    champion = found.champion
    assert champion is not None
    assert found.turn(6)[0] == "blocked", "the acceptance has expired"
    assert found.champion == champion


def test_missing_evidence_never_promotes():
    found = loop(system(TABLES, requires=tt.Requires(fairness=0.2)))
    verdicts = [found.turn(days) for days in (0, 1)]
    assert [verdict for verdict, _ in verdicts] == ["waiting", "waiting"]
    assert verdicts[0][1]["the required fairness was not checked"] == "NOT RUN"
    assert found.champion is None
    with pytest.raises(tt.UsageError, match="missing evidence never promotes"):
        found.accept("the required fairness", days=1, until=5)


def test_an_expectation_of_no_feature_is_found_before_anything_is_trained():
    declared = system(
        TABLES,
        expectations=(tt.Expectation("wieght", "rising"),),
        golden=(tt.GoldenRow({"shopp": "south"}),),
    )
    told = {
        each.what: each.action for each in tt.check(declared).findings if each.severity is tt.Severity.ACT
    }
    assert told == {
        "'wieght', of which something is expected, is no feature of the model": "did you mean 'weight'?",
        "'shopp', of which something is expected, is no feature of the model": "did you mean 'shop'?",
    }


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"expectations": ("weight",)}, "System\\(expectations=\\) holds something else"),
        ({"golden": ({"weight": 2.0},)}, "System\\(golden=\\) holds something else"),
    ],
)
def test_other_things_than_expectations_are_refused(options, told):
    with pytest.raises(tt.DeclarationError, match=told):
        system(TABLES, **options)


def test_an_evaluation_at_the_gate_is_on_or_off():
    with pytest.raises(tt.DeclarationError, match="evaluation"):
        tt.Release(evaluation="yes")
