"""What may be asked at the door: the writing methods of a ledger, and further services by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from trimtab.adapters.door.frames import framed
from trimtab.adapters.door.messages import (
    EventFields,
    IdentitiesFields,
    RecordFields,
    Reply,
    Request,
    event_of,
    problem_of,
    record_fields,
    rows_of,
)
from trimtab.errors import LedgerError, nearest
from trimtab.ports import Identities, Ledger, Record

Decoder = msgspec.msgpack.Decoder

_request = Decoder(Request)
_append_rows = Decoder(tuple[str, memoryview, int, str | None, IdentitiesFields | None])
_append_records = Decoder(tuple[str, list[RecordFields]])
_append_events = Decoder(tuple[str, list[EventFields]])
_seal = Decoder(tuple[str, int])
_erase = Decoder(tuple[str, list[int]])
_call = Decoder(tuple[str, list[Any]])


class Calls:
    """Answers requests with one ledger; safe to share between threads as far as the ledger and services are."""

    def __init__(self, ledger: Ledger, services: Mapping[str, Callable[..., Any]]) -> None:
        self._ledger, self._services = ledger, services
        self._methods: dict[str, Callable[[msgspec.Raw], Any]] = {
            "append_records": self._records,
            "append_rows": self._rows,
            "append_events": self._events,
            "seal": self._sealed,
            "erase": self._erased,
            "call": self._called,
        }

    def answer(self, message: bytes | bytearray) -> bytearray:
        """The framed reply to a request; whatever goes wrong is told in it."""
        doing = "a request"
        try:
            request = _request.decode(message)
            doing = request.method
            return framed(Reply(self._found(doing, self._methods, "method")(request.arguments)))
        except Exception as error:  # noqa: BLE001  # the caller must be told of everything
            return framed(Reply(problem=problem_of(error, doing)))

    def _rows(self, arguments: msgspec.Raw) -> int:
        stream, content, at, subject, known = _append_rows.decode(arguments)
        identities = None if known is None else Identities(*known)
        return self._ledger.append_rows(
            stream, rows_of(content), at=at, subject=subject, identities=identities
        )

    def _records(self, arguments: msgspec.Raw) -> list[RecordFields | None]:
        stream, records = _append_records.decode(arguments)
        earlier = self._ledger.append_records(stream, [Record(*fields) for fields in records])
        return [None if record is None else record_fields(record) for record in earlier]

    def _events(self, arguments: msgspec.Raw) -> int:
        stream, events = _append_events.decode(arguments)
        return self._ledger.append_events(stream, [event_of(fields) for fields in events])

    def _sealed(self, arguments: msgspec.Raw) -> int:
        stream, at_least = _seal.decode(arguments)
        return self._ledger.seal(stream, at_least=at_least)

    def _erased(self, arguments: msgspec.Raw) -> int:
        return self._ledger.erase(*_erase.decode(arguments))

    def _called(self, arguments: msgspec.Raw) -> Any:
        service, values = _call.decode(arguments)
        return self._found(service, self._services, "service")(*values)

    def _found(self, name: str, known: Mapping[str, Callable[..., Any]], word: str) -> Callable[..., Any]:
        if name not in known:
            raise LedgerError(
                f"the process that owns the ledger has no {word} {name!r}",
                found=", ".join(known) or f"no {word}s",
                nearest=nearest(name, known),
            )
        return known[name]
