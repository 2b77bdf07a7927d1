"""From what a person says to a wish that the loop can take in, or a refusal in words."""

from __future__ import annotations

from trimtab.errors import UsageError, nearest
from trimtab.ports import Ledger
from trimtab.runtime.live_loop.asked import Asked, What
from trimtab.runtime.live_loop.carrying import stored_versions
from trimtab.runtime.live_loop.journal import recall
from trimtab.runtime.loop import State


def wish(ledger: Ledger, what: What, version: str | None, reason: str, now: int) -> Asked:
    """The wish for what was said at an instant; raises UsageError where it cannot be taken in."""
    memory = recall(ledger)
    if memory is None:
        raise UsageError(
            "the loop of this system has not begun", do="serve it, or run: trimtab loop SYSTEM --once"
        )
    if what in {"approve", "decline"}:
        name, step = _waiting(memory.state, version)
        return Asked(now, what, name, reason, step)
    if what == "roll back":
        return Asked(now, what, _with_a_way_back(memory.state), reason)
    stored = stored_versions(ledger)
    if version not in stored:
        raise UsageError(
            f"there is no version {version!r}",
            found=", ".join(stored) or "no version at all",
            nearest=nearest(str(version), stored),
            do="trimtab history SYSTEM tells them",
        )
    released = memory.state.release
    if released is not None and version in released.quarantined:
        raise UsageError(f"{version} is in quarantine and never answers again", do="train a new version")
    return Asked(now, what, str(version), reason)


def _waiting(state: State, version: str | None) -> tuple[str, str]:
    """Who waits for an approval, and of which step."""
    released = state.release
    waiting = [each for each in released.candidates if each.awaiting] if released is not None else []
    chosen = [each for each in waiting if version in {None, each.version}]
    if len(chosen) != 1 or chosen[0].awaiting is None:
        names = ", ".join(f"{each.version} ({each.awaiting})" for each in waiting)
        raise UsageError(
            "no candidate waits for an approval" if not waiting else "say which candidate you mean",
            found=names or None,
            do="trimtab status SYSTEM tells who waits",
        )
    return chosen[0].version, chosen[0].awaiting


def _with_a_way_back(state: State) -> str:
    """The champion, where there is a version to go back to."""
    released = state.release
    if released is None or released.champion is None or released.target is None:
        raise UsageError(
            "there is no version to roll back to",
            found=state.champion or "no champion",
            do="promote a version by name: trimtab promote SYSTEM VERSION",
        )
    return released.champion
