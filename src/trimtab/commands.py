"""Every command as a function of the same name, returning a frozen result that prints itself."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from trimtab import showing, tending, wiring
from trimtab.deciding import answer, assess
from trimtab.declare.system import System
from trimtab.errors import UsageError
from trimtab.explaining import explain
from trimtab.instants import Instant, instant
from trimtab.loading import load
from trimtab.releasing import approve, decline, diff, experiment, loop, promote, rollback, verify
from trimtab.showing import console
from trimtab.starting import init
from trimtab.tending import acknowledge, send_test, snooze, watch_system

if TYPE_CHECKING:
    import pyarrow as pa

    from trimtab.declare.policy import Policy
    from trimtab.declare.source import SqlTable
    from trimtab.runtime.check import Check
    from trimtab.runtime.live_loop.told import ReleaseHistory
    from trimtab.runtime.replay.result import Replay
    from trimtab.runtime.replay.run import Progress
    from trimtab.runtime.training_set import Version
    from trimtab.runtime.watching.result import WatchResult
    from trimtab.serving.batch import BatchResult
    from trimtab.serving.forgetting import Forgotten
    from trimtab.serving.hosting import Listening
    from trimtab.serving.http.keys import Key
    from trimtab.serving.looping import LoopCommand
    from trimtab.serving.parity import Parity
    from trimtab.serving.status import Status
    from trimtab.units import Duration


def check(system: System) -> Check:
    """Check a system's declaration against its data; the result lists every finding, worst first."""
    from trimtab.runtime.check import check as run  # noqa: PLC0415  # heavy parts load when a command runs

    engine = wiring.engine()
    try:
        return run(system, engine, wiring.tables(), wiring.clock().now())
    finally:
        engine.close()


def replay(  # noqa: PLR0913  # each option is one independent wish
    system: System,
    *,
    start: Instant = None,
    stop: Instant = None,
    policies: Sequence[str | Policy] = (),
    thorough: bool = False,
    home: str | Path | None = None,
    processes: int | None = None,
    progress: Progress | None = None,
    command: str = "",
) -> Replay:
    """Replay a system's own history under several retraining policies and recommend one.

    `start` and `stop` limit the period that is scored; `policies` are those to compare, by name or as `tt.Policy` (default: never, monthly,
    weekly on everything, on 60 days and weighted by recency, and the system's own); `thorough` adds daily ones and
    finer curves. The record is kept in the home folder. Raises TrimtabError where the data or declaration is at
    fault.
    """
    from trimtab.runtime.replay.run import Settings, silent  # noqa: PLC0415
    from trimtab.runtime.replay.run import replay as run  # noqa: PLC0415

    settings = Settings(
        start=instant(start, system.zone),
        stop=instant(stop, system.zone),
        policies=tuple(policies),
        thorough=thorough,
        processes=processes or wiring.processes(),
        command=command or f"tt.replay({system.name})",
    )
    engine = wiring.engine()
    folder = wiring.home(system, home) / "replays" / system.name
    ledger = wiring.fresh_ledger(folder)
    try:
        outcome = run(system, engine, wiring.tables(), ledger, settings, progress or silent)
        showing.add_up(system, ledger, folder)
        return outcome
    finally:
        ledger.close()
        engine.close()


def training_set(system: System, *, as_of: Instant = None) -> pa.Table:
    """The training set of a system as known at an instant (default: now), as an Arrow table, from its sources.

    Columns: the request's id, `at`, the features, `label` and `weight`. Only rows mature by then are in it.
    """
    from trimtab.retrain.windows import selection  # noqa: PLC0415
    from trimtab.runtime.history import load as load_history  # noqa: PLC0415
    from trimtab.runtime.training_set import training_table  # noqa: PLC0415

    engine = wiring.engine()
    try:
        now = instant(as_of, system.zone) or wiring.clock().now()
        return training_table(
            load_history(system, engine, wiring.tables()), selection(system.retrain.window, now), now
        )
    finally:
        engine.close()


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
        choose = functools.partial(engine_record, threshold=_threshold(system))
        return train_version(history, now, ledger, blobs, wiring.dump, choose)
    finally:
        ledger.close()
        engine.close()


