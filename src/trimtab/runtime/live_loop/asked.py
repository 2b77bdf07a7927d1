"""What people ask of the loop: on record at once, taken in at its next turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from trimtab.ports import Event, Ledger

ASKED = "asked"
"""The journal of what people asked."""

What = Literal["approve", "decline", "promote", "roll back"]


@dataclass(frozen=True)
class Asked:
    """One wish of a person: what, of which version, why, and who; `step` is the step that is approved or declined."""

    at: int
    what: What
    version: str
    reason: str = ""
    step: str = ""
    by: str = ""

    def __str__(self) -> str:
        step = f" ({self.step})" if self.step else ""
        why = f": {self.reason}" if self.reason else ""
        return f"asked to {self.what} {self.version}{step}{why}; the loop takes it in at its next turn"

    def to_json(self) -> dict[str, Any]:
        """The wish as plain JSON values."""
        return {
            "at": self.at,
            "what": self.what,
            "version": self.version,
            "reason": self.reason,
            "step": self.step,
            "by": self.by,
        }


def ask(ledger: Ledger, asked: Asked) -> None:
    """Put a wish on record."""
    body = {"reason": asked.reason, "step": asked.step, "by": asked.by}
    ledger.append_events(ASKED, [Event(asked.at, asked.what, asked.version, body)])
