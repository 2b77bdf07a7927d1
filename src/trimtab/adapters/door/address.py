"""Where the door of a ledger is: door.json names a socket in a private folder with a short path, and its owner."""

from __future__ import annotations

import os
import socket
import struct
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec

from trimtab.adapters.durable import make_folder, written_whole
from trimtab.errors import LedgerError

ADDRESS = "door.json"
CONNECT_SECONDS = 5.0
_LONGEST_PATH = 100
_PREFIX = "trimtab-"
_SOCKET = "door"


class Address(msgspec.Struct, frozen=True):
    """The path of the socket, and the id of the process that listens there."""

    socket: str
    process: int


def find_door(folder: Path) -> Path | None:
    """The socket of the ledger in a folder, when a living owner listens there, else None.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     find_door(Path(folder)) is None
    True
    """
    address = read_address(folder)
    if address is None:
        return None
    try:
        connected(address.socket).close()
    except OSError:
        return None
    return Path(address.socket)


def read_address(folder: Path) -> Address | None:
    """What door.json says, or None when there is none that can be read."""
    try:
        return msgspec.json.decode((Path(folder) / ADDRESS).read_bytes(), type=Address)
    except (OSError, msgspec.MsgspecError):
        return None


def write_address(folder: Path, address: Address) -> None:
    """Say where the door is, to this user alone; one that a dead owner left is replaced."""
    make_folder(folder)
    with written_whole(folder / ADDRESS) as temporary:
        temporary.touch(mode=0o600)
        temporary.write_bytes(msgspec.json.encode(address))


def remove_address(folder: Path, address: Address) -> None:
    """Take back what was said, unless another owner has said something since."""
    if read_address(folder) == address:
        (folder / ADDRESS).unlink(missing_ok=True)


def listening() -> tuple[Path, socket.socket]:
    """A new socket that only this user can reach, listening; raises LedgerError when no path is short enough."""
    path = Path(tempfile.mkdtemp(prefix=_PREFIX)) / _SOCKET  # the folder is this user's alone
    if len(os.fsencode(path)) > _LONGEST_PATH:
        path.parent.rmdir()
        raise LedgerError(
            "the path of a local socket would be too long",
            found=f"{path}, more than {_LONGEST_PATH} bytes",
            do="set TMPDIR to a folder with a shorter path",
        )
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        listener.listen(socket.SOMAXCONN)
    except BaseException:
        listener.close()
        remove_socket(path)
        raise
    return path, listener


def remove_socket(path: Path) -> None:
    """Remove a socket and the private folder made for it; anything else stays."""
    if path.name == _SOCKET and path.parent.name.startswith(_PREFIX):
        with suppress(OSError):
            path.unlink(missing_ok=True)
            path.parent.rmdir()


def connected(path: str) -> socket.socket:
    """A connection to a listening socket; raises OSError when nobody of this user listens there."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(CONNECT_SECONDS)
        connection.connect(path)
    except BaseException:
        connection.close()
        raise
    if not of_this_user(connection):
        connection.close()
        raise PermissionError("the process at the other side belongs to another user")
    return connection


def of_this_user(connection: socket.socket) -> bool:
    """Whether the process at the other side is this user's, where the system can tell."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # the private folder keeps others out
    credentials = struct.Struct("3i")  # process, user, group
    content = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, credentials.size)
    user: int = credentials.unpack(content)[1]
    return user == os.geteuid()
