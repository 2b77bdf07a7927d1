"""A served system on record, whole days at a time: real versions, their real scores, and harm from a day on."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from threadpoolctl import threadpool_limits

from orders import DAY, START, orders_system, orders_tables
from trimtab import wiring
from trimtab.adapters.blobs.memory import MemoryBlobs
from trimtab.declare.system import System
from trimtab.monitoring import reference as references
from trimtab.ports import Event, Ledger, Record
from trimtab.runtime.history import History, assemble
from trimtab.runtime.intake import facts_from, take_in
from trimtab.runtime.logged import PREDICTIONS, Logged, encode
from trimtab.runtime.training_set import Version
from trimtab.runtime.versions import load_version, train_version
from trimtab.runtime.watching import live
from trimtab.runtime.watching.live import GRACE, Place
from trimtab.runtime.watching.reference_rows import to_parquet
from trimtab.serving.champion import version_of
from trimtab.serving.watching import served
from trimtab.testing import MemoryLedger
from trimtab.training.predictor import Predictor

DAYS, TRAINED, HARMED = 130, 80, 100
LAST = START + DAYS * DAY
"""Days of history, the one after which the version is trained, and the first with harm; the first instant after all."""


def harmed_tables(harmed: int | None = HARMED, rows: int = 7800) -> dict[str, pa.Table]:
    """Orders whose lateness turns round on a day, so that the model is wrong where it was right."""
    tables = orders_tables(rows=rows, length_days=DAYS)
    if harmed is None:
        return tables
    at = tables["orders"]["ordered"].cast(pa.int64()).to_numpy()
    late = tables["deliveries"]["hours_late"].to_numpy()
    turned = np.where(at >= START + harmed * DAY, 2.5 - late, late)
    place = tables["deliveries"].column_names.index("hours_late")
    return {**tables, "deliveries": tables["deliveries"].set_column(place, "hours_late", pa.array(turned))}


@dataclass
class Watched:
    """A system with its record, and what its past was as one batch."""

    system: System
    ledger: Ledger
    blobs: MemoryBlobs
    history: History

    def place(self, ledger: Ledger | None = None) -> Place:
        """What a pass reads."""
        ledger = ledger or self.ledger
        return Place(
            self.system, ledger, self.blobs, wiring.engine, wiring.load, served(ledger), "trimtab watch s.py"
        )

    def version(self, name: str) -> Version:
        """A version on record."""
        events = self.ledger.read_events("versions")
        return next(version_of(e.body) for e in events if e.kind == "trained" and e.subject == name)

    def train(self, day: int) -> str:
        """Train a version on what was known at the beginning of a day."""
        made = train_version(self.history, START + day * DAY, self.ledger, self.blobs, wiring.dump)
        return made.name

    def activate(self, name: str, day: float) -> None:
        """Let a version answer from some time of a day on."""
        event = Event(int(START + day * DAY), "activated", name, {})
        self.ledger.append_events("versions", [event])

    def rows(self, first: float, last: float) -> np.ndarray:
        """The requests asked from one day to another."""
        at = self.history.requests.at
        return np.flatnonzero((at >= START + first * DAY) & (at < START + last * DAY))

    def score(self, name: str, rows: np.ndarray) -> np.ndarray:
        """What a version says to requests."""
        predictor: Predictor = load_version(self.version(name), self.blobs, wiring.load)
        return predictor.score(self.history.matrix.take(rows))

    def answer(self, name: str, first: float, last: float, ledger: Ledger | None = None, **changed) -> None:
        """Put the answers of a version to all requests of some days on record."""
        rows = self.rows(first, last)
        matrix, score = self.history.matrix.take(rows), self.score(name, rows)
        requests = self.history.requests.table.take(pa.array(rows)).to_pylist()
        at = self.history.requests.at[rows]
        records = []
        for place, row in enumerate(rows):
            features = {
                each: _value(matrix, place, column) for column, each in enumerate(matrix.names)
            } | changed
            request = {"order": requests[place]["order"], "shop": requests[place]["shop"]}
            moment = int(at[place])
            body = encode(
                Logged(request, features, moment, moment, name, "champion", float(score[place]), [])
            )
            records.append(Record(f"{name}-{row}", moment, body, None))
        (ledger or self.ledger).append_records(PREDICTIONS, records)


def _value(matrix, row, column):
    value = matrix.values[row, column]
    if np.isnan(value):
        return None
    words = matrix.dictionaries.get(matrix.names[column])
    return float(value) if words is None else words[int(value)]


def watched(
    harmed: int | None = HARMED, *, trained: int = TRAINED, ledger: Ledger | None = None, **options
) -> Watched:
    """A system whose first version answers from the day after its training on; nothing is answered yet."""
    system = orders_system(harmed_tables(harmed), **options)
    ledger = ledger or MemoryLedger()
    engine = wiring.engine()
    take_in(system, engine, wiring.tables(), ledger, START)
    history = assemble(system, facts_from(ledger, system, engine), engine)
    found = Watched(system, ledger, MemoryBlobs(), history)
    found.activate(found.train(trained), trained)
    return found


class Killed(BaseException):
    """The process ends here."""


class Mortal:
    """A ledger whose process ends before the append of so many events or, with `after`, right behind it."""

    def __init__(self, ledger, lives, *, after=False):
        self.ledger, self.lives, self.after = ledger, lives, after

    def append_events(self, stream, events):
        if not events:
            return self.ledger.append_events(stream, events)
        self.lives -= 1
        if self.lives < 0 and not self.after:
            raise Killed
        found = self.ledger.append_events(stream, events)
        if self.lives < 0:
            raise Killed
        return found

    def __getattr__(self, name):
        return getattr(self.ledger, name)


class Sink:
    name, owner, keeps_state = "list", None, False

    def __init__(self):
        self.got = []

    def send(self, message):
        self.got.append(message)


def at(day):
    """An instant at which everything before a day can be closed."""
    return START + day * DAY + GRACE.microseconds


def copied(ledger):
    """Another record with the same content."""
    found = MemoryLedger()
    for stream in ledger.streams():
        if stream.startswith("facts/"):
            table = ledger.read_rows(stream).drop_columns(["sequence", "recorded_at"])
            found.append_rows(stream, table, at=START)
        elif stream == "predictions":
            found.append_records(stream, [record for _, record in ledger.read_records(stream)])
        else:
            found.append_events(stream, ledger.read_events(stream))
    return found


def journal(ledger, stream):
    """The events of a journal without when they were written."""
    return [(event.kind, event.subject, event.body) for event in ledger.read_events(stream)]


@contextmanager
def references_learned_once():
    """Learn each reference once: it depends on nothing but its rows and options."""
    known = {}

    def accept(rows, options):
        key = (to_parquet(rows), rows.reference_score is None, repr(options))
        if key not in known:
            with threadpool_limits(1):
                known[key] = references.accept(rows, options)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "accept", accept)
        yield


quiet = partial(watched, None)
