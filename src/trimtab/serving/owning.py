"""The ledger as its owner offers it to other processes: facts they append are stamped and folded like all others."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from trimtab.ports import Identities, Ledger
from trimtab.runtime.receiving import Receiver

_FACTS = "facts/"


class OwnedLedger:
    """The owner's ledger, with appended facts going through its receiver; everything else is the ledger's own."""

    def __init__(self, ledger: Ledger, receiver: Receiver) -> None:
        self._ledger, self._receiver = ledger, receiver

    def append_rows(
        self,
        stream: str,
        rows: pa.Table,
        *,
        at: int,
        subject: str | None = None,
        identities: Identities | None = None,
    ) -> int:
        """Append rows; facts are known from now on, whatever `at` says."""
        source = stream.removeprefix(_FACTS)
        if stream.startswith(_FACTS) and self._receiver.receives(source) and len(rows):
            return self._receiver.append(source, rows, identities)
        return self._ledger.append_rows(stream, rows, at=at, subject=subject, identities=identities)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)
