"""The door to a ledger: while one process owns it, others on the machine write through a local socket."""

from __future__ import annotations

from trimtab.adapters.door.address import find_door
from trimtab.adapters.door.remote import RemoteLedger
from trimtab.adapters.door.server import LedgerDoor

__all__ = ["LedgerDoor", "RemoteLedger", "find_door"]
