"""What triggers may look at in a simulated year. Drift, estimates and challengers are not simulated, and unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trimtab.declare.measured import OnSkillDrop, OnVolume
from trimtab.declare.triggers import AtMost, Trigger
from trimtab.retrain.seen import Measured, Skill
from trimtab.retrain.statistics import skill
from trimtab.retrain.triggers import parts
from trimtab.runtime.loop import State
from trimtab.stats import UnitTotals
from trimtab.testing.simulation.chance import DAY
from trimtab.testing.simulation.ground import Ground

UNKNOWN = dict.fromkeys(("drift", "estimated", "challenger", "regret"), "it is not simulated")


@dataclass
class Measures:
    """The statistics of each tick, as far as the trigger reads them."""

    ground: Ground
    trigger: Trigger

    def __post_init__(self) -> None:
        self.kinds = {type(part) for part in parts(self.trigger)}

    def at(self, state: State, day: int, now: int) -> Measured:
        """What is measured at an instant."""
        attempts = tuple(sorted({ended.as_of for ended in self.ground.ended.values() if ended.as_of <= now}))
        rows, last = self._rows(state, now) if OnVolume in self.kinds else (None, None)
        found = self._skill(state, day) if OnSkillDrop in self.kinds else "no trigger reads it"
        known = found if isinstance(found, Skill) else None
        unknown = UNKNOWN | ({} if known is not None else {"skill": str(found)})
        return Measured(
            attempts=attempts if AtMost in self.kinds else None,
            new_labelled_rows=rows,
            last_training_rows=last,
            skill=known,
            unknown=unknown,
        )

    def _rows(self, state: State, now: int) -> tuple[int, int]:
        around = self.ground.around
        last = around.mature_rows(state.last_attempt) if state.last_attempt is not None else 0
        return around.mature_rows(now) - last, last

    def _skill(self, state: State, day: int) -> Skill | str:
        champion, around = self.ground.champion, self.ground.around
        if champion is None:
            return "no champion"
        days = around.mature_days(self.ground.since.get(champion, day) * DAY, day)
        if not len(days):
            return "no mature day of the champion"
        constant = around.shared[days] + around.world.day_shock + 0.5
        losses = np.stack([self.ground.line[days], constant], axis=1) * around.counts[days, None]
        fresh = (state.last_attempt or 0) // DAY + 1
        return skill(UnitTotals(days, losses, around.counts[days]), fresh)
