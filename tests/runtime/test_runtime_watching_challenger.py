"""Live monitors compare realised loss, row by row, with the weekly challenger that was fitted last before each row."""

from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from watched_worlds import (
    DAY,
    DAYS,
    LAST,
    START,
    TRAINED,
    Killed,
    Mortal,
    Sink,
    Watched,
    at,
    copied,
    harmed_tables,
    journal,
    references_learned_once,
    watched,
)

from orders import HOUR, orders_system
from trimtab import Retrain, Watch, days, every, sliding, wiring
from trimtab.errors import ArtifactError
from trimtab.labels.history import as_known
from trimtab.monitoring.counts import Columns
from trimtab.monitoring.following import follow
from trimtab.monitoring.incidents import INCIDENTS, Acknowledge, Alert, incidents_of
from trimtab.monitoring.observed import NEVER, Observed
from trimtab.monitoring.reference import accept
from trimtab.ports import Event
from trimtab.runtime.check import check
from trimtab.runtime.live_loop import challenging
from trimtab.runtime.live_loop.challenging import CHALLENGERS, Challenge, challenge, challengers
from trimtab.runtime.live_loop.means import Means
from trimtab.runtime.training_set import Version
from trimtab.runtime.versions import load_version
from trimtab.runtime.watching.accepted import observed
from trimtab.runtime.watching.challenger import Comparing
from trimtab.runtime.watching.declared import about, options_of
from trimtab.runtime.watching.live import UNCOMPARED, look
from trimtab.runtime.watching.passing import run_pass
from trimtab.runtime.watching.reference_rows import REFERENCE, of_parquet
from trimtab.runtime.watching.responding import respond
from trimtab.runtime.watching.served_rows import Answers
from trimtab.runtime.watching.windows import TERMS, WINDOW, WINDOWS, Terms
from trimtab.testing import MemoryLedger

HARMED = 88
FIT_LASTS = DAY // 12
"""The world turns round on that day; a challenger is there two hours after midnight."""

PAGED = 100
"""By the end of this day the harm has paged."""

WEEKLY = Retrain(every(days(7)), sliding(days(28)))


