"""The loop beside a live system: it trains, gates, promotes, watches and rolls back, and may be cut off anywhere."""

from dataclasses import replace

import pytest
from loop_worlds import BEGIN, means_of, once, shop, stored_versions, system

import trimtab as tt
from orders import DAY, orders_tables
from trimtab import days
from trimtab.finding import Finding, Severity
from trimtab.ports import Event
from trimtab.runtime.live_loop import asked, journal
from trimtab.runtime.live_loop.carrying import VERSIONS
from trimtab.runtime.live_loop.due import Due
from trimtab.runtime.live_loop.findings import loop_findings
from trimtab.runtime.live_loop.lock import held, lock
from trimtab.runtime.live_loop.shadow_log import SHADOW
from trimtab.runtime.live_loop.told import release_history
from trimtab.testing import MemoryLedger

TABLES = orders_tables(rows=400, length_days=60)


def decided(ledger, *kinds):
    events = [event for event in ledger.read_events(journal.LOOP) if event.kind == journal.DECIDED]
    return [(e.body["kind"], e.subject) for e in events if not kinds or e.body["kind"] in kinds]


TIMED = {"microseconds", "engine_report"}
"""What a training measures of this machine, which differs from one to the next."""


def content(ledger):
    """Everything on record, by stream."""
    found = {}
    for name in ledger.streams():
        kind = ledger._streams[name]
        events = [
            replace(event, body={key: value for key, value in event.body.items() if key not in TIMED})
            for event in kind.events
        ]
        found[name] = (events, sorted(kind.records), ledger.frontier(name))
    return found


def copied(ledger):
    other = MemoryLedger()
    for name, stream in ledger._streams.items():
        other._streams[name] = replace(
            stream,
            batches=list(stream.batches),
            identities=dict(stream.identities),
            records=dict(stream.records),
            numbers=dict(stream.numbers),
            events=list(stream.events),
        )
    return other


def means_on(grown, ledger, **changed):
    """The means of the shop with a record of its own."""
    return replace(means_of(grown.system, replace(grown.home, ledger=ledger)), **changed)


@pytest.fixture(scope="module")
def grown():
    """A shop after three weeks, whose next turn trains, gates, promotes and goes on watching."""
    with shop(system(TABLES)) as found:
        found.run(20)
        found.day()
        yield found


def test_the_first_model_is_trained_gated_and_answers_without_a_restart():
    with shop(system(TABLES)) as found:
        assert decided(found.ledger) == [
            ("train", "v1"),
            ("try", "v1"),
            ("pass", "v1"),
            ("promote", "v1"),
        ]
        assert found.answers == "v1"


def test_a_refresh_replaces_the_champion_which_goes_on_unseen(grown):
    assert grown.answers == "v3"
    assert ("promote", "v2") in decided(grown.ledger, "promote")
    assert grown.table.shadows == ("v1", "v2"), "each weekly refresh opens one more watch"
    scored = [record.id for _, record in grown.ledger.read_records(SHADOW)]
    assert scored
    assert all(name.startswith(("v1/", "v2/")) for name in scored)


def test_a_second_turn_at_the_same_instant_changes_nothing(grown):
    ledger = copied(grown.ledger)
    means = means_on(grown, ledger)
    once(means, grown.clock.now())
    before = content(ledger)
    assert once(means, grown.clock.now()).decisions == ()
    assert content(ledger) == before


class Cut(Exception):  # noqa: N818  # no error of the program: the process ended
    """The process ended."""


class CutOff:
    """A ledger whose process ends at one append, just before or just after it is on disk."""

    def __init__(self, ledger, at, *, after):
        self._ledger, self._at, self._after, self.appends = ledger, at, after, 0

    def _cut(self, append, *given, **named):
        self.appends += 1
        if self.appends == self._at and not self._after:
            raise Cut
        found = append(*given, **named)
        if self.appends == self._at:
            raise Cut
        return found

    def append_events(self, *given):
        return self._cut(self._ledger.append_events, *given)

    def append_records(self, *given):
        return self._cut(self._ledger.append_records, *given)

    def __getattr__(self, name):
        return getattr(self._ledger, name)


def turned(grown, ledger):
    """A turn with its training on a record of its own."""
    return once(means_on(grown, ledger), grown.clock.now())


def test_cut_off_between_any_two_appends_the_next_turn_leads_to_the_same_record(grown):
    whole = CutOff(copied(grown.ledger), 0, after=False)
    turned(grown, whole)
    expected = content(whole._ledger)
    assert whole.appends >= 6
    # cut off after the last append is cut off before one that never comes
    for at, after in [*((at, False) for at in range(1, whole.appends + 1)), (whole.appends, True)]:
        ledger = CutOff(copied(grown.ledger), at, after=after)
        with pytest.raises(Cut):
            turned(grown, ledger)
        turned(grown, ledger._ledger)
        assert content(ledger._ledger) == expected, (at, after)


