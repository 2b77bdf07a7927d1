"""The owner's side of the door: a thread for each connection, all writing to the one ledger."""

from __future__ import annotations

import os
import socket
import threading
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import msgspec

from trimtab.adapters.door.address import (
    CONNECT_SECONDS,
    Address,
    connected,
    find_door,
    listening,
    of_this_user,
    read_address,
    remove_address,
    remove_socket,
    write_address,
)
from trimtab.adapters.door.calls import Calls
from trimtab.adapters.door.frames import framed, receive
from trimtab.adapters.door.messages import VERSION, Hello
from trimtab.errors import LedgerError
from trimtab.ports import Ledger

_CLOSE_SECONDS = 5.0
_PAUSE_SECONDS = 0.05


class LedgerDoor:
    """Lets other processes of this user write to a ledger that this process owns; found through its folder.

    `services` are further functions that may be called by name; arguments and results are plain values. They are
    called from several threads. Raises LedgerError when another process has its door open for the same folder.

    >>> import tempfile
    >>> from trimtab.testing import MemoryLedger
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with LedgerDoor(MemoryLedger(), Path(folder)):
    ...         find_door(Path(folder)) is None
    False
    """

    def __init__(
        self,
        ledger: Ledger,
        folder: Path,
        services: Mapping[str, Callable[..., Any]] = MappingProxyType({}),
    ) -> None:
        self._calls, self._folder = Calls(ledger, services), Path(folder)
        self._listener: socket.socket | None = None
        self._address = Address("", 0)
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._connections: set[socket.socket] = set()

    def open(self) -> Self:
        """Begin to answer; a door that a dead owner left is replaced."""
        self._check_alone()
        path, self._listener = listening()
        self._address = Address(str(path), os.getpid())
        try:
            write_address(self._folder, self._address)
        except BaseException:
            self._listener.close()
            self._listener = None
            remove_socket(path)
            raise
        self._closing.clear()
        _OPEN.add(self)
        self._thread = threading.Thread(
            target=self._accept_all, args=(self._listener,), name="trimtab-door", daemon=True
        )
        self._thread.start()
        return self

    def close(self) -> None:
        """Answer what is being asked, then refuse; closing twice is fine."""
        if self._listener is None or self._address.process != os.getpid():
            return
        self._closing.set()
        _OPEN.discard(self)
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for callers on Linux
        with suppress(OSError):
            connected(self._address.socket).close()  # and elsewhere
        self._thread.join(_CLOSE_SECONDS)
        self._listener.close()
        self._listener = None
        remove_address(self._folder, self._address)
        remove_socket(Path(self._address.socket))
        self._end_connections()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, *problem: object) -> None:
        self.close()

    def _check_alone(self) -> None:
        address = read_address(self._folder)
        if address is None:
            return
        if find_door(self._folder) is not None:
            raise LedgerError(
                f"process {address.process} has the door of the ledger in {self._folder} open",
                do="stop that process first",
            )
        remove_socket(Path(address.socket))

    def _accept_all(self, listener: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                connection = listener.accept()[0]
            except OSError:  # such as too many open files
                self._closing.wait(_PAUSE_SECONDS)
                continue
            with self._changed:
                self._connections.add(connection)
            try:
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
            except RuntimeError:  # too many threads
                self._forget(connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(Exception):  # the caller is gone, or is none of ours: only its connection ends
            if of_this_user(connection) and _greeted(connection):
                while True:
                    connection.sendall(self._calls.answer(receive(connection)))
        self._forget(connection)

    def _forget(self, connection: socket.socket) -> None:
        connection.close()
        with self._changed:
            self._connections.discard(connection)
            self._changed.notify_all()

    def _end_connections(self) -> None:
        """Let calls under way end; a caller that was asking nothing sees the connection end."""
        for how in (socket.SHUT_RD, socket.SHUT_RDWR):
            with self._changed:
                for connection in self._connections:
                    with suppress(OSError):
                        connection.shutdown(how)
                if self._changed.wait_for(lambda: not self._connections, _CLOSE_SECONDS):
                    return

    def _let_go(self) -> None:
        """In a copy of the owner: hold none of its sockets open, or callers would not see the owner end."""
        for connection in self._connections:
            connection.close()
        if self._listener is not None:
            self._listener.close()


def _greeted(connection: socket.socket) -> bool:
    """Whether the caller said in time that it speaks the same version; it is told ours in any case."""
    connection.settimeout(CONNECT_SECONDS)
    hello = msgspec.msgpack.decode(receive(connection), type=Hello)
    connection.sendall(framed(Hello(VERSION, os.getpid())))
    connection.settimeout(None)
    return hello.version == VERSION


_OPEN: weakref.WeakSet[LedgerDoor] = weakref.WeakSet()


def _let_go_of_all() -> None:
    for door in list(_OPEN):
        door._let_go()  # noqa: SLF001  # same file


os.register_at_fork(after_in_child=_let_go_of_all)
