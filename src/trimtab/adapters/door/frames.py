"""Messages on a stream socket: four bytes of length, then that many bytes of MessagePack."""

from __future__ import annotations

import socket

import msgspec

from trimtab.errors import LedgerError

LARGEST = 1 << 30
"""The most bytes of one message."""
_HEADER = 4
_PIECE = 1 << 20

_encode_into = msgspec.msgpack.Encoder().encode_into


def framed(message: object) -> bytearray:
    """A message as it travels; raises LedgerError for what MessagePack cannot hold, or too much of it.

    >>> list(framed(["a", 1]))
    [0, 0, 0, 4, 146, 161, 97, 1]
    """
    frame = bytearray(_HEADER)
    try:
        _encode_into(message, frame, _HEADER)
    except (TypeError, ValueError, OverflowError) as error:
        raise LedgerError(
            "this cannot travel between processes",
            found=str(error),
            do="use text, bytes, finite lists, mappings, and whole numbers of at most 64 bits",
        ) from error
    length = len(frame) - _HEADER
    if length > LARGEST:
        raise LedgerError(
            "this is too much to send to another process at once",
            found=f"{length} bytes, at most {LARGEST}",
            do="send it in several parts",
        )
    frame[:_HEADER] = length.to_bytes(_HEADER, "big")
    return frame


def receive(connection: socket.socket) -> bytes | bytearray:
    """The bytes of the next message.

    Raises EOFError when the other side is gone, ConnectionError when what it sends is no message.
    """
    length = int.from_bytes(_exactly(connection, _HEADER), "big")
    if length > LARGEST:
        raise ConnectionError(f"a message of {length} bytes was announced")
    return _exactly(connection, length)


def _exactly(connection: socket.socket, count: int) -> bytes | bytearray:
    """So many bytes; memory is taken as they come, not as they are announced."""
    first = connection.recv(min(count, _PIECE))
    if len(first) == count:
        return first
    content = bytearray(first)
    while len(content) < count:
        piece = connection.recv(min(count - len(content), _PIECE))
        if not piece:
            raise EOFError("the connection ended within a message")
        content += piece
    return content
