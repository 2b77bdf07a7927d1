"""A served system is watched window by window, from its record alone, whatever is cut short."""

from dataclasses import asdict

import numpy as np
import pytest
from watched_worlds import (
    DAY,
    DAYS,
    HARMED,
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
from trimtab import Watch
from trimtab.finding import Severity
from trimtab.labels.history import as_known
from trimtab.monitoring.following import follow
from trimtab.monitoring.incidents import INCIDENTS, Acknowledge, Alert, Clear, incidents_of
from trimtab.monitoring.summary import summarise_inputs
from trimtab.ports import Event, Record
from trimtab.runtime.delivery import DELIVERIES
from trimtab.runtime.logged import Logged, encode
from trimtab.runtime.watching import live
from trimtab.runtime.watching.accepted import accepted, observed
from trimtab.runtime.watching.declared import about, options_of
from trimtab.runtime.watching.live import GRACE, due, look, next_window
from trimtab.runtime.watching.packing import unpacked
from trimtab.runtime.watching.passing import run_pass
from trimtab.runtime.watching.reference_rows import REFERENCE, evenly, of_parquet, to_parquet
from trimtab.runtime.watching.responding import respond
from trimtab.runtime.watching.served_rows import ERASED, FALLBACKS
from trimtab.runtime.watching.telling import STALE, VERDICTS, judged, latest_verdicts
from trimtab.runtime.watching.windows import TERMS, WINDOW, WINDOWS, Terms
from trimtab.serving.watching import served
from trimtab.testing import MemoryLedger

PAGED = 119
"""By the end of this day the harm has paged."""


@pytest.fixture(scope="module", autouse=True)
def accepted_once():
    """Learn each reference once for all tests: it depends on nothing but its rows and options."""
    with references_learned_once():
        yield


@pytest.fixture(scope="module")
def world():
    found = watched()
    found.answer("v1", TRAINED, DAYS)
    return found


@pytest.fixture(scope="module")
def before(world):
    """The record with all days watched but those in which the page comes."""
    ledger = copied(world.ledger)
    run_pass(world.place(ledger), [], at(PAGED - 3))
    return ledger


def the_same(one, other):
    """Whether two records were led to the same decisions."""
    for stream in (WINDOWS, INCIDENTS):
        assert journal(one, stream) == journal(other, stream)
    assert latest_verdicts(one).body["findings"] == latest_verdicts(other).body["findings"]


# --- the same as in a replay


def test_live_monitors_say_what_a_replay_of_the_same_rows_says(world):
    ledger = copied(world.ledger)
    folded = look(world.place(ledger), LAST + HOUR)
    options = options_of(world.system, world.history.features, "binary")
    reference = live.accept(of_parquet(world.blobs.get(world.version("v1").provenance[REFERENCE])), options)
    rows = world.rows(TRAINED, DAYS)
    view = as_known(world.history.labels.history, LAST + 9 * DAY)
    log = observed(world.history, view, rows, world.score("v1", rows))
    ticks = [START + day * DAY for day in range(TRAINED, DAYS + 1)]
    told = about(world.system, world.history.features, "trimtab watch s.py")
    replayed = follow(reference, log, ticks, 2 * DAY, told)
    assert [sent.finding for sent in replayed.pages] == [
        each.signal.finding for each in folded.happenings if isinstance(each.signal, Alert)
    ]
    assert replayed.pages, "the harm is found"
    assert folded.state.watching.log_evidence() == replayed.state.watching.log_evidence()
    assert [asdict(each) for each in folded.state.outcomes] == [asdict(e) for e in replayed.state.outcomes]
    events = [event for event in ledger.read_events(WINDOWS) if event.kind == WINDOW]
    assert len(events) == replayed.windows
    for event, start, stop in zip(events[::9], ticks[::9], ticks[1::9], strict=False):
        inputs, _ = unpacked(event.body["summaries"])
        mine = summarise_inputs(reference, log.between(start, stop), start)
        for name in ("slots", "low", "high", "phases"):
            np.testing.assert_array_equal(getattr(inputs.counts, name), getattr(mine.counts, name))
        assert (inputs.start, inputs.rows, inputs.estimated) == (start, mine.rows, mine.estimated)


# --- passes


def test_the_harm_opens_one_incident_and_the_sink_is_told_once(world, before):
    ledger, sink = copied(before), Sink()
    assert not incidents_of(ledger.read_events(INCIDENTS))
    done = run_pass(world.place(ledger), [sink], at(PAGED), file="s.py")
    (incident,) = incidents_of(ledger.read_events(INCIDENTS))
    assert incident.state == "open"
    assert incident.cause == "realised"
    assert START + HARMED * DAY <= incident.since < START + PAGED * DAY
    (message,) = sink.got
    assert message.acknowledge_command == "trimtab acknowledge s.py i1 --as fixed"
    assert done.findings[0].what.startswith("incident i1 (open): late-orders loses")
    assert [finding.severity for finding in done.sent] == [Severity.OK]


def test_a_second_pass_changes_nothing_and_reads_no_rows(world, before):
    ledger, sink = copied(before), Sink()
    run_pass(world.place(ledger), [sink], at(PAGED))
    frontiers = {stream: ledger.frontier(stream) for stream in ledger.streams()}
    place = world.place(ledger)
    again = run_pass(place, [sink], at(PAGED) + HOUR)
    assert {stream: ledger.frontier(stream) for stream in ledger.streams()} == frontiers
    assert again.windows == 0
    assert len(sink.got) == 1


def test_passes_day_by_day_decide_what_one_late_pass_decides(world, before):
    late, daily = copied(before), copied(before)
    run_pass(world.place(late), [], at(PAGED))
    for day in range(PAGED - 2, PAGED + 1):
        run_pass(world.place(daily), [], at(day) + 7 * HOUR)
    assert journal(late, WINDOWS) == journal(daily, WINDOWS)
    (one,), (other,) = (incidents_of(each.read_events(INCIDENTS)) for each in (late, daily))
    assert (one.finding, one.since, one.opened_at) == (other.finding, other.since, other.opened_at)


@pytest.mark.parametrize("after", [False, True])
def test_a_pass_that_is_killed_between_any_two_appends_is_made_up_for(world, before, after):
    whole, wanted = copied(before), Sink()
    run_pass(world.place(whole), [wanted], at(PAGED))
    for lives in range(99):
        ledger, sink = copied(before), Sink()
        try:
            run_pass(world.place(Mortal(ledger, lives, after=after)), [sink], at(PAGED))
        except Killed:
            run_pass(world.place(ledger), [sink], at(PAGED))
            the_same(whole, ledger)
            # at least once, and a repeat has the same key
            assert {message.key for message in sink.got} == {message.key for message in wanted.got}
            assert [event.kind for event in ledger.read_events(DELIVERIES)].count("delivered") == 1
        else:
            break
    assert lives >= 7, "three windows, the incident, the verdicts, the sink and its delivery"


def test_the_short_cut_leads_to_the_same_state_as_folding_everything(world, before):
    ledger = copied(before)
    assert latest_verdicts(ledger).body["cache"] is not None
    short = look(world.place(ledger), at(PAGED))
    ledger = copied(before)
    body = {**latest_verdicts(ledger).body, "cache": None}
    ledger.append_events(VERDICTS, [Event(LAST, "judged", "", body)])
    whole = look(world.place(ledger), at(PAGED))
    assert short.state.watching.log_evidence() == whole.state.watching.log_evidence()
    assert [e.signal for e in short.happenings] == [e.signal for e in whole.happenings]
    assert (short.sequence, short.until, short.waiting) == (whole.sequence, whole.until, whole.waiting)


def test_a_window_is_closed_a_moment_after_its_end(world):
    ledger = copied(world.ledger)
    end = START + (TRAINED + 1) * DAY
    read = served(ledger)
    assert not due(world.system, ledger, read, end + GRACE.microseconds - 1)
    assert due(world.system, ledger, read, end + GRACE.microseconds)
    run_pass(world.place(ledger), [], end + GRACE.microseconds)
    assert not due(world.system, ledger, read, end + DAY)
    assert due(world.system, ledger, read, end + DAY + GRACE.microseconds)


def test_days_are_those_of_the_zone_also_when_the_clock_is_put_forward():
    spring = 1_710_057_600_000_000  # 10 March 2024, 08:00 UTC
    start, stop = next_window("America/New_York", None, spring)
    assert (stop - start, spring - start) == (23 * HOUR, 3 * HOUR)
    assert next_window("America/New_York", stop, None) == (stop, stop + 24 * HOUR)
    assert next_window("UTC", None, None) is None


# --- what is left out


def test_fallbacks_erased_answers_and_other_versions_are_left_out_and_counted(world):
    ledger = copied(world.ledger)
    ledger.erase("predictions", [0])
    late = START + DAYS * DAY
    for served_by, features in (("fallback", {}), ("champion", {"shop": "north"})):
        body = encode(Logged({"order": 1}, features, late, late, "v9", served_by, 0.5))
        ledger.append_records("predictions", [Record(served_by, late, body)])
    run_pass(world.place(ledger), [], at(DAYS + 1))
    windows = [event.body for event in ledger.read_events(WINDOWS) if event.kind == WINDOW]
    assert windows[-1]["rows"] == 0
    assert windows[-1]["left_out"] == {FALLBACKS: 1, "answers of other versions": 1}
    said = [finding.what for finding in judged(ledger, late)]
    assert any("left out: 1 answers of other versions, 1 answers of the fallback" in what for what in said)
    assert ERASED not in windows[0].get("left_out", {}), "what is gone is not there to be counted"


def test_a_version_that_is_too_young_for_a_reference_says_so():
    found = watched(trained=3)
    found.answer("v1", 3, 6)
    (only,) = run_pass(found.place(), [], at(6)).findings
    assert (only.severity, only.what) == (Severity.NOT_RUN, "the model is not watched")
    assert "too little was known when v1 was trained" in only.cause


# --- other versions, other terms, answers of people


@pytest.fixture
def paged(world, before):
    """A record with the open page."""
    ledger = copied(before)
    run_pass(world.place(ledger), [], at(PAGED))
    return ledger


def terms(ledger):
    return [Terms(**event.body) for event in ledger.read_events(WINDOWS) if event.kind == TERMS]


def with_versions(world, ledger):
    """The same world on another record."""
    return Watched(world.system, ledger, world.blobs, world.history)


def test_a_refresh_of_the_same_recipe_carries_the_evidence_over(world, before):
    ledger = copied(before)
    evidence = look(world.place(copied(ledger)), at(PAGED - 3)).state.watching.log_evidence()
    other = with_versions(world, ledger)
    other.activate(other.train(90), PAGED - 3)
    folded = look(other.place(), at(PAGED - 2))
    assert [each.version for each in terms(ledger)] == ["v1", "v2"]
    assert folded.state.watching.log_evidence()["realised"] > evidence["realised"] - 1
    assert len(folded.state.outcomes) > 30, "labels of answers before the refresh count on"


def test_another_recipe_begins_anew_and_ends_the_page(world, paged):
    event = next(e for e in paged.read_events("versions") if e.kind == "trained")
    body = {**event.body, "name": "v2", "recipe": "another"}
    paged.append_events("versions", [Event(event.at, "trained", "v2", body)])
    with_versions(world, paged).activate("v2", PAGED + 0.25)
    folded = look(world.place(paged), at(PAGED + 1))
    assert isinstance(folded.happenings[-1].signal, Clear)
    assert not folded.state.outcomes
    run_pass(world.place(paged), [], at(PAGED + 1))
    (incident,) = incidents_of(paged.read_events(INCIDENTS))
    assert (incident.state, incident.why) == ("resolved", "another model answers")
    last = [event.body for event in paged.read_events(WINDOWS) if event.kind == WINDOW][-1]
    assert last["rows"] == 0, "what the other model answered on that day is not its own"


def test_a_changed_tolerance_holds_from_then_on_and_not_before(world, before):
    ledger = copied(before)
    place = world.place(ledger)
    closed = journal(ledger, WINDOWS)
    system = orders_system(harmed_tables(), watch=Watch(tolerance=0.9))
    run_pass(live.Place(system, ledger, place.blobs, place.engine, place.load, place.served), [], at(PAGED))
    assert journal(ledger, WINDOWS)[: len(closed)] == closed
    assert [each.options["tolerance"] for each in terms(ledger)] == [None, 0.9]
    assert not incidents_of(ledger.read_events(INCIDENTS)), "what is tolerated pages nobody"


def test_fixed_ends_the_page_and_harm_that_stays_pages_again(world, paged):
    answer = Acknowledge("i1", "fixed", "ann", at(PAGED))
    assert respond(world.system, paged, [], answer, at(PAGED)).new
    assert not respond(world.system, paged, [], answer, at(PAGED)).new
    run_pass(world.place(paged), [], at(PAGED) + HOUR)
    events = [event for event in paged.read_events(WINDOWS) if event.kind == "answer"]
    assert [event.body["answer"] for event in events] == ["fixed"]
    run_pass(world.place(paged), [], at(DAYS))
    first, second = incidents_of(paged.read_events(INCIDENTS))
    assert (first.state, first.why, second.state) == ("resolved", "fixed", "open")
    assert second.cause == first.cause


def test_benign_begins_a_new_reference_at_the_change(world, paged):
    (incident,) = incidents_of(paged.read_events(INCIDENTS))
    respond(world.system, paged, [], Acknowledge("i1", "benign", "ann", at(PAGED)), at(PAGED))
    run_pass(world.place(paged), [], LAST + HOUR)
    new = terms(paged)[1:]
    assert new[0].benign_from >= incident.since
    rows = [of_parquet(world.blobs.get(each.rows)) for each in new]
    assert all(each.at[0] >= new[0].benign_from for each in rows)
    assert len(rows[-1]) > len(rows[0]), "made again while it has too few outcomes"
    (incident,) = incidents_of(paged.read_events(INCIDENTS))
    assert (incident.state, incident.why) == ("resolved", "benign")


def test_verdicts_that_nobody_renewed_are_to_be_watched_themselves(world, before):
    (never,) = judged(MemoryLedger(), 0)
    assert (never.severity, never.what) == (Severity.NOT_RUN, "the monitors have not looked")
    fresh = at(PAGED - 2)
    assert not any("have not looked" in finding.what for finding in judged(before, fresh))
    late = START + (PAGED - 2) * DAY + STALE.microseconds + 1
    assert judged(before, late)[0].what == "the monitors have not looked since"


# --- accepted rows


def test_accepted_rows_are_read_back_to_the_bit(world):
    ground = accepted(world.history, START + TRAINED * DAY, *_recipe(world), world.system.seed)
    back = of_parquet(to_parquet(ground))
    assert back.columns.names == ground.columns.names
    assert back.columns.dictionaries == ground.columns.dictionaries
    for name in ("at", "score", "label", "label_at", "offset"):
        np.testing.assert_array_equal(getattr(back, name), getattr(ground, name))
    np.testing.assert_array_equal(back.columns.values, ground.columns.values)


def test_of_many_accepted_rows_evenly_spaced_ones_are_kept(world):
    ground = of_parquet(world.blobs.get(world.version("v1").provenance[REFERENCE]))
    some = evenly(ground, 100)
    assert len(some) == 100
    assert (some.at[0], some.at[-1]) == (ground.at[0], ground.at[-1])
    assert evenly(ground, 10**6) is ground


def _recipe(world):
    from trimtab.retrain.windows import selection  # only this test fits
    from trimtab.training.task import make_recipe

    labels = world.history.labels
    recipe = make_recipe(world.system.model, labels.kind, labels.classes, labels.history.value)
    return recipe, selection(world.system.retrain.window, START + TRAINED * DAY)
