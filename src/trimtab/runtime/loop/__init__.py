"""The loop as one pure step: the same code in live operation, in a replay and in a simulation."""

from trimtab.release.events import Decision, Promote, RollBack
from trimtab.runtime.loop.events import Command, Event, IncidentOpened, Tick, Train, Trained
from trimtab.runtime.loop.kernel import outstanding, step
from trimtab.runtime.loop.recorded import read_event, write_decision, write_event
from trimtab.runtime.loop.state import Declared, State, begin

__all__ = [
    "Command",
    "Decision",
    "Declared",
    "Event",
    "IncidentOpened",
    "Promote",
    "RollBack",
    "State",
    "Tick",
    "Train",
    "Trained",
    "begin",
    "outstanding",
    "read_event",
    "step",
    "write_decision",
    "write_event",
]
