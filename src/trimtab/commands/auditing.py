"""What a system's own record shows to others: findings people accept, model cards, and the ML Test Score."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from trimtab import wiring
from trimtab.declare.system import System
from trimtab.errors import UsageError
from trimtab.instants import Instant, instant

if TYPE_CHECKING:
    from trimtab.runtime.auditing.acceptances import Accepted
    from trimtab.runtime.auditing.audit import Audit
    from trimtab.runtime.auditing.cards.card import ModelCard
    from trimtab.runtime.auditing.record import OnRecord


def accept(
    system: System,
    finding: str,
    *,
    by: str,
    reason: str,
    until: Instant,
    home: str | Path | None = None,
) -> Accepted:
    """Take a finding on: until that day it asks for nothing, neither in an evaluation nor at the gate.

    `finding` is its sentence, or the beginning, figures left out or not. What comes worse than it was accepted comes
    back. Raises UsageError for a finding that is not on record, and without a name, a reason or a day to come.
    """
    from trimtab.runtime.auditing.acceptances import accept as run  # noqa: PLC0415

    folder = wiring.home(system, home)
    wiring.check_record(folder / "ledger")
    end = instant(until, system.zone)
    if end is None:
        raise UsageError("an acceptance ends on a day to come", do="name it, such as until='2027-01-31'")
    with contextlib.closing(wiring.ledger(folder / "ledger")) as ledger:
        return run(ledger, finding, by=by, reason=reason, until=end, now=wiring.clock().now())


def audit(
    system: System, *, at: Instant = None, home: str | Path | None = None, target: str | None = None
) -> Audit:
    """Judge the 28 tests of the ML Test Score from a system's own record, as of an instant (default: its newest entry).

    What is not on record is not shown, whatever is true of it. `target` is what commands call the system. Raises
    UsageError for a home without a record.
    """
    from trimtab.runtime.auditing.audit import audit as run  # noqa: PLC0415

    return run(_record(system, at, home, target))


def card(
    system: System,
    version: str | None = None,
    *,
    at: Instant = None,
    home: str | Path | None = None,
    target: str | None = None,
) -> ModelCard:
    """The model card of a version (default: the one that answers) as of an instant (default: the record's newest entry).

    What the record knows is filled in; what only people can say is taken from `tt.Card` and from the answers of an
    assessment, and else left empty. The same record gives the same card. Raises UsageError for an unknown version.
    """
    from trimtab.runtime.auditing.cards.card import make_card, version_of  # noqa: PLC0415
    from trimtab.serving.requirements import judge, measured_at_registration  # noqa: PLC0415

    record = _record(system, at, home, target)
    chosen = version_of(record, version)
    measured = measured_at_registration(chosen, record.at)
    limits = () if system.requires is None else judge(system.requires, measured)
    return make_card(record, chosen, limits)


def _record(system: System, at: Instant, home: str | Path | None, target: str | None) -> OnRecord:
    """What the home of a system has on record, with the answers of people and the newest replay."""
    from trimtab.runtime.assessing.answers import answers_file, read_answers  # noqa: PLC0415
    from trimtab.runtime.auditing.record import newest_instant, read_record  # noqa: PLC0415

    folder = wiring.home(system, home)
    answers = read_answers(answers_file(folder, system.name))
    replayed = folder / "replays" / system.name
    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(contextlib.closing(wiring.ledger_to_read(folder / "ledger")))
        replay = None
        if replayed.exists():
            replay = stack.enter_context(contextlib.closing(wiring.ledger_to_read(replayed)))
        until = instant(at, system.zone)
        until = newest_instant(ledger) if until is None else until
        return read_record(system, ledger, target or system.name, until, answers, replay)
