"""The only file that picks adapters."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.declare.source import Source
from trimtab.declare.system import System
from trimtab.errors import UsageError
from trimtab.ports import Blobs, Clock, Engine, Ledger, OnlineStore, Tables

if TYPE_CHECKING:
    from trimtab.adapters.door import RemoteLedger
    from trimtab.runtime.delivery import Sink
    from trimtab.runtime.live_loop.means import Means
    from trimtab.runtime.receiving import Receives
    from trimtab.serving.batch.ports import Reading, Writing
    from trimtab.serving.hosting import Door
    from trimtab.serving.opening import Home


def engine() -> Engine:
    """DuckDB in this process, on all cores unless TRIMTAB_THREADS says how many threads it may have."""
    from trimtab.adapters.engines.duckdb import DuckDBEngine  # noqa: PLC0415  # engines load when used

    threads = os.environ.get("TRIMTAB_THREADS", "")
    return DuckDBEngine(threads=int(threads) if threads.isdecimal() and int(threads) else None)


def tables() -> Tables:
    """Files, dataframes and SQL databases."""
    from trimtab.adapters.tables.reader import TableReader  # noqa: PLC0415

    return TableReader()


def ledger(folder: Path) -> Ledger:
    """SQLite and Parquet in a folder; while another process owns it, writes go through that process's door."""
    from trimtab.adapters.door import RemoteLedger, find_door  # noqa: PLC0415
    from trimtab.adapters.ledger.sqlite import SqliteLedger  # noqa: PLC0415

    if find_door(folder) is not None:
        return RemoteLedger(folder, SqliteLedger(folder, read_only=True))
    return SqliteLedger(folder)


def owner(folder: Path) -> RemoteLedger | None:
    """The record of a home through the process that owns it; None when no process does."""
    from trimtab.adapters.door import RemoteLedger, find_door  # noqa: PLC0415
    from trimtab.adapters.ledger.sqlite import SqliteLedger  # noqa: PLC0415

    if find_door(folder / "ledger") is None:
        return None
    return RemoteLedger(folder / "ledger", SqliteLedger(folder / "ledger", read_only=True))


def door(folder: Path) -> Door:
    """What opens a home's record to the other processes of this machine."""
    from trimtab.adapters.door import LedgerDoor  # noqa: PLC0415

    return lambda found, services: LedgerDoor(found, folder / "ledger", services)


@contextmanager
def serving_home(folder: Path) -> Iterator[Home]:
    """Everything that serving needs of a home, closed in the end; raises LedgerError when another process owns it."""
    from trimtab.adapters.ledger.sqlite import SqliteLedger  # noqa: PLC0415
    from trimtab.serving.opening import Home  # noqa: PLC0415

    with ExitStack() as stack:
        record = stack.enter_context(closing(SqliteLedger(folder / "ledger")))
        store = stack.enter_context(closing(online_store(folder / "online")))
        yield Home(record, blobs(folder / "blobs"), store, engine, tables(), clock(), load, stamp)


@contextmanager
def worker_home(folder: Path) -> Iterator[tuple[Home, Receives]]:
    """What a process needs that answers beside the owner of a home, and its way of taking facts in."""
    from trimtab.adapters.online.lmdb import LmdbStore  # noqa: PLC0415
    from trimtab.serving.opening import Home  # noqa: PLC0415
    from trimtab.serving.workers import ThroughOwner  # noqa: PLC0415

    record = owner(folder)
    if record is None:
        raise UsageError(f"no process owns the record in {folder}", do="start with: trimtab serve")
    with closing(record), closing(LmdbStore(folder / "online", read_only=True)) as store:
        place = Home(record, blobs(folder / "blobs"), store, engine, tables(), clock(), load, stamp)
        yield place, ThroughOwner(record.call)


def served_elsewhere(folder: Path) -> bool:
    """Whether another process owns a home's record, and takes its sources in."""
    from trimtab.adapters.door import find_door  # noqa: PLC0415

    return find_door(folder / "ledger") is not None


