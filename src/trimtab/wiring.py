"""The only file that picks adapters."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from trimtab.declare.system import System
from trimtab.ports import Blobs, Clock, Engine, Ledger, Tables


def engine() -> Engine:
    """DuckDB in this process."""
    from trimtab.adapters.engines.duckdb import DuckDBEngine  # noqa: PLC0415  # engines load when used

    return DuckDBEngine()


def tables() -> Tables:
    """Files, dataframes and SQL databases."""
    from trimtab.adapters.tables.reader import TableReader  # noqa: PLC0415

    return TableReader()


def ledger(folder: Path) -> Ledger:
    """SQLite and Parquet in a folder."""
    from trimtab.adapters.ledger.sqlite import SqliteLedger  # noqa: PLC0415

    return SqliteLedger(folder)


def blobs(folder: Path) -> Blobs:
    """Content-addressed files in a folder."""
    from trimtab.adapters.blobs.files import FileBlobs  # noqa: PLC0415

    return FileBlobs(folder)


def clock() -> Clock:
    """The clock of this machine."""
    from trimtab.runtime.clock import SystemClock  # noqa: PLC0415

    return SystemClock()


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
