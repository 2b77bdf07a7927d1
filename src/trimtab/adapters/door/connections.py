"""The caller's side of the wire: connections to the owner, one for each call under way, kept for the next."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec

from trimtab.adapters.door.address import connected, read_address
from trimtab.adapters.door.frames import framed, receive
from trimtab.adapters.door.messages import VERSION, Hello, Reply
from trimtab.errors import LedgerError

_reply = msgspec.msgpack.Decoder(Reply)


class UnansweredError(Exception):
    """A request was sent whole, and the owner ended before it answered."""


class Connections:
    """Asks the owner of the ledger in a folder; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._idle: list[socket.socket] = []  # its pop and append are atomic
        self._closed = False

    def ask(self, frame: bytearray) -> Reply:
        """The owner's reply to a framed request.

        Raises LedgerError when it could not be asked, and UnansweredError when nobody knows what it did.
        """
        connection = self._sent(frame)
        try:
            reply = _reply.decode(receive(connection))
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            connection.close()
            raise UnansweredError from error
        except BaseException:
            connection.close()  # its answer may still come
            raise
        self._idle.append(connection)
        if self._closed:
            self.close()
        return reply

    def close(self) -> None:
        """Let go of the owner."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _sent(self, frame: bytearray) -> socket.socket:
        """A connection on which the request is on its way; a part of a frame is never acted on."""
        while True:
            kept = self._kept()
            connection = kept if kept is not None else greeted(self._folder)
            try:
                connection.sendall(frame)
            except OSError as error:
                connection.close()
                if kept is None:
                    raise nobody_there(self._folder) from error
            except BaseException:
                connection.close()
                raise
            else:
                return connection

    def _kept(self) -> socket.socket | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None


def greeted(folder: Path) -> socket.socket:
    """A new connection to the owner; raises LedgerError when there is none, or one of another version."""
    address = read_address(folder)
    if address is None:
        raise nobody_there(folder)
    try:
        connection = connected(address.socket)
    except OSError as error:
        raise nobody_there(folder) from error
    try:
        connection.sendall(framed(Hello(VERSION, os.getpid())))
        hello = msgspec.msgpack.decode(receive(connection), type=Hello)
    except (OSError, EOFError, msgspec.MsgspecError) as error:
        connection.close()
        raise LedgerError(
            f"process {address.process}, which owns the ledger in {folder}, does not answer",
            found=str(error) or type(error).__name__,
            do="try again, or restart that process",
        ) from error
    if hello.version != VERSION:
        connection.close()
        raise _other_version(folder, hello)
    connection.settimeout(None)
    return connection


def nobody_there(folder: Path) -> LedgerError:
    """The error when no process lets others write."""
    return LedgerError(
        f"no running process owns the ledger in {folder}",
        do="start `trimtab serve`, or open the ledger in this process",
    )


def _other_version(folder: Path, hello: Hello) -> LedgerError:
    return LedgerError(
        f"process {hello.process}, which owns the ledger in {folder}, runs another version of trimtab",
        found=f"version {hello.version} of its door, where this one speaks {VERSION}",
        do="restart that process",
    )
