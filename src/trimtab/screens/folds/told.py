"""What the monitors of a replay said of each policy, day by day, and what came of it; records from before have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.finding import Finding, Severity
from trimtab.monitoring.incidents import Incident, finding_from_json
from trimtab.ports import Event
from trimtab.screens.book import View
from trimtab.screens.folds.days import Floats, Integers
from trimtab.screens.keeping import Arrays

WATCHED, HAPPENED = "watched", "happened"
"""The journals that a replay writes of its watched policies."""
NEVER = "never"
"""The policy whose first model is never trained again."""


@dataclass(frozen=True, eq=False)
class Told:
    """One policy by day (d,), each as it was known at its end: `at` in epoch microseconds, requests, and the verdict.

    loss, gap (d, 3): the mean of the last 28 days with labels and its interval, and by how much it lost more than the
    fresh model; NaN where there is none.
    """

    policy: str
    at: Integers
    requests: Floats
    verdict: NDArray[np.str_]
    what: NDArray[np.str_]
    loss: Floats
    gap: Floats

    def __len__(self) -> int:
        return len(self.at)

    def finding(self) -> Finding:
        """What was said last."""
        return Finding(str(self.what[-1]), Severity(str(self.verdict[-1])))


def told(view: View, policy: str) -> Told | None:
    """What was said of a policy by the instant of a view; None where nothing is on record."""
    if not view.book.replay:
        return None
    found = view.book.journals.grown(WATCHED, _columns)
    kept = (found["policy"] == policy) & (found["at"] <= view.at)
    if not kept.any():
        return None
    names = ("at", "requests", "verdict", "what", "loss", "gap")
    return Told(policy, *(found[name][kept] for name in names))


def on_record(view: View) -> bool:
    """Whether the monitors of a replay are on its record at all."""
    return view.book.replay and bool(view.book.ledger.frontier(WATCHED))


def happened(view: View, policy: str) -> list[Event]:
    """What came of a policy by the instant of a view: versions and pages, in order of time."""
    return [event for event in view.events(HAPPENED) if event.subject == policy]


def replayed_incidents(view: View, policy: str) -> tuple[Incident, ...]:
    """The pages that a policy would have sent by the instant of a view, each as an incident."""
    ends = {e.body["incident"]: e for e in happened(view, policy) if e.kind == "resolved"}
    found = []
    for event in happened(view, policy):
        if event.kind == "paged":
            body, end = event.body, ends.get(event.body["incident"])
            finding, since = finding_from_json(body["finding"]), int(body["since"])
            over: dict[str, Any] = (
                {} if end is None else {"state": "resolved", "resolved_at": end.at, "why": end.body["why"]}
            )
            found.append(Incident(str(body["incident"]), finding.what, event.at, since, finding, **over))
    return tuple(found)


def _columns(events: Sequence[Event]) -> Arrays:
    bodies = [event.body for event in events]
    return {
        "policy": np.array([event.subject for event in events], "<U40"),
        "at": np.array([event.at for event in events], np.int64),
        "requests": np.array([body["requests"] for body in bodies], np.float64),
        "verdict": np.array([body["verdict"] for body in bodies], "<U8"),
        "what": np.array([body["what"] for body in bodies], "<U240"),
        "loss": _three(bodies, "loss"),
        "gap": _three(bodies, "gap"),
    }


def _three(bodies: Sequence[Any], name: str) -> Floats:
    """A mean and the ends of its interval by day (d, 3), NaN for what is not known."""
    return np.array([body[name] for body in bodies], np.float64).reshape(-1, 3)
