"""Each law is broken on purpose once, and the simulation finds it."""

from dataclasses import replace

import pytest

from trimtab.declare.policy import Retrain, never, on_skill_drop
from trimtab.labels.history import as_known
from trimtab.release import machine
from trimtab.release.events import Decision, Gated, Route
from trimtab.runtime.loop import Tick, read_event
from trimtab.runtime.loop import step as real_step
from trimtab.testing.simulation import Faults, InvariantError, Policies, World, simulate
from trimtab.testing.simulation.ground import Ground
from trimtab.testing.simulation.scenarios import CHAOS, RESTLESS

WORKER = "trimtab.testing.simulation.worker.step"
RUN = "trimtab.testing.simulation.run.step"
LAWS = "trimtab.testing.simulation.invariants.step"


def _live(seeds):
    for seed in seeds:
        simulate(Policies(), seed=seed, years=0.6, faults=CHAOS, world=RESTLESS)


def broken(law, seeds=range(4)):
    """Assert that one of these lives breaks a law of this name."""
    with pytest.raises(InvariantError, match=law):
        _live(seeds)


def kernel(monkeypatch, step):
    """Put another kernel into every place that uses it."""
    for place in (WORKER, RUN, LAWS):
        monkeypatch.setattr(place, step)


def test_a_training_on_labels_of_the_future(monkeypatch):
    def peeking(labels, now):
        return as_known(labels, now + 5 * 86_400_000_000)

    monkeypatch.setattr("trimtab.testing.simulation.trained.as_known", peeking)
    broken("labels that were not known")


def test_a_version_that_serves_although_the_gate_blocks(monkeypatch):
    def lax(state, event, declared):
        blocked = isinstance(event, Gated) and not event.passed
        return real_step(state, replace(event, passed=True) if blocked else event, declared)

    kernel(monkeypatch, lax)
    broken("no version serves before its gate")


def test_a_budget_that_is_overspent(monkeypatch):
    monkeypatch.setattr("trimtab.release.budget.share_of_budget", lambda _: 0.2)
    broken("alpha spent")


def test_a_tick_that_trains_twice(monkeypatch):
    def forgetful(state, event, declared):
        return real_step(replace(state, ticked=None, training=None, last_attempt=None), event, declared)

    kernel(monkeypatch, forgetful)
    broken("the same event twice")


def test_a_command_that_counts(monkeypatch):
    real = Ground.carry_out

    def counting(self, command):
        real(self, command)
        if isinstance(command, Route):
            self.shares[command.version] = self.shares.get(command.version, 0.0) + 0.01 * len(self.calls)
            self.calls[(len(self.calls), "again")] = None

    monkeypatch.setattr(Ground, "carry_out", counting)
    broken("the same command twice")


def test_a_restart_that_forgets(monkeypatch):
    monkeypatch.setattr(
        "trimtab.testing.simulation.worker.read_event",
        lambda body: Tick(body["at"]) if body["kind"] == "Gated" else read_event(body),
    )
    broken("a restart is no restart")


def test_a_version_in_quarantine_that_comes_back(monkeypatch):
    def careless(turn, version):
        return turn

    monkeypatch.setattr("trimtab.release.turn.Turn.bar", careless)
    real = Ground.carry_out

    def barring(self, command):
        real(self, command)
        if type(command).__name__ == "RollBack":
            self.quarantined.add(command.to)

    monkeypatch.setattr(Ground, "carry_out", barring)
    broken("quarantine")


def test_two_refreshes_under_way(monkeypatch):
    monkeypatch.setattr(
        machine,
        "_wanted",
        lambda _, candidate: (
            "promotion"
            if candidate.kind == "first" and candidate.stage == "queued"
            else "canary"
            if candidate.stage == "queued"
            else None
        ),
    )
    broken("one refresh and one change")


def test_a_decision_without_numbers(monkeypatch):
    def silent(state, event, declared):
        after, orders, decisions = real_step(state, event, declared)
        return after, orders, tuple(Decision(d.at, d.kind, d.subject, d.reason) for d in decisions)

    kernel(monkeypatch, silent)
    broken("decisions carry their numbers")


def test_a_clock_that_goes_back(monkeypatch):
    def obedient(state, event, declared):
        if isinstance(event, Tick) and state.ticked is not None and event.at < state.ticked:
            return replace(state, ticked=event.at), (), ()
        return real_step(state, event, declared)

    kernel(monkeypatch, obedient)
    broken("time does not go back")


def test_a_system_that_gives_up_after_its_first_training(monkeypatch):
    monkeypatch.setattr("trimtab.runtime.loop.kernel._without_model", lambda *_: False)
    policies = Policies(Retrain(on_skill_drop(0.01)))
    with pytest.raises(InvariantError, match="tries again"):
        simulate(policies, seed=0, years=0.2, faults=Faults(failing_trainings=1.0))


def test_a_system_whose_trainings_fail_tries_every_day():
    policies = Policies(Retrain(never()))
    done = simulate(policies, seed=0, years=0.2, faults=Faults(failing_trainings=0.9, nan_trainings=0.0))
    assert done.counts.failed_trainings > 3
    assert done.state.champion is not None


def test_a_champion_whose_artifact_is_lost(monkeypatch):
    monkeypatch.setattr(Ground, "loads", lambda _, version: version == "v1")
    broken("its artifact loads")


def test_an_old_event_that_acts_again(monkeypatch):
    def eager(state, event, declared):
        after, orders, decisions = real_step(state, event, declared)
        late = isinstance(event, Gated) and state.ticked is not None and event.at < state.ticked
        return (
            (after, (Route(event.version, 0.5, event.at),), decisions) if late else (after, orders, decisions)
        )

    monkeypatch.setattr(LAWS, eager)
    broken("the same event twice")


def test_a_sound_kernel_breaks_none():
    done = simulate(Policies(), seed=0, years=0.3, faults=Faults(), world=World())
    assert sum(done.invariants.values()) > 500
