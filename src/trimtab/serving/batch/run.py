"""A batch from end to end: rows in, chunk by chunk through features and model, out, and on record."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa

from trimtab.declare.arrow import ARROW
from trimtab.declare.digest import digest
from trimtab.declare.source import InMemory, SqlTable
from trimtab.declare.system import System
from trimtab.errors import UsageError
from trimtab.ports import Blobs, Clock, Engine, Event, Ledger
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.history import resolve_features
from trimtab.runtime.intake import facts_from
from trimtab.runtime.live_loop.declaration import meanings
from trimtab.runtime.live_loop.keeping import as_served
from trimtab.serving.batch.output import Layout, counts_of
from trimtab.serving.batch.ports import Progress, Reading, RowStream, Target, Writing
from trimtab.serving.batch.result import BatchResult
from trimtab.serving.batch.rows import normalised, wanted
from trimtab.serving.batch.scoring import ChunkScorer
from trimtab.serving.champion import Champions, Load, Loaded

BATCHES = "batches"
"""The journal of batches that were finished."""

CHUNK_ROWS = 50_000

At = int | Literal["now"] | None
"""The time of every request in epoch microseconds, or when the batch began; None: what the declaration says."""


@dataclass(frozen=True)
class Options:
    """Wishes for a batch; any other wish makes another batch, which starts anew."""

    at: At
    chunk_rows: int
    features: bool

    def __post_init__(self) -> None:
        if self.chunk_rows < 1:
            raise UsageError("a chunk has at least one row", found=self.chunk_rows)


def silent(_what: str, _done: int, _total: int) -> None:
    """Report nothing."""


def predict(  # noqa: PLR0913  # each port and each option is independent of the others
    system: System,
    rows: object,
    to: object,
    *,
    ledger: Ledger,
    blobs: Blobs,
    engine: Engine,
    reading: Reading,
    writing: Writing,
    load: Load,
    clock: Clock,
    version: str | None = None,
    at: At = None,
    chunk_rows: int = CHUNK_ROWS,
    features: bool = False,
    progress: Progress = silent,
) -> BatchResult:
    """Predict every row with the champion, or the version of a name, and write one row for each, in order.

    `rows` are a path, `tt.sql(...)`, or a dataframe; None: the data of the system's request source. `to` is a path
    that ends in .parquet or .csv, or a table as `tt.sql(url, name)`. `features` adds the features' values. A run that
    was cut short goes on where it stopped, as of when it began. Raises TrimtabError where rows, record, model or
    target stand in the way.
    """
    watch, options = Stopwatch(), Options(at, chunk_rows, features)
    data, folder = _rows(system, rows)
    _refuse_same(data, folder, to)
    now = clock.now()
    progress("reading the record", 0, 0)
    system = as_served(system, ledger)
    facts = facts_from(ledger, system, engine)
    recorded = facts[system.request.source.name].kinds
    resolved = resolve_features(system, recorded)
    champions = Champions(ledger, blobs, load, resolved.names, clock, meanings=meanings(resolved))
    loaded = _version(champions, version)
    kinds = wanted(system, recorded, timed=at is None)
    layout = Layout(system, kinds, loaded, features)
    with (
        reading.open(data, folder, kinds) as stream,
        writing.open(to, _key(layout, stream, to, options), now) as target,
    ):
        instant = target.began if at == "now" else at
        scorer = ChunkScorer(system, resolved, facts, engine, loaded, target.began, instant)
        resumed = _total(target)["rows"]
        _predict(stream, target, scorer, layout, chunk_rows, progress)
        progress("writing", 0, 0)
        target.finish()
        result = _result(layout, stream, target, resumed, watch)
    ledger.append_events(BATCHES, [Event(clock.now(), "predicted", result.to, result.to_json())])
    return result


def _rows(system: System, rows: object) -> tuple[object, Path]:
    """What to read, and where relative paths start: given rows in the working folder, the source's at its file."""
    source = system.request.source
    if rows is None:
        return source.data, source.site.folder
    return (rows if isinstance(rows, str | Path | SqlTable) else InMemory(rows)), Path()


def _refuse_same(data: object, folder: Path, to: object) -> None:
    if not isinstance(data, str | Path) or not isinstance(to, str | Path):
        return
    read, written = (folder / data).resolve(), Path(to).resolve()
    if written == read or written.is_relative_to(read):
        raise UsageError(
            "the predictions would be written among the rows that they are made from",
            found=str(to),
            do="write them elsewhere",
        )


def _version(champions: Champions, name: str | None) -> Loaded:
    if name is not None:
        return champions.get(name)
    champions.start()
    if champions.champion is None:
        raise UsageError(
            "no version can predict",
            found=", ".join(f"{each.name} is {each.state}" for each in champions.infos())
            or "none is trained",
            do="train one (trimtab train)",
        )
    return champions.champion


def _key(layout: Layout, stream: RowStream, to: object, options: Options) -> str:
    """The name of a run: the same input, version, declaration and wishes have the same."""
    version = layout.loaded.version
    parts = [
        stream.fingerprint,
        str(to),
        version.name,
        version.artifact,
        digest(layout.system),
        asdict(options),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _predict(
    stream: RowStream,
    target: Target,
    scorer: ChunkScorer,
    layout: Layout,
    chunk_rows: int,
    progress: Progress,
) -> None:
    done = _total(target)["rows"]
    progress("predicting", done, stream.rows or 0)
    for chunk in _chunks(stream, layout, chunk_rows, done, begun=bool(target.counts)):
        scored = scorer.score(chunk)
        target.write(layout.table(chunk, scored, done), counts_of(scored, scorer.now))
        done += len(chunk)
        progress("predicting", done, stream.rows or 0)


def _chunks(
    stream: RowStream, layout: Layout, chunk_rows: int, done: int, *, begun: bool
) -> Iterator[pa.Table]:
    """The chunks that are still to do; no rows at all are one empty chunk, for the sake of its columns."""
    for chunk in stream.chunks(chunk_rows, skip=done):
        begun = True
        yield normalised(chunk, layout.kinds, layout.system.request.source)
    if not begun:
        yield pa.table({name: pa.array([], ARROW[kind]) for name, kind in layout.kinds.items()})


def _total(target: Target) -> Counter[str]:
    total: Counter[str] = Counter()
    for counts in target.counts:
        total.update(counts)
    return total


def _result(layout: Layout, stream: RowStream, target: Target, resumed: int, watch: Stopwatch) -> BatchResult:
    total = _total(target)
    rows, scored, ahead = (total.pop(name, 0) for name in ("rows", "scored", "ahead"))
    return BatchResult(
        system=layout.system.name,
        version=layout.loaded.version.name,
        to=target.name,
        rows=rows,
        scored=scored,
        ahead=ahead,
        problems=dict(total),
        resumed=resumed,
        began=target.began,
        seconds=watch.seconds,
        fingerprint=stream.fingerprint,
    )