def _threshold(system: System) -> float | None:
    """The score from which the system acts, if it says what acting is worth."""
    return system.stakes.threshold_or_default if system.stakes is not None else None


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


def parity(
    system: System, *, since: Instant = None, sample: int | None = None, home: str | Path | None = None
) -> Parity:
    """Recompute what was served as one batch and compare it, feature by feature; nothing should differ.

    `since` limits it to predictions asked from then on, `sample` to so many of them.
    """
    from trimtab.serving.parity import parity as run  # noqa: PLC0415

    engine, ledger = wiring.engine(), wiring.ledger_to_read(wiring.home(system, home) / "ledger")
    try:
        return run(system, ledger, engine, since=instant(since, system.zone), sample=sample)
    finally:
        ledger.close()
        engine.close()


def status(system: System, *, home: str | Path | None = None) -> Status:
    """The state of a system as verdicts, worst first: what answers, how well, what is required, parity, trouble."""
    from trimtab.runtime.live_loop.findings import loop_findings  # noqa: PLC0415
    from trimtab.runtime.watching.telling import judged  # noqa: PLC0415
    from trimtab.serving.status import status as run  # noqa: PLC0415

    with contextlib.closing(wiring.ledger_to_read(wiring.home(system, home) / "ledger")) as ledger:
        now = wiring.clock().now()
        return run(system, ledger, now, [*judged(ledger, now), *loop_findings(ledger, now, system)])


def watch(  # noqa: PLR0913  # each option is one independent wish
    log: Any,
    *,
    time: str | None = None,
    score: str | Sequence[str] = (),
    label: str | None = None,
    label_known: str | None = None,
    id: str | None = None,  # noqa: A002  # the field's word for it
    labels: Any = None,
    reference: Any = None,
    reference_until: Instant | int = None,
    reference_score: str | Sequence[str] = (),
    features: str | Sequence[str] = (),
    without: str | Sequence[str] = (),
    slices: str | Sequence[str] = (),
    classes: str | Sequence[str] = (),
    positive: str | None = None,
    task: str | None = None,
    zone: str | None = None,
    matures_after: str | Duration | None = None,
    window: str | Duration | None = None,
    every: int | None = None,
    windows_per_year: float | None = None,
    false_pages_per_year: float = 1.0,
    loss: str | None = None,
    false_alarm: float | None = None,
    miss: float | None = None,
    currency: str = "EUR",
    threshold: float | None = None,
    tolerance: float | None = None,
    unit: str | None = None,
    out: str | Path | None = None,
    command: str = "",
) -> WatchResult:
    """Watch a log of predictions that anyone served: whether the model does worse, or its input is broken, and since when.

    `log`, `labels` (joined by `id`) and `reference` are files, folders, patterns or dataframes; names are columns,
    several in a sequence or a text with commas. What is not named is told from usual names. Windows are stretches of
    time (`window`, a day) or of rows (`every`). The accepted period is the reference, or ends at `reference_until`,
    an instant or a number of rows (default: the first quarter). Durations are `tt.hours(12)` or "12h". `loss` is
    decision, brier, absolute or money. With `out`, a folder, figures of every window are written. Raises
    TrimtabError for what cannot be read that way.
    """
    given = dict(locals())  # before there are other names
    from trimtab.runtime.watching.logs import asked, watch, writing  # noqa: PLC0415

    given |= _rows_or_instant(reference_until)
    done = watch.watch_log(
        _table(log),
        asked.Wish(**{name: given[name] for name in asked.WISHES}),
        watch.Told(
            Path(log).name if isinstance(log, str | Path) else "a log",
            command,
            None if out is None else str(out),
        ),
        labels=None if labels is None else _table(labels),
        reference=None if reference is None else _table(reference),
    )
    if out is not None:
        writing.write(done, Path(out))
    return done


