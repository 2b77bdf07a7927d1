"""What is declared of every version, held against the candidates of a replay as the live gate holds it."""

import contextlib
import json
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from loop_worlds import means_of, once, stored_versions
from policy_worlds import DAY
from released_worlds import RELEASE, ReleasedWorld
from suite_worlds import TURNS, demanding, tables

import trimtab as tt
from orders import START
from trimtab import wiring
from trimtab.adapters.blobs.memory import MemoryBlobs
from trimtab.declare.policy import Policy
from trimtab.report.html import to_html
from trimtab.retrain.windows import Selection, selection
from trimtab.runtime import gate_suite
from trimtab.runtime.history import load
from trimtab.runtime.intake import take_in
from trimtab.runtime.kept_fits import KeptFits
from trimtab.runtime.live_loop import journal
from trimtab.runtime.live_loop.past import Past
from trimtab.runtime.live_loop.suite import _shown
from trimtab.runtime.replay.knowing import kept_fits
from trimtab.runtime.replay.page import page
from trimtab.runtime.replay.run import Settings, replay
from trimtab.runtime.replay.suite import ReplayedSuite
from trimtab.runtime.replay.timeline import AT_GATE
from trimtab.runtime.training import FitSpec, Pool, run_family
from trimtab.runtime.versions import predictor_of
from trimtab.runtime.workspace import write_workspace
from trimtab.testing import MemoryLedger
from trimtab.training.task import make_recipe

BROKEN = "expected, but not so: scores are rising with weight"
UNFAIR = "shop = north is served worse than is allowed"
GOLDEN = (tt.GoldenRow({"shop": "south", "weight": 9.0}, low=0.6), tt.GoldenRow({"shop": "a new one"}))


@pytest.fixture
def here(monkeypatch):
    """What a clean process does, in this one: starting another takes long on a busy machine."""

    def score(form, content, matrix):
        return predictor_of(wiring.load(form, content)).score(matrix)

    monkeypatch.setattr(gate_suite, "score_elsewhere", score)


def replayed(system, *, watch=False):
    """The releases of the system's own policy, the outcome and its record."""
    ledger = MemoryLedger()
    settings = Settings(policies=("own",), processes=1, watch=watch)
    with contextlib.closing(wiring.engine()) as engine:
        done = replay(system, engine, wiring.tables(), ledger, settings, dump=wiring.dump)
    return done.policies[-1].releases, done, ledger


def began(system, day):
    """A loop without a server that begins on a day: what it works with, once it has turned."""
    means = means_of(system, SimpleNamespace(ledger=MemoryLedger(), blobs=MemoryBlobs()))
    with contextlib.closing(wiring.engine()) as engine:
        take_in(system, engine, wiring.tables(), means.ledger, START + day * DAY)
    once(means, START + day * DAY)
    return means


def looked(system, day):
    """The verdict of a live gate that knows what was known by a day, and the sentences of its findings."""
    events = began(system, day).ledger.read_events(journal.LOOP)
    (look,) = [event for event in events if event.kind == journal.LOOKED]
    return look.body["verdict"], {each["what"] for each in look.body["findings"]}


