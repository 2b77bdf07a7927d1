"""Whom a replay watches, and against whom: never and own in any case.

A policy whose triggers read what its own monitors say is watched while it is walked, so that it hears them day by day.
All others are watched afterwards, by the same steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from trimtab.declare.measured import OnDrift, OnEstimatedDrop
from trimtab.declare.policy import Policy
from trimtab.declare.triggers import OnIncident
from trimtab.retrain.triggers import parts
from trimtab.runtime.history import History
from trimtab.runtime.replay.daily import Answers
from trimtab.runtime.replay.measuring import PolicyMeasure
from trimtab.runtime.replay.policies import DEFAULT, NEVER, OWN, SCRATCH, WEEKLY
from trimtab.runtime.replay.service import Results
from trimtab.runtime.replay.timeline import Served, Timeline
from trimtab.runtime.replay.walk import walk
from trimtab.runtime.replay.watched import WatchedPolicy
from trimtab.runtime.replay.watching import Ground, PolicyWatch
from trimtab.training.fit import Recipe


def reads_monitors(policy: Policy) -> bool:
    """Whether some trigger of a policy reads what its own monitors say: incidents, drift, estimates.

    >>> from trimtab.declare.policy import Retrain
    >>> from trimtab.declare.triggers import never, on_incident
    >>> reads_monitors(Policy("own", Retrain(on_incident()))), reads_monitors(Policy("never", Retrain(never())))
    (True, False)
    """
    return _reads(policy, OnIncident, OnDrift, OnEstimatedDrop)


def _reads(policy: Policy, *triggers: type) -> bool:
    return any(isinstance(part, triggers) for part in parts(policy.retrain.when))


@dataclass(eq=False)
class Watches:
    """The monitors of one replay; `walked` are the policies that are watched as they are walked.

    The fresh model that they are compared with is that of the weekly policy, where it runs or somebody
    reads its own monitors.
    """

    history: History
    answers: Answers
    recipe: Recipe
    policies: Sequence[Policy]
    command: str
    walked: dict[str, PolicyWatch] = field(default_factory=dict, init=False)
    ground: Ground | None = field(default=None, init=False)

    @property
    def fresh(self) -> Policy | None:
        """The policy of the fresh model."""
        named = {policy.name: policy for policy in self.policies}
        if WEEKLY in named:
            return named[WEEKLY]
        hears = any(map(reads_monitors, self.policies))
        return next(policy for policy in DEFAULT if policy.name == WEEKLY) if hears else None

    def lines(self) -> tuple[Timeline, ...]:
        """The fresh model where no policy walks it: its fits are needed, and charged to nobody."""
        fresh = self.fresh
        if fresh is None or fresh in self.policies:
            return ()
        return (walk(fresh, self.answers.ticks.tolist(), lambda _: None),)

    def measure(self, policy: Policy, results: Results) -> PolicyMeasure:
        """The measure of a policy, with its monitors where it reads them."""
        self.ground = self.ground or self._ground(results)
        if reads_monitors(policy):
            watch = PolicyWatch(
                self.ground, policy.name, reads_figures=_reads(policy, OnDrift, OnEstimatedDrop)
            )
            self.walked[policy.name] = watch
        return PolicyMeasure(self.answers, policy, results, self.walked.get(policy.name))

    def told(self, timelines: Sequence[Timeline], results: Results) -> tuple[WatchedPolicy, ...]:
        """What would have been said of the model that is never retrained, and of the system's own policy."""
        named = {each.policy.name: each for each in timelines}
        ground = self.ground or self._ground(results)
        if ground.line is None and OWN in named:
            ground = self._ground(results)
            ground.line, ground.compared_with = (lambda: named[OWN].served), OWN
        others = (name for name in self.walked if name != SCRATCH)
        wanted = dict.fromkeys((NEVER, *others, timelines[-1].policy.name))
        watches = [self.walked.get(name) or _watched(ground, named[name]) for name in wanted]
        return tuple(watch.result() for watch in watches)

    def _ground(self, results: Results) -> Ground:
        fresh = self.fresh
        ground = Ground(self.history, self.answers, self.recipe, self.command, results)
        if fresh is not None:
            ground.line, ground.compared_with = (lambda: self._served(fresh, results)), fresh.name
        return ground

    def _served(self, policy: Policy, results: Results) -> Sequence[Served]:
        """The versions of a policy that follows a calendar, those left out that could not be trained."""
        ticks = self.answers.ticks.tolist()
        return walk(policy, ticks, lambda spec: results[spec].problem if spec in results else None).served


def _watched(ground: Ground, line: Timeline) -> PolicyWatch:
    watch = PolicyWatch(ground, line.policy.name)
    for tick in ground.answers.ticks:
        watch.opened(int(tick), line.served)
    return watch
