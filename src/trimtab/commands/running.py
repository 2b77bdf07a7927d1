"""What puts versions to work: train one, serve it over HTTP, predict a whole table."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from trimtab import wiring
from trimtab.commands import showing, tending
from trimtab.declare.system import System
from trimtab.errors import UsageError
from trimtab.instants import Instant, instant

if TYPE_CHECKING:
    from trimtab.declare.source import SqlTable
    from trimtab.runtime.replay.run import Progress
    from trimtab.runtime.training_set import Version
    from trimtab.serving.batch import BatchResult
    from trimtab.serving.hosting import Listening
    from trimtab.serving.looping import LoopCommand


def train(system: System, *, as_of: Instant = None, home: str | Path | None = None) -> Version:
    """Take in what is new, train one version on what was known at an instant (default: now), store and record it.

    Facts enter the ledger of the home folder first, and training reads them from there: the same instant, declaration
    and ledger give the same dataset, byte for byte, and its fingerprint stands in the version.
    """
    from trimtab.runtime.history import assemble, identity  # noqa: PLC0415
    from trimtab.runtime.intake import facts_from, take_in  # noqa: PLC0415
    from trimtab.runtime.served import served_requests  # noqa: PLC0415
    from trimtab.runtime.versions import train_version  # noqa: PLC0415
    from trimtab.serving.engines import engine_record  # noqa: PLC0415

    folder = wiring.home(system, home)
    engine, ledger = wiring.engine(), wiring.ledger(folder / "ledger")
    try:
        clock = wiring.clock()
        take_in(system, engine, wiring.tables(), ledger, clock.now())
        now = instant(as_of, system.zone) or clock.now()
        facts = facts_from(ledger, system, engine)
        served = served_requests(ledger, identity(system), facts[system.request.source.name].kinds)
        history = assemble(system, facts, engine, served)
        blobs = wiring.blobs(folder / "blobs")
        choose = functools.partial(engine_record, threshold=system.threshold)
        return train_version(history, now, ledger, blobs, wiring.dump, choose)
    finally:
        ledger.close()
        engine.close()


def serve(  # noqa: PLR0913  # each option is one independent wish
    system: System,
    *,
    home: str | Path | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    timeout: float = 10.0,
    access_log: bool = False,
    log: TextIO | None = None,
    announce: Callable[[str], None] = print,
    workers: int = 1,
    target: str | None = None,
    worker_of: int | None = None,
    with_loop: bool = True,
) -> None:
    """Serve a system over HTTP until the process is asked to stop; ready once its champion is loaded.

    Without API keys everyone on this machine may call, and other machines nobody. `timeout` is in seconds. Several
    `workers` are processes that load the system by its `target`, as the command line names it; `worker_of` is the
    listening socket of the process that started this one. With a target the loop turns beside it, unless `with_loop`
    is false. Raises TrimtabError when the declaration, the record or
    the address stand in the way.
    """
    from trimtab.serving import hosting  # noqa: PLC0415

    folder = wiring.home(system, home)
    beside = _loop_command(target, folder) if with_loop else None
    beside_routes = showing.mounted(system, folder, target, host)
    how = hosting.Listening(
        host, port, timeout, access_log, wiring.keys_file(folder), log, announce, beside, beside_routes
    )
    if worker_of is not None:
        with wiring.worker_home(folder) as (place, receiver):
            hosting.host_worker(system, place, receiver, how, worker_of)
        return
    with wiring.serving_home(folder) as found:
        place = replace(found, watching=tending.watching(system, folder, target))
        if workers == 1:
            hosting.host(system, place, wiring.door(folder), how)
        else:
            command = _worker_command(target, folder, how)
            several = hosting.Workers(workers, command)
            hosting.host_workers(system, place, wiring.door(folder), how, several)


def _loop_command(target: str | None, folder: Path) -> LoopCommand | None:
    """The command of a turn of the loop; None for a system without a name to load it by."""
    from trimtab.serving.looping import LoopCommand  # noqa: PLC0415

    if target is None:
        return None
    words = [sys.executable, "-m", "trimtab", "loop", target, "--once", "--low-priority", "--beside"]
    return LoopCommand([*words, "--home", str(folder)], folder)


def _worker_command(target: str | None, folder: Path, how: Listening) -> Callable[[int], list[str]]:
    if target is None:
        raise UsageError(
            "several workers must each load the system, and this one has no name to load it by",
            do="serve it from the command line: trimtab serve system.py --workers 4",
        )
    start = [sys.executable, "-m", "trimtab", "serve", target, "--home", str(folder)]
    options = ["--host", how.host, "--port", str(how.port), "--timeout", str(how.timeout)]
    logged = ["--access-log"] if how.access_log else []
    return lambda descriptor: [*start, *options, *logged, "--worker-of", str(descriptor)]


def predict(  # noqa: PLR0913  # each option is one independent wish
    system: System,
    rows: Any = None,
    to: str | Path | SqlTable = "predictions.parquet",
    *,
    version: str | None = None,
    at: Instant = None,
    chunk_rows: int = 50_000,
    features: bool = False,
    home: str | Path | None = None,
    progress: Progress | None = None,
) -> BatchResult:
    """Score many rows with the champion (or a named version) and write them to a Parquet or CSV file or a SQL table.

    `rows` is a file, folder or pattern, `tt.sql(...)` or a dataframe (default: the request's own source); `at` asks
    all of them at one instant ("now") instead of their own. Features hold as known at each row's time; equal rows get
    the scores that they get online. Stopped half-way, the same call goes on where it ended. Raises TrimtabError.
    """
    from trimtab.runtime.intake import take_in  # noqa: PLC0415
    from trimtab.serving.batch import predict as run  # noqa: PLC0415
    from trimtab.serving.batch.run import silent  # noqa: PLC0415

    folder = wiring.home(system, home)
    engine, ledger, clock = wiring.engine(), wiring.ledger(folder / "ledger"), wiring.clock()
    reading, writing = wiring.streaming()
    try:
        take_in(system, engine, wiring.tables(), ledger, clock.now())
        return run(
            system,
            rows,
            to,
            ledger=ledger,
            blobs=wiring.blobs(folder / "blobs"),
            engine=engine,
            reading=reading,
            writing=writing,
            load=wiring.load,
            clock=clock,
            version=version,
            at="now" if at == "now" else instant(at, system.zone),
            chunk_rows=chunk_rows,
            features=features,
            progress=progress or silent,
        )
    finally:
        ledger.close()
        engine.close()
