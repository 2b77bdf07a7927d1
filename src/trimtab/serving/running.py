"""The process that serves: an ASGI application on uvicorn, drained when it is asked to stop."""

from __future__ import annotations

import gc
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from trimtab.errors import UsageError

GRACE_SECONDS = 30
BACKLOG = 2048
Application = Callable[[Any, Any, Any], Awaitable[None]]


def listening(host: str, port: int) -> socket.socket:
    """A bound socket; raises UsageError when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as problem:
        found.close()
        raise UsageError(
            f"cannot listen on {host}:{port}",
            found=problem.strerror,
            do="choose another --port, or stop what listens there",
        ) from problem
    return found


def run(application: Application, listener: socket.socket) -> None:
    """Serve until the process is asked to stop; requests under way are answered first."""
    import uvicorn  # noqa: PLC0415  # only a serving process needs it

    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)

    def stop(*_: object) -> None:
        server.should_exit = True

    with _stopped_by_signals(stop), _settled_garbage():
        server.run(sockets=[listener])


@contextmanager
def _settled_garbage() -> Iterator[None]:
    """Leave what has been loaded by now out of garbage collections, which stop every request while they look at it."""
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(20_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def _stopped_by_signals(stop: Callable[..., None]) -> Iterator[None]:
    """Let a signal stop the server in an orderly way, also before uvicorn listens to signals and after.

    Afterwards uvicorn raises the signal that stopped it once more, which must not end the process before its owner.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0"), is_loopback("::1"), is_loopback("localhost")
    (True, False, True, True)
    """
    return host in {"localhost", "::1"} or host.startswith("127.")
