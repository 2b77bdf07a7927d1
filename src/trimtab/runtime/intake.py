"""Facts enter the ledger: all history at first, then what is new, known when it was taken in."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.declare.system import System
from trimtab.errors import LedgerError
from trimtab.ports import Engine, Event, Ledger, Tables
from trimtab.runtime.history import load_source, registered
from trimtab.sources.facts import Facts
from trimtab.sources.identity import SEQUENCE, deduplicate
from trimtab.sources.intake import GONE, Intake, first_intake, next_intake

SOURCES = "sources"
"""The journal of what was taken in when, with the kinds of the columns."""


def take_in(system: System, engine: Engine, tables: Tables, ledger: Ledger, now: int) -> Mapping[str, int]:
    """Append what each source has that the ledger has not; how many facts came, by source.

    Idempotent: taking in the same data twice appends nothing the second time. Bulk history carries the known times it
    asserts; what arrives later is known when it was taken in, and that stamp wins in every later training set.
    """
    return {source.name: _take_in(system, source, engine, tables, ledger, now) for source in system.sources}


def _take_in(system: System, source: Source, engine: Engine, tables: Tables, ledger: Ledger, now: int) -> int:
    facts = load_source(system, source, engine, tables)
    stream = f"facts/{source.name}"
    if ledger.frontier(stream):
        recorded = ledger.read_rows(stream)
        _same_columns(source, facts.table, recorded)
        arrived = next_intake(source, facts.table, recorded, now)
    else:
        arrived = first_intake(source, facts.table)
    _append(source, facts, arrived, ledger, now)
    return len(arrived.facts)


def _same_columns(source: Source, facts: pa.Table, recorded: pa.Table) -> None:
    missing = [name for name in facts.column_names if name not in {SEQUENCE, *recorded.column_names}]
    if missing:
        raise LedgerError(
            f"the record of source {source.name!r} lacks columns that the declaration now uses",
            where=source.site,
            found=", ".join(missing),
            do="take the whole history in again, into a new home",
        )


def _append(source: Source, facts: Facts, arrived: Intake, ledger: Ledger, now: int) -> None:
    body = {
        "facts": len(arrived.facts),
        "already_recorded": arrived.already_recorded,
        "excluded": dict(facts.excluded),
        "kinds": {name: str(kind) for name, kind in facts.kinds.items()},
    }
    if len(arrived.facts):
        rows = arrived.facts.drop_columns([SEQUENCE])
        ledger.append_rows(f"facts/{source.name}", rows, at=now, subject=source.id[0] if source.id else None)
    ledger.append_events(SOURCES, [Event(now, "taken in", source.name, body)])


def facts_from(ledger: Ledger, system: System, engine: Engine) -> dict[str, Facts]:
    """Each source's facts as the ledger holds them, registered with the engine; the order of arrival breaks ties."""
    return {source.name: _facts_of(source, ledger, engine) for source in system.sources}


def _facts_of(source: Source, ledger: Ledger, engine: Engine) -> Facts:
    taken = [event for event in ledger.read_events(SOURCES) if event.subject == source.name]
    if not taken:
        raise LedgerError(f"nothing of source {source.name!r} has been taken in", where=source.site)
    kinds = {name: Kind(kind) for name, kind in taken[-1].body["kinds"].items()}
    rows = (
        ledger.read_rows(f"facts/{source.name}")
        .drop_columns(["recorded_at"])
        .rename_columns({"sequence": SEQUENCE})
    )
    if source.snapshot:
        table, excluded = rows.filter(~rows[GONE].to_numpy()).drop_columns([GONE]), {}
    else:
        unique = deduplicate(rows, source.id, revises=source.revises)
        table = unique.table
        excluded = {"contradictions of an earlier fact (same id, other content)": unique.contradictions}
    engine.register(registered(source), table)
    kept = {reason: count for reason, count in excluded.items() if count}
    return Facts(source, table, kinds, kept, (), len(rows))