def loop_means(system: System, folder: Path, record: Ledger) -> Means:
    """What the loop of a home works with: its record, and how a version is trained, checked and tried out."""
    from trimtab.runtime.live_loop.means import Means  # noqa: PLC0415
    from trimtab.serving.registering import registering  # noqa: PLC0415

    models = blobs(folder / "blobs")
    fit, checks, try_out, slow = registering(system, record, models, dump, load)
    return Means(system, record, models, engine, load, fit, checks, try_out, dump, slow)


def watching_lock(folder: Path) -> AbstractContextManager[None]:
    """Keeps two processes from watching a home at once; raises UsageError when another one does."""
    from trimtab.runtime.live_loop.lock import lock  # noqa: PLC0415

    return lock(folder, "watching")


def sinks(system: System) -> tuple[Sink, ...]:
    """What sends to the declared sinks; nothing is opened before the first notice."""
    from trimtab.adapters.sinks import sender  # noqa: PLC0415

    return tuple(sender(declared) for declared in system.watch.sinks)


def stamp(source: Source) -> object:
    """The sizes and times of a source's files; None for data that is no file."""
    from trimtab.adapters.tables.files import stamps  # noqa: PLC0415

    return stamps(source.data, source.site.folder) if isinstance(source.data, str) else None


def ledger_to_read(folder: Path) -> Ledger:
    """The record in a folder, to be read beside whoever writes it; raises UsageError when there is none."""
    from trimtab.adapters.ledger.sqlite import SqliteLedger  # noqa: PLC0415

    check_record(folder)
    return SqliteLedger(folder, read_only=True)


def check_record(folder: Path) -> None:
    """Raise UsageError when there is no record in a folder, where nothing should be made of a mistyped one."""
    if not folder.exists():
        raise UsageError(f"there is no record in {folder}", do="serve or train first, or name another --home")


def online_store(folder: Path) -> OnlineStore:
    """LMDB in a folder."""
    from trimtab.adapters.online.lmdb import LmdbStore  # noqa: PLC0415

    return LmdbStore(folder)


def blobs(folder: Path) -> Blobs:
    """Content-addressed files in a folder."""
    from trimtab.adapters.blobs.files import FileBlobs  # noqa: PLC0415

    return FileBlobs(folder)


def streaming() -> tuple[Reading, Writing]:
    """Files, dataframes and SQL, read and written some rows at a time."""
    from trimtab.adapters.tables.streaming import StreamReader  # noqa: PLC0415
    from trimtab.adapters.tables.writing import TargetWriter  # noqa: PLC0415

    return StreamReader(), TargetWriter()


def clock() -> Clock:
    """The clock of this machine, or a file that stands in for it in tests and demonstrations."""
    from trimtab.runtime.clock import chosen_clock  # noqa: PLC0415

    return chosen_clock(os.environ)


def home(system: System, chosen: str | Path | None = None) -> Path:
    """The one folder that holds a system's state: the chosen one, or `.trimtab` beside the declaring file.

    Shipped examples live in a package that may be read-only, so theirs is `.trimtab` in the working folder.
    """
    if chosen is not None:
        return Path(chosen)
    package = Path(__file__).parent
    folder = system.site.folder
    return (Path() if folder.is_relative_to(package) or not folder.is_dir() else folder) / ".trimtab"


def processes() -> int:
    """How many training processes to run: one for each core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fresh_ledger(folder: Path) -> Ledger:
    """An empty ledger in a folder; what an earlier replay recorded there is removed."""
    if folder.exists():
        shutil.rmtree(folder)
    return ledger(folder)


def dump(model: object) -> tuple[str, bytes]:
    """A model as the name of its format and its bytes."""
    from trimtab.adapters import artifacts  # noqa: PLC0415

    return artifacts.dump(model)


def load(format_name: str, content: bytes) -> Any:
    """The model of a stored artifact."""
    from trimtab.adapters import artifacts  # noqa: PLC0415

    return artifacts.load(format_name, content)


def keys_file(folder: Path) -> Path:
    """The file of API keys in a home."""
    return folder / "keys.json"