def days_of(decisions):
    return [(each.at - START) // DAY for each in decisions]


@pytest.fixture(scope="module")
def turned():
    return replayed(demanding(tables(turned="weight")), watch=True)


@pytest.fixture(scope="module")
def unfair():
    return replayed(demanding(tables(turned="north")))


def test_a_candidate_that_breaks_an_expectation_is_refused_from_then_on(turned):
    releases, _, _ = turned
    broken = [each for each in releases.refused if BROKEN in each.reason]
    assert len(broken) > 3
    assert TURNS < min(days_of(broken)) > max(days_of(releases.promotions))
    shares = [each.numbers["expected-but-not-so-scores-are-rising-with-weight"] for each in broken]
    assert max(shares) < 0.95


def test_without_the_expectation_the_same_candidates_serve():
    releases, _, _ = replayed(demanding(tables(turned="weight"), expectations=()))
    assert not [each for each in releases.refused if "expected" in each.reason]
    assert max(days_of(releases.promotions)) > TURNS + 40


def test_a_candidate_that_serves_a_group_worse_is_refused_from_then_on(unfair):
    releases, _, _ = unfair
    refused = [each for each in releases.refused if UNFAIR in each.reason]
    assert len(refused) > 3
    assert min(days_of(refused)) > TURNS
    assert releases.rehearsals >= len(refused), "the fits that judge groups are charged"


@pytest.mark.parametrize(("turn", "reason"), [("weight", BROKEN), ("north", UNFAIR)])
def test_a_live_gate_passes_and_refuses_on_the_same_days(turn, reason, request):
    releases, _, _ = request.getfixturevalue("turned" if turn == "weight" else "unfair")
    last = max(days_of(releases.promotions))
    first = next(day for day in days_of([d for d in releases.refused if reason in d.reason]) if day > last)
    for day, verdict in ((TURNS - 5, "passed"), (first, "blocked")):
        found, told = looked(demanding(tables(turned=turn, known_by=day)), day)
        assert found == verdict, told
        assert (reason in told) == (verdict == "blocked")


def test_a_refusal_is_told_in_the_journals_the_page_and_the_json(turned):
    releases, done, ledger = turned
    refused = next(each for each in releases.refused if BROKEN in each.reason)
    events = [each for each in ledger.read_events("decisions") if each.kind == "refuse"]
    assert (refused.at, f"own/{refused.subject}") in [(each.at, each.subject) for each in events]
    happened = [each for each in ledger.read_events("happened") if each.kind == "refused"]
    assert any(BROKEN in each.body["reason"] for each in happened)
    assert BROKEN in to_html(page(done))
    told = json.loads(json.dumps(done.to_json(), allow_nan=False))["policies"][-1]["releases"]["refused"]
    assert any(BROKEN in each["reason"] for each in told)


@pytest.mark.parametrize(("turn", "whole"), [("weight", "turned"), ("north", "unfair")])
def test_labels_that_came_later_change_no_decision(turn, whole, request):
    (whole, _, _), until = request.getfixturevalue(whole), START + 75 * DAY
    part, _, _ = replayed(demanding(tables(turned=turn, scrambled=75)))
    before = [each for each in whole.decisions if each.at <= until]
    assert before == [each for each in part.decisions if each.at <= until]
    assert any("expected" in each.reason or "served worse" in each.reason for each in before)
    assert whole.decisions != part.decisions, "later on the scrambled labels do matter"


def at_replayed_gate(system, day, folder):
    """What the suite of a replay finds of the fit of an instant."""
    with contextlib.closing(wiring.engine()) as engine:
        history = load(system, engine, wiring.tables())
    labels, now = history.labels, START + day * DAY
    recipe = make_recipe(system.model, labels.kind, labels.classes, labels.history.value)
    workspace = write_workspace(folder, {"online": history.matrix}, history.requests.at, labels.history)
    kept, results = KeptFits(str(folder)), {}
    suite = ReplayedSuite(history, recipe, tt.log_loss, kept, wiring.dump, results)
    spec = FitSpec(now, selection(system.retrain.window, now))
    for made in run_family(workspace, recipe, {spec: (), **suite.jobs(spec, now)}, system.seed, kept):
        results[made.spec] = made
    return suite.findings(spec, now)


@pytest.mark.parametrize(("turn", "day"), [("weight", 20), ("weight", 57), ("north", 80)])
def test_with_the_future_at_hand_the_suite_finds_what_a_live_one_finds_on_that_day(turn, day, tmp_path, here):
    options = {"release": tt.Release(canary=(), evaluation=True), "golden": GOLDEN}
    found = at_replayed_gate(demanding(tables(turned=turn), **options), day, tmp_path)
    assert len(found) == 5
    means = began(demanding(tables(turned=turn, known_by=day), **options), day)
    (version,) = stored_versions(means.ledger).values()
    assert found == tuple(gate_suite.suite_findings(_shown(Past(means, START + day * DAY), version)))


def test_groups_that_nobody_named_cost_no_fit(tmp_path):
    (told,) = at_replayed_gate(demanding(tables(), watch=tt.Watch(), expectations=()), 60, tmp_path)
    assert (str(told.severity), told.cause) == ("NOT RUN", "no slice is declared")


def test_a_model_that_cannot_be_had_is_not_checked_and_no_error(tmp_path):
    system = demanding(tables(), requires=None, release=tt.Release(evaluation=True))
    with contextlib.closing(wiring.engine()) as engine:
        history = load(system, engine, wiring.tables())
    suite = ReplayedSuite(history, None, tt.log_loss, KeptFits(str(tmp_path)), None, {})
    found = suite.findings(FitSpec(0, selection(tt.sliding(tt.days(9)), 0)), START + 60 * DAY)
    assert [str(each.severity) for each in found] == ["NOT RUN", "NOT RUN"]
    assert all("could not be kept" in each.cause for each in found)


def test_only_fits_that_a_gate_may_ask_are_kept(tmp_path):
    own = Policy("own", tt.Retrain(tt.every(tt.days(7)), tt.sliding(tt.days(28))))
    system, now = demanding(tables(rows=300)), START + 60 * DAY
    kept, keeps = kept_fits(system, (own,), tmp_path)
    with contextlib.closing(wiring.engine()) as engine:
        history = load(system, engine, wiring.tables())
    labels = history.labels
    recipe = make_recipe(system.model, labels.kind, labels.classes, labels.history.value)
    workspace = write_workspace(tmp_path, {"online": history.matrix}, history.requests.at, labels.history)
    candidate, curve = FitSpec(now, selection(own.retrain.window, now)), FitSpec(now, Selection())
    made = list(Pool(workspace, recipe, 0, 1, kept, keeps).run({candidate: (), curve: ()}))
    assert [each.problem for each in made] == [None, None]
    assert candidate in kept
    assert curve not in kept
    assert kept_fits(demanding(tables(rows=300), expectations=()), (own,), tmp_path) == (None, None)


@dataclass
class Unchecked:
    """A suite that cannot check something until a day."""

    until: int

    def jobs(self, *_):
        return {}

    def findings(self, _, at):
        severity = tt.Severity.NOT_RUN if at < self.until * DAY else tt.Severity.OK
        return (tt.Finding("groups were looked at", severity, cause="too few rows"),)


EVERY_50 = Policy("own", tt.Retrain(tt.every(tt.days(50))))


def test_a_candidate_of_which_something_is_not_checked_is_looked_at_again_each_day():
    line = ReleasedWorld(length=80, rows=40).released(EVERY_50, suite=Unchecked(66))
    (wait,) = [each for each in line.decisions if each.kind == AT_GATE]
    assert (wait.at // DAY, wait.subject) == (60, "v2")
    assert "groups were looked at (too few rows)" in wait.reason
    assert [(each.at, each.subject) for each in line.decisions if each.kind == "canary"] == [(66 * DAY, "v2")]


def test_a_candidate_that_can_never_be_checked_is_refused_at_the_deadline():
    release = tt.Release(canary=(), deadline=tt.days(15))
    line = ReleasedWorld(length=80, rows=40).released(EVERY_50, release, suite=Unchecked(99))
    (refused,) = [each for each in line.decisions if each.kind == "refuse"]
    assert "deadline: gate" in refused.reason
    assert refused.at // DAY == 76
    assert [each.version for each in line.served] == ["v1"]


def test_a_refresh_goes_on_where_everything_was_checked():
    line = ReleasedWorld(length=80, rows=40).released(EVERY_50, RELEASE, suite=Unchecked(0))
    assert [each.version for each in line.served] == ["v1", "v2"]
    assert AT_GATE not in {each.kind for each in line.decisions}
