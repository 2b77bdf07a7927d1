"""One event's consequences as they build up: the state so far, what is ordered, and what is written down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from trimtab.declare.releasing import Release
from trimtab.release.events import (
    Call,
    Command,
    Decision,
    Gate,
    Numbers,
    Promote,
    Quarantine,
    Retire,
    RollBack,
    Shadow,
)
from trimtab.release.rollback import REST, WATCHES, may_switch
from trimtab.release.state import Candidate, State, Watch
from trimtab.units import Duration


@dataclass(frozen=True)
class Turn:
    """A state, the commands and the decisions of the event that is being taken in; every method returns the next."""

    state: State
    at: int
    declared: Release
    commands: tuple[Command, ...] = ()
    decisions: tuple[Decision, ...] = ()

    def order(self, *commands: Command) -> Turn:
        """With these commands."""
        return replace(self, commands=(*self.commands, *commands))

    def say(self, kind: str, subject: str, reason: str, numbers: Numbers | None = None) -> Turn:
        """With this decision."""
        decision = Decision(self.at, kind, subject, reason, numbers or {})
        return replace(self, decisions=(*self.decisions, decision))

    def remember(self, **changes: Any) -> Turn:
        """With these fields of the state."""
        return replace(self, state=replace(self.state, **changes))

    def put(self, candidate: Candidate) -> Turn:
        """With this candidate in the place of the one of its version, or added."""
        kept = self.state.candidates
        if self.state.candidate(candidate.version) is None:
            return self.remember(candidates=(*kept, candidate))
        return self.remember(
            candidates=tuple(candidate if each.version == candidate.version else each for each in kept)
        )

    def drop(self, version: str, kind: str, reason: str, numbers: Numbers | None = None) -> Turn:
        """Without this candidate, which is retired."""
        kept = tuple(each for each in self.state.candidates if each.version != version)
        turn = self.remember(candidates=kept).order(Retire(version, self.at))
        return turn.say(kind, version, reason, numbers)

    def bar(self, version: str) -> Turn:
        """With this version in quarantine."""
        barred = (*self.state.quarantined, version)
        return self.remember(quarantined=barred).order(Quarantine(version, self.at))

    def promote(self, version: str, reason: str) -> Turn:
        """With this version as the champion, and the old one behind it in reverse shadow."""
        old, recipe = self.state.champion, self.state.recipe
        kept = tuple(each for each in self.state.candidates if each.version != version)
        turn = self.order(Promote(version, old, self.at)).say("promote", version, reason)
        turn = turn.remember(champion=version, previous=old, candidates=kept, helpless=None)
        if old is not None:
            turn = _watched(turn, old, refresh=self.state.versions[version] == recipe)
        return _sorted_anew(turn, recipe)

    def roll_back(
        self, reason: str, *, automatic: bool, to: str | None = None, numbers: Numbers | None = None
    ) -> Turn:
        """With `to`, or else the version before, as champion again; frozen instead when that happened too often."""
        bad, target = self.state.champion, to or self.state.target
        if bad is None or (self.state.frozen and automatic):
            return self
        if target is None:
            return self._helpless(bad, reason, automatic=automatic, numbers=numbers)
        if automatic and not may_switch(self.state.switches, self.at):
            told = f"{bad}: {reason}, after two automatic rollbacks within 30 days"
            frozen = self.remember(frozen=True).order(Call(told, self.at))
            return frozen.say("freeze", bad, told, numbers)
        recipe = self.state.versions[bad]
        turn = (
            self.order(RollBack(bad, target, self.at))
            .bar(bad)
            .say("roll back", bad, f"{reason}; {target} serves", numbers)
        )
        for each in self.state.candidates:
            if each.recipe == recipe:
                turn = turn.drop(each.version, "refuse", f"its recipe rests after the rollback of {bad}")
        turn = turn.remember(
            champion=target,
            previous=None,
            watches=(),
            helpless=None,
            resting=(*self.state.resting, (recipe, self.at + REST.microseconds)),
            switches=(*self.state.switches, self.at) if automatic else self.state.switches,
        )
        return _sorted_anew(turn, recipe)

    def _helpless(self, bad: str, reason: str, *, automatic: bool, numbers: Numbers | None) -> Turn:
        """With a person called once, as there is no version to roll back to; again only after something changed."""
        if automatic and self.state.helpless == bad:
            return self
        told = f"{bad}: {reason}, and there is no version to roll back to"
        turn = self.order(Call(told, self.at)).remember(helpless=bad) if automatic else self
        return turn.say("call", bad, told, numbers)


def _watched(turn: Turn, old: str, *, refresh: bool) -> Turn:
    """A refresh goes on under the watches that are open, and opens one more when the newest is old enough.

    Harm that begins under an open watch is hidden by the good days before it. So there is a fresh one every few days,
    and its anchor is the version that opened the one before: whatever came in between is compared with what was there
    before it, from the first day on.
    """
    champion = turn.state.champion or old
    # a person may have gone back to a version that watched
    kept = tuple(each for each in turn.state.watches if refresh and each.anchor != champion)
    for each in turn.state.watches:
        if each not in kept and each.anchor != champion:
            turn = turn.order(Retire(each.anchor, turn.at))
    between = Duration(turn.declared.watch_after.microseconds // WATCHES)
    turn = turn.remember(watches=kept)
    if kept and Duration(turn.at - kept[-1].since) < between:
        return turn.order(Retire(old, turn.at))
    last = kept[-1].opened_by if kept else old
    return _opened(turn, champion, old if last == champion else last, old)


def _opened(turn: Turn, champion: str, anchor: str, old: str) -> Turn:
    """With one more watch, which has its share of the year's budget."""
    account, alpha = turn.state.rollbacks.spend(champion, turn.at)
    until = turn.at + turn.declared.watch_after.microseconds
    opened = Watch(anchor, turn.state.versions[anchor], turn.at, until, alpha, champion)
    if anchor != old:
        turn = turn.order(Retire(old, turn.at))
    turn = turn.remember(rollbacks=account, watches=(*turn.state.watches, opened))
    return turn.order(Shadow(anchor, turn.at))


def _sorted_anew(turn: Turn, recipe: str | None) -> Turn:
    """After another champion than one of this recipe took over: evidence against the old one is void where it counts.

    A refresh was compared with one version and goes to the gate again. A change is compared with a line of versions:
    its evidence stands while the line goes on.
    """
    accepted = turn.state.recipe
    for each in turn.state.candidates:
        if each.recipe == accepted:
            turn = _again(turn, replace(each, kind="refresh"))
        elif each.kind != "change":
            turn = turn.drop(each.version, "refuse", "its recipe is not the accepted one any more")
        elif accepted != recipe:
            turn = _again(turn, each)
    return turn


def _again(turn: Turn, candidate: Candidate) -> Turn:
    if candidate.started:
        turn = turn.order(Retire(candidate.version, turn.at))
    fresh = replace(candidate, stage="gate", since=turn.at, share=0, awaiting=None, held=False)
    return turn.put(fresh).order(Gate(candidate.version, turn.at))