def _rows_or_instant(value: Instant | int) -> dict[str, Any]:
    """Where an accepted period ends: after so many rows, or at what is an instant once the zone is known."""
    if isinstance(value, int) or (isinstance(value, str) and value.isdigit()):
        return {"reference_rows": int(value), "reference_until": None}
    until = None if value is None else functools.partial(instant, value)
    return {"reference_rows": None, "reference_until": until}


def _table(data: Any) -> pa.Table:
    """The rows of a file, folder, pattern, SQL table or dataframe."""
    from trimtab.declare.source import InMemory, SqlTable  # noqa: PLC0415

    known = isinstance(data, str | Path | SqlTable | InMemory)
    return wiring.tables().read(data if known else InMemory(data), Path())


def forget(system: System, source: str, key: str, *, home: str | Path | None = None) -> Forgotten:
    """Erase what is on record in a source about one subject; of the request's source, its predictions too.

    A tombstone is appended, rows and records are removed for good, online features are rebuilt without them, and the
    versions that may have learned from them are named. Raises UsageError for an unknown source or a home without a record.
    """
    from trimtab.serving.forgetting import Forgotten, source_named  # noqa: PLC0415
    from trimtab.serving.hosting import erase_alone  # noqa: PLC0415

    source_named(system, source)
    folder = wiring.home(system, home)
    wiring.check_record(folder / "ledger")
    owner = wiring.owner(folder)
    if owner is not None:
        with contextlib.closing(owner):
            return Forgotten.of_json(owner.call("forget", source, key))
    with wiring.serving_home(folder) as place:
        return erase_alone(system, place, source, key)


def history(system: System, *, at: Instant = None, home: str | Path | None = None) -> ReleaseHistory:
    """Which version answered at an instant (default: now), why, and what happened to all versions until then."""
    from trimtab.runtime.live_loop.told import release_history  # noqa: PLC0415

    with contextlib.closing(wiring.ledger_to_read(wiring.home(system, home) / "ledger")) as ledger:
        return release_history(system.name, ledger, instant(at, system.zone) or wiring.clock().now())


def add_key(
    system: System, name: str, scopes: Sequence[str] = ("predict",), *, home: str | Path | None = None
) -> str:
    """Make an API key and return its secret, which is stored nowhere; scopes are predict, ingest and admin."""
    from trimtab.serving.http import keys as http_keys  # noqa: PLC0415

    folder = wiring.home(system, home)
    folder.mkdir(parents=True, exist_ok=True)
    return http_keys.add_key(wiring.keys_file(folder), name, scopes, now=wiring.clock().now())


def keys(system: System, *, home: str | Path | None = None) -> tuple[Key, ...]:
    """The API keys of a system, without their secrets."""
    from trimtab.serving.http.keys import read_keys  # noqa: PLC0415

    return read_keys(wiring.keys_file(wiring.home(system, home)))


def revoke_key(system: System, name: str, *, home: str | Path | None = None) -> Key:
    """Take an API key back; a running server refuses it within a second."""
    from trimtab.serving.http import keys as http_keys  # noqa: PLC0415

    return http_keys.revoke_key(wiring.keys_file(wiring.home(system, home)), name)


__all__ = [
    "acknowledge",
    "add_key",
    "answer",
    "approve",
    "assess",
    "check",
    "console",
    "decline",
    "diff",
    "experiment",
    "explain",
    "forget",
    "history",
    "init",
    "keys",
    "load",
    "loop",
    "parity",
    "predict",
    "promote",
    "replay",
    "revoke_key",
    "rollback",
    "send_test",
    "serve",
    "snooze",
    "status",
    "train",
    "training_set",
    "verify",
    "watch",
    "watch_system",
]
