"""The journal of evaluations: what the suite found of each version, as it was found."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from trimtab.evaluation.acceptances import Acceptance, settled
from trimtab.ports import Event, Ledger
from trimtab.runtime.evaluating.result import Evaluation

EVALUATIONS = "evaluations"
"""The journal's name; the subject of an event is the version, empty where none was stored."""


def keep(ledger: Ledger, done: Evaluation, version: str, now: int) -> None:
    """Put an evaluation on record, with its findings as they are without acceptances."""
    ledger.append_events(EVALUATIONS, [Event(now, "evaluated", version, _finite(done.to_json()))])


def accepting(done: Evaluation, acceptances: tuple[Acceptance, ...], now: int) -> Evaluation:
    """The evaluation as of `now`, with the findings settled that people have accepted."""
    findings = {topic: settled(found, acceptances, now) for topic, found in done.findings.items()}
    return replace(done, findings=findings)


def _finite(value: Any) -> Any:
    """JSON values without what no JSON holds."""
    if isinstance(value, dict):
        return {str(name): _finite(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
