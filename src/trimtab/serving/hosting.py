"""Serving processes from start to stop: open, answer, keep house, drain."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from trimtab.declare.system import System
from trimtab.ports import Ledger
from trimtab.runtime.online.beacon import Beacon
from trimtab.runtime.receiving import Receives
from trimtab.serving.forgetting import Forgetting, Forgotten, source_named
from trimtab.serving.housekeeping import Housekeeping
from trimtab.serving.http.app import make_app
from trimtab.serving.http.settings import Settings
from trimtab.serving.looping import LoopCommand, Looping
from trimtab.serving.measuring import Measuring
from trimtab.serving.opening import Home, Live, Owner, open_live, open_owner
from trimtab.serving.owning import OwnedLedger
from trimtab.serving.running import BACKLOG, Application, is_loopback, listening, run
from trimtab.serving.workers import Following, supervise

Door = Callable[[Ledger, Mapping[str, Callable[..., Any]]], AbstractContextManager[Any]]
"""Opens the way for other processes to write to the ledger that this one owns."""

Mount = Callable[[Application, Live, Home], Application]
"""Sets pages beside the routes of a server, and gives the application that holds both."""


@dataclass(frozen=True)
class Listening:
    """Where and how to listen; `timeout` is in seconds, `loop` makes a turn of the loop (None: no loop).

    `mount` sets pages beside the routes.
    """

    host: str
    port: int
    timeout: float
    access_log: bool
    keys: Path
    log: TextIO | None
    announce: Callable[[str], None]
    loop: LoopCommand | None = None
    mount: Mount | None = None


@dataclass(frozen=True)
class Workers:
    """How many processes answer, and the command that starts one on a file descriptor of the listening socket."""

    count: int
    command: Callable[[int], Sequence[str]]


def host(system: System, home: Home, door: Door, how: Listening) -> None:
    """Own the record and answer, in this one process, until it is asked to stop."""
    with ExitStack() as stack:
        listener = stack.enter_context(closing(listening(how.host, how.port)))
        owner = _owned(system, home, door, stack)
        live = open_live(system, home, owner.receiver, owner.folder)
        stack.callback(live.service.close)
        stack.enter_context(Following(live.champions))
        stack.enter_context(Looping(home.ledger, home.clock, system.zone, how.loop))
        listener.listen(BACKLOG)  # who calls on reading the next line is not refused
        how.announce(_greeting(live, how))
        _answer(live, home, how, listener)


def host_workers(system: System, home: Home, door: Door, how: Listening, workers: Workers) -> None:
    """Own the record in this process while others answer, until it is asked to stop."""
    with ExitStack() as stack:
        listener = stack.enter_context(closing(listening(how.host, how.port)))
        listener.listen(BACKLOG)
        _owned(system, home, door, stack, Beacon(beacon_file(how.keys.parent)))
        stack.enter_context(Looping(home.ledger, home.clock, system.zone, how.loop))
        how.announce(f"{system.name}: {workers.count} processes answer on http://{how.host}:{how.port}")
        supervise([workers.command(listener.fileno())] * workers.count, listener.fileno())


def host_worker(system: System, home: Home, receiver: Receives, how: Listening, descriptor: int) -> None:
    """Answer on an open socket beside an owner in another process, until it ends or this one is asked to stop."""
    parent = os.getppid()  # read first: it may end while this process opens
    with ExitStack() as stack:
        listener = stack.enter_context(closing(socket.socket(fileno=descriptor)))
        live = open_live(system, home, receiver, Beacon(beacon_file(how.keys.parent)))
        stack.callback(live.service.close)
        stack.enter_context(Following(live.champions, parent))
        _answer(live, home, how, listener)


def erase_alone(system: System, home: Home, source: str, key: str) -> Forgotten:
    """Erase while no process serves the home."""
    owner = open_owner(system, home)
    forgetting = Forgetting(system, home.ledger, owner.receiver, owner.folder, home.engine)
    return forgetting.forget(source_named(system, source), key, home.clock.now())


def beacon_file(folder: Path) -> Path:
    """Where a home tells how far its online features are complete."""
    return folder / "online" / "complete"


def _owned(system: System, home: Home, door: Door, stack: ExitStack, beacon: Beacon | None = None) -> Owner:
    owner = open_owner(system, home, beacon)
    stack.enter_context(door(OwnedLedger(home.ledger, owner.receiver), _services(system, owner, home)))
    stack.enter_context(Housekeeping(owner, home))
    return owner


def _services(system: System, owner: Owner, home: Home) -> dict[str, Callable[..., Any]]:
    """What other processes may ask the owner of the ledger to do, besides appending."""
    forgetting = Forgetting(system, home.ledger, owner.receiver, owner.folder, home.engine)

    def erase(source: str, key: str) -> dict[str, Any]:
        return forgetting.forget(source_named(system, source), key, home.clock.now()).to_json()

    return {"take": owner.receiver.take, "forget": erase}


def _answer(live: Live, home: Home, how: Listening, listener: socket.socket) -> None:
    settings = Settings(
        timeout=how.timeout,
        open=is_loopback(how.host),
        access_log=how.access_log,
        examples=live.examples(),
    )
    app = make_app(live.service, settings, keys=how.keys, log=how.log, clock=home.clock)
    service = live.service
    shadow = service.shadow_scores
    with Measuring(app.tallies, home.ledger, home.clock, service.system.name, shadow):
        run(app if how.mount is None else how.mount(app, live, home), listener)


def _greeting(live: Live, how: Listening) -> str:
    place = f"http://{how.host}:{how.port}"
    why = "; ".join(live.service.not_ready())
    champion = live.champions.champion
    who = "not ready: " + why if champion is None else f"{champion.version.name} answers"
    return f"{live.service.system.name}: {who} on {place} (documentation: {place}/docs)"