def fitted(world, first, last):
    """Put a challenger a week on record, each fitted on what was known at midnight."""
    means = Means(
        world.system, world.ledger, world.blobs, wiring.engine, wiring.load, None, None, None, wiring.dump
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(challenging, "load_history", lambda _: world.history)
        for number, day in enumerate(range(first, last, 7), 1):
            midnight = START + day * DAY
            challenge(means, Challenge(f"c{number}", midnight), lambda: midnight + FIT_LASTS)  # noqa: B023


@pytest.fixture(scope="module", autouse=True)
def learned_once():
    with references_learned_once():
        yield


@pytest.fixture(scope="module")
def world():
    """Everything answered by v1, and a challenger a week from the first day on."""
    found = watched(HARMED, watch=Watch(challenger=True), retrain=WEEKLY)
    found.answer("v1", TRAINED, DAYS)
    fitted(found, TRAINED, DAYS)
    return found


@pytest.fixture(scope="module")
def before(world):
    """The record with all days watched but those in which the page comes."""
    ledger = copied(world.ledger)
    run_pass(world.place(ledger), [], at(PAGED - 3))
    return ledger


@pytest.fixture
def paged(world, before):
    """A record with the open page."""
    ledger = copied(before)
    run_pass(world.place(ledger), [], at(PAGED))
    return ledger


def without(ledger, *names):
    """The same record without some challengers."""
    found = copied(ledger)
    kept = [event for event in ledger.read_events(CHALLENGERS) if event.subject not in names]
    found._streams.pop(CHALLENGERS)
    found.append_events(CHALLENGERS, kept)
    return found


def terms(ledger):
    return [Terms(**event.body) for event in ledger.read_events(WINDOWS) if event.kind == TERMS]


def windows(ledger):
    return [event.body for event in ledger.read_events(WINDOWS) if event.kind == WINDOW]


def replayed(world, fresh):
    """What a replay says of the same rows, each with what a fresh model answered."""
    rows = world.rows(TRAINED, DAYS)
    view = as_known(world.history.labels.history, LAST + 9 * DAY)
    log = observed(world.history, view, rows, world.score("v1", rows), fresh)
    accepted = of_parquet(world.blobs.get(world.version("v1").provenance[REFERENCE]))
    options = options_of(world.system, world.history.features, "binary")
    reference = accept(replace(accepted, reference_score=accepted.score), options)
    ticks = [START + day * DAY for day in range(TRAINED, DAYS + 1)]
    told = about(world.system, world.history.features, "trimtab watch s.py")
    return follow(reference, log, ticks, 2 * DAY, told)


def scored_by_the_newest_before(world):
    """The twin: each row's score from the challenger that was fitted last before it, one after the other."""
    rows = world.rows(TRAINED, DAYS)
    asked, fresh = world.history.requests.at[rows], np.full(len(rows), np.nan)
    for each in challengers(world.ledger):
        later = asked >= each.since
        predictor = load_version(each.version, world.blobs, wiring.load)
        fresh[later] = predictor.score(world.history.matrix.take(rows[later]))
    return fresh


# --- the same as in a replay


def test_live_monitors_with_challengers_say_what_a_replay_with_them_says(world):
    ledger = copied(world.ledger)
    folded = look(world.place(ledger), LAST + HOUR)
    found = replayed(world, scored_by_the_newest_before(world))
    assert [each.paired for each in terms(ledger)] == [True]
    assert [sent.finding for sent in found.pages] == [
        each.signal.finding for each in folded.happenings if isinstance(each.signal, Alert)
    ]
    assert "more than a fresh model does on the same requests" in found.pages[0].finding.what
    assert folded.state.watching.log_evidence() == found.state.watching.log_evidence()
    assert [asdict(each) for each in folded.state.outcomes] == [asdict(each) for each in found.state.outcomes]


def test_rows_from_before_the_first_challenger_are_counted_and_not_compared(world):
    ledger = copied(world.ledger)
    look(world.place(ledger), at(TRAINED + 8))
    early = world.rows(TRAINED, TRAINED + FIT_LASTS / DAY)
    told = [body.get("left_out", {}).get(UNCOMPARED, 0) for body in windows(ledger)]
    assert sum(told) == len(early) > 0
    assert not any(told[3:]), "the first day's labels are mature two days after its end"


# --- from when on


def test_until_a_challenger_is_there_the_accepted_period_is_what_is_compared_with(world):
    plain, late = without(world.ledger, *(f"c{n}" for n in range(1, 9))), without(world.ledger, "c1")
    begins = START + (TRAINED + 7) * DAY
    look(world.place(plain), at(TRAINED + 7))
    folded = look(world.place(late), at(TRAINED + 7))
    assert journal(late, WINDOWS) == journal(plain, WINDOWS)
    assert folded.state.watching.log_evidence()["realised"]
    folded = look(world.place(late), at(TRAINED + 15))
    first, second = terms(late)
    assert (first.paired, second.paired) == (False, True)
    assert folded.watcher.reference.paired
    for each in folded.state.outcomes:
        part = each.parts.get("realised")
        assert (part is None or not part.rows) == (each.start < begins), "nothing of two kinds is added up"
        assert each.gap.rows, "what the estimate was wrong by is known as before"


def test_the_change_keeps_the_evidence_that_was_gathered(world):
    late = without(world.ledger, "c1")
    earlier = look(world.place(late), at(TRAINED + 7)).state.watching.log_evidence()
    folded = look(world.place(late), at(TRAINED + 8))
    assert folded.watcher.reference.paired
    assert folded.state.watching.log_evidence()["realised"] == earlier["realised"]


def test_challengers_that_nobody_asks_for_any_more_are_compared_with_nothing(world):
    system = orders_system(harmed_tables(HARMED), retrain=WEEKLY)
    ledger = copied(world.ledger)
    look(Watched(system, ledger, world.blobs, world.history).place(), at(TRAINED + 3))
    assert [each.paired for each in terms(ledger)] == [False]


def test_what_a_person_called_benign_is_compared_with_the_period_accepted_then(world, paged):
    respond(world.system, paged, [], Acknowledge("i1", "benign", "ann", at(PAGED)), at(PAGED))
    run_pass(world.place(paged), [], at(PAGED + 12))
    assert [each.paired for each in terms(paged)][:2] == [True, False]
    assert not any(each.paired for each in terms(paged)[1:])
    (incident,) = incidents_of(paged.read_events(INCIDENTS))
    assert (incident.state, incident.why) == ("resolved", "benign"), "the difference stays, and pages nobody"


# --- passes


@pytest.mark.parametrize("after", [False, True])
def test_a_pass_that_is_killed_anywhere_leads_to_the_same_journals(world, before, after):
    whole = copied(before)
    run_pass(world.place(whole), [], at(PAGED))
    assert incidents_of(whole.read_events(INCIDENTS))
    for lives in range(99):
        ledger = copied(before)
        try:
            run_pass(world.place(Mortal(ledger, lives, after=after)), [Sink()], at(PAGED))
        except Killed:
            run_pass(world.place(ledger), [Sink()], at(PAGED))
            for stream in (WINDOWS, INCIDENTS):
                assert journal(whole, stream) == journal(ledger, stream)
        else:
            break
    assert lives >= 5


def test_a_challenger_that_comes_later_changes_nothing_that_was_closed(world):
    whole = copied(world.ledger)
    look(world.place(whole), at(TRAINED + 13))
    daily = without(world.ledger, *(f"c{n}" for n in range(2, 9)))
    look(world.place(daily), at(TRAINED + 7))
    (second,) = [event for event in world.ledger.read_events(CHALLENGERS) if event.subject == "c2"]
    daily.append_events(CHALLENGERS, [second])
    look(world.place(daily), at(TRAINED + 13))
    assert journal(daily, WINDOWS) == journal(whole, WINDOWS)


def test_the_verdicts_say_what_realised_loss_is_compared_with(world, before):
    def told(ledger, day):
        return [finding.what for finding in run_pass(world.place(ledger), [], at(day)).findings]

    assert "realised loss is compared with that of the weekly challenger" in told(copied(before), PAGED - 2)
    alone = without(world.ledger, *(f"c{n}" for n in range(1, 9)))
    assert any("with the accepted period: no challenger is on record" in each for each in told(alone, 83))


# --- which challenger


def test_a_challenger_of_another_kind_or_with_other_features_is_compared_with_nothing(world):
    comparing = Comparing(world.ledger, world.blobs, wiring.load)
    version = world.version("v1").to_json()
    assert len(comparing.like(version)) == len(comparing.fitted) == 8
    assert not comparing.like({**version, "task": "regression"})
    assert not comparing.like({**version, "classes": ["late", "lost"]})
    assert not comparing.like({**version, "features": version["features"][1:]})
    assert comparing.begun(version, comparing.fitted[0].since + 1)
    assert not comparing.begun(version, comparing.fitted[0].since)


def test_a_challenger_whose_bytes_are_gone_is_compared_with_nothing_and_that_is_told(world):
    ledger, place = copied(world.ledger), world.place()

    def broken(form, content):
        raise ArtifactError("gone")

    look(replace(place, ledger=ledger, load=broken), at(TRAINED + 4))
    assert windows(ledger)[-1]["left_out"][UNCOMPARED] == len(world.rows(TRAINED + 1, TRAINED + 2))


class Constant:
    """A predictor that always says the same."""

    encoder = SimpleNamespace(names=("x",))

    def __init__(self, value):
        self.value = value

    def score(self, matrix):
        return np.full(len(matrix), self.value)


@examples(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=4, unique=True).map(sorted),
    st.lists(st.integers(0, 20), max_size=8),
)
def test_a_row_is_scored_by_the_challenger_fitted_last_before_its_features_hold(since, as_of):
    ledger = MemoryLedger()
    own = {"features": ["x"], "task": "regression", "classes": None}
    for number, instant in enumerate(since):
        version = Version(f"c{number}", "", "", instant, 1, "", own)
        ledger.append_events(CHALLENGERS, [Event(instant, "fitted", version.name, asdict(version))])
    loaded = {f"c{number}": Constant(float(number)) for number in range(len(since))}
    rows = len(as_of)
    at_ = np.full(rows, 30)
    columns = Columns(("x", "y"), np.zeros((rows, 2)), {})
    log = Observed(at_, columns, np.zeros(rows), np.zeros(rows), np.full(rows, NEVER))
    answers = Answers(log, ({},) * rows, at_, np.array(as_of, np.int64), {})
    found = Comparing(ledger, None, None, loaded).scores(answers, {**own, "features": ["x", "y"]})
    for instant, score in zip(as_of, found, strict=True):
        earlier = [number for number, each in enumerate(since) if each <= instant]
        assert score == earlier[-1] if earlier else np.isnan(score)


# --- what it costs


def test_check_tells_what_a_challenger_costs_where_one_is_wanted(world):
    def told(system):
        found = check(system, wiring.engine(), wiring.tables(), LAST + 365 * DAY).findings
        return [each.what for each in found if "challenger" in each.what]

    rows = len(world.rows(DAYS - 26, DAYS))
    (what,) = told(world.system)
    assert what.startswith("the monitors compare the champion with a weekly challenger: 52 more trainings a")
    assert f"of {rows:,} rows and 7 features now, 5.20 EUR" in what
    assert not told(orders_system(harmed_tables(HARMED), retrain=WEEKLY))
