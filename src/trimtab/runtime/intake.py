"""Facts enter the ledger: all history at first, then what is new, known when it was taken in."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from trimtab.declare.arrow import ARROW
from trimtab.declare.kinds import Kind
from trimtab.declare.needs import needed_columns
from trimtab.declare.source import Source
from trimtab.declare.system import System
from trimtab.errors import LedgerError
from trimtab.ports import Engine, Event, Identities, Ledger, Tables
from trimtab.runtime import given_labels
from trimtab.runtime.columns import columns_stream, filling, read_facts
from trimtab.runtime.history import identity, load_source, registered
from trimtab.runtime.live_loop.keeping import as_served
from trimtab.sources.facts import Facts
from trimtab.sources.identity import KNOWN, SEQUENCE, deduplicate
from trimtab.sources.intake import GONE, Intake, first_intake, next_intake
from trimtab.sources.marks import Marks

SOURCES = "sources"
"""The journal of what was taken in when, with the kinds of the columns."""


def take_in(system: System, engine: Engine, tables: Tables, ledger: Ledger, now: int) -> Mapping[str, int]:
    """Append what each source has that the ledger has not; how many facts came, by source.

    Idempotent: taking in the same data twice appends nothing the second time. Bulk history carries the known times it
    asserts; what arrives later is known when it was taken in, and that stamp wins in every later training set. Columns
    that only versions in use still read are taken in, too.
    """
    system = as_served(system, ledger)
    fill_in(system, engine, tables, ledger, now)
    return {source.name: _take_in(system, source, engine, tables, ledger, now) for source in system.sources}


def _take_in(system: System, source: Source, engine: Engine, tables: Tables, ledger: Ledger, now: int) -> int:
    facts, arrived = arrivals(system, source, engine, tables, ledger, now)
    _append(source, facts, arrived, ledger, now)
    return len(arrived.facts)


def arrivals(  # the stage's whole context
    system: System, source: Source, engine: Engine, tables: Tables, ledger: Ledger, now: int
) -> tuple[Facts, Intake]:
    """A source's facts as its data holds them now, and those that the ledger has not; nothing is appended."""
    facts = load_source(system, source, engine, tables)
    stream = f"facts/{source.name}"
    if not ledger.frontier(stream):
        return facts, first_intake(source, facts.table)
    recorded = read_facts(ledger, source.name)
    return facts, _without_erased(source, next_intake(source, facts.table, recorded, now), ledger)


def _without_erased(source: Source, arrived: Intake, ledger: Ledger) -> Intake:
    """The facts that were never on record: what was erased is not taken in again because its source still has it."""
    if not source.id or source.snapshot or not len(arrived.facts):
        return arrived
    marks = Marks(source.id, arrived.facts.column_names)
    ids, contents = marks.of_table(arrived.facts)
    earlier = ledger.find_identities(f"facts/{source.name}", ids)
    pairs = zip(earlier, contents, strict=True)
    new = [known is None or not marks.same(known, content) for known, content in pairs]
    kept = arrived.facts.filter(pa.array(new))
    return Intake(kept, arrived.already_recorded + len(new) - len(kept))


def fill_in(system: System, engine: Engine, tables: Tables, ledger: Ledger, now: int) -> Mapping[str, int]:
    """Fill in columns that the declaration reads and the record lacks; how many facts got values, by source.

    Values come from the source's data as it is now and count as known with their facts. What is cut short is done again
    the next time, to the same end.
    """
    recorded = recorded_kinds(ledger)
    found = {}
    for source in system.sources:
        kinds = recorded.get(source.name, {})
        lacking = [name for name in needed_columns(system, source, kinds) if name not in kinds]
        if kinds and lacking:
            found[source.name] = _fill_in(system, source, engine, tables, ledger, now)
    return found


def _fill_in(system: System, source: Source, engine: Engine, tables: Tables, ledger: Ledger, now: int) -> int:
    facts = load_source(system, source, engine, tables)
    values = filling(read_facts(ledger, source.name), facts.table, source.subject)
    if len(values):
        ledger.append_rows(columns_stream(source.name), values, at=now, subject=source.subject)
    body = {"facts": 0, "filled_in": len(values), "kinds": {n: str(kind) for n, kind in facts.kinds.items()}}
    ledger.append_events(SOURCES, [Event(now, "filled in", source.name, body)])
    return len(values)


def _append(source: Source, facts: Facts, arrived: Intake, ledger: Ledger, now: int) -> None:
    body = {
        "facts": len(arrived.facts),
        "already_recorded": arrived.already_recorded,
        "excluded": dict(facts.excluded),
        "kinds": {name: str(kind) for name, kind in facts.kinds.items()},
    }
    if len(arrived.facts):
        rows = arrived.facts.drop_columns([SEQUENCE])
        stream, identities = f"facts/{source.name}", _identities(source, rows)
        ledger.append_rows(stream, rows, at=now, subject=source.subject, identities=identities)
    ledger.append_events(SOURCES, [Event(now, "taken in", source.name, body)])


def _identities(source: Source, rows: pa.Table) -> Identities | None:
    """By what each fact will be known again when it arrives once more; of revised facts the latest version's."""
    return Identities(*Marks(source.id, rows.column_names).of_table(rows)) if source.id else None


def facts_from(ledger: Ledger, system: System, engine: Engine) -> dict[str, Facts]:
    """Each source's facts as the ledger holds them, registered with the engine; the order of arrival breaks ties.

    Labels that were given by prediction id are among them.
    """
    sources = list(system.sources)
    if ledger.frontier(f"facts/{given_labels.NAME}"):
        sources.append(given_labels.given_labels(system, identity(system)))
    return {source.name: _facts_of(source, ledger, engine) for source in sources}


def recorded_kinds(ledger: Ledger) -> dict[str, dict[str, Kind]]:
    """The kinds of each source's columns as they were last taken in."""
    return {
        event.subject: {name: Kind(kind) for name, kind in event.body["kinds"].items()}
        for event in ledger.read_events(SOURCES)
    }


def _on_record(source: Source, kinds: Mapping[str, Kind], ledger: Ledger) -> pa.Table:
    """A source's facts as the ledger holds them; of a source that has none yet, no rows of its columns."""
    if not ledger.frontier(f"facts/{source.name}"):
        about = {KNOWN: pa.int64(), SEQUENCE: pa.int64()} | ({GONE: pa.bool_()} if source.snapshot else {})
        return pa.schema({**{name: ARROW[kind] for name, kind in kinds.items()}, **about}).empty_table()
    return (
        read_facts(ledger, source.name).drop_columns(["recorded_at"]).rename_columns({"sequence": SEQUENCE})
    )


def _facts_of(source: Source, ledger: Ledger, engine: Engine) -> Facts:
    known_kinds = recorded_kinds(ledger)
    if source.name not in known_kinds:
        raise LedgerError(f"nothing of source {source.name!r} has been taken in", where=source.site)
    kinds = known_kinds[source.name]
    rows = _on_record(source, kinds, ledger)
    if source.snapshot:
        table, excluded = rows.filter(~rows[GONE].to_numpy()).drop_columns([GONE]), {}
    else:
        unique = deduplicate(rows, source.id, revises=source.revises)
        table = unique.table
        excluded = {"contradictions of an earlier fact (same id, other content)": unique.contradictions}
    engine.register(registered(source), table)
    kept = {reason: count for reason, count in excluded.items() if count}
    return Facts(source, table, kinds, kept, (), len(rows))