def test_a_harmful_change_of_the_world_after_a_promotion_is_rolled_back():
    twice = tt.every(days(14)).at_most(2, per=days(365))
    with shop(system(TABLES, retrain=tt.Retrain(twice, tt.sliding(days(14))))) as found:
        found.sign = -1.0  # two weeks that the next version learns
        found.run(14)
        assert found.answers == "v2"
        found.sign = 1.0
        found.run(21)
        assert ("roll back", "v2") in decided(found.ledger)
        assert found.answers == "v1"
        assert found.table.barred == ("v2",)
        told = release_history("shop", found.ledger, found.clock.now())
        assert "v1 answers" in told.sentence
        assert "worse than v1 by labels" in told.sentence
        then = release_history("shop", found.ledger, BEGIN + 20 * DAY)
        assert then.answered.champion == "v2"


def test_a_training_that_fails_is_told_and_the_champion_goes_on(grown):
    ledger = copied(grown.ledger)

    def broken(*_):
        raise tt.LearnerError("the learner failed to fit: too little memory")

    once(means_on(grown, ledger, fit=broken), grown.clock.now())
    assert decided(ledger)[-1] == ("refuse", "v4")
    findings = loop_findings(ledger, grown.clock.now(), grown.system)
    assert any("the training of v4 failed" in finding.what for finding in findings)


def test_a_version_that_breaks_a_limit_is_stopped_at_the_gate(grown):
    ledger = copied(grown.ledger)
    slow = Finding("the model alone takes 9 milliseconds for one row", Severity.ACT)
    means = means_on(grown, ledger, checks=lambda *_: (slow,))
    once(means, grown.clock.now())
    assert decided(ledger)[-1] == ("refuse", "v4")
    assert "9 milliseconds" in ledger.read_events(journal.LOOP)[-1].body["reason"]


def test_a_version_that_cannot_be_loaded_never_gets_traffic(grown):
    ledger = copied(grown.ledger)

    def missing(version):
        if version.name == "v4":
            raise tt.ArtifactError("the artifact is missing")

    means = means_on(grown, ledger, try_out=missing)
    once(means, grown.clock.now())
    assert decided(ledger)[-1] == ("refuse", "v4")


def test_people_promote_and_roll_back_and_it_is_on_record_who(grown):
    ledger, now = copied(grown.ledger), grown.clock.now()
    means = means_on(grown, ledger)
    once(means, now)
    asked.ask(ledger, asked.Asked(now + 1, "promote", "v1", "the new one confuses people", by="ann"))
    assert Due(ledger, "UTC").why(now + 1, training=False) == "a person asked"
    once(means, now + 2)
    assert decided(ledger)[-1] == ("promote", "v1")
    chosen = ledger.read_events(VERSIONS)[-1]
    assert (chosen.kind, chosen.body["who"]) == ("activated", "ann")
    told = release_history("shop", ledger, now + 2)
    assert "a person asked for it (ann): the new one confuses people" in told.sentence
    assert any("to promote by ann" in str(entry) for entry in told.entries)
    asked.ask(ledger, asked.Asked(now + 3, "roll back", "v1"))
    once(means, now + 4)
    assert ("roll back", "v1") in decided(ledger)
    assert Due(ledger, "UTC").why(now + 5, training=False) in {None, "guards are to be looked at"}


def test_a_version_that_a_person_let_answer_over_http_is_the_champion_of_the_loop(grown):
    ledger, now = copied(grown.ledger), grown.clock.now()
    means = means_on(grown, ledger)
    once(means, now)
    ledger.append_events(VERSIONS, [Event(now + 1, "activated", "v1", {})])
    once(means, now + 2)
    assert journal.recall(ledger).state.champion == "v1"


def test_a_changed_rule_is_on_record_and_what_was_decided_before_stands(grown):
    ledger, now = copied(grown.ledger), grown.clock.now()
    rarer = system(TABLES, retrain=tt.Retrain(tt.every(days(90)), tt.sliding(days(28))))
    once(means_on(grown, ledger, system=rarer), now)
    assert [e.kind for e in ledger.read_events(journal.LOOP)].count(journal.DECLARED) == 2
    assert journal.recall(ledger).state.champion == "v3"
    assert decided(ledger)[-1] == ("train", "not now")


def test_one_loop_at_a_time_and_the_second_is_told_who_has_it(tmp_path):
    with lock(tmp_path, "loop"):
        assert held(tmp_path, "loop")
        with pytest.raises(tt.UsageError, match="another loop of this system"), lock(tmp_path, "loop"):
            pass
    assert not held(tmp_path, "loop")


def test_a_loop_that_stopped_turning_is_told(grown):
    later = grown.clock.now() + 5 * DAY
    assert any("has not turned since" in f.what for f in loop_findings(grown.ledger, later, grown.system))
    assert stored_versions(grown.ledger)
