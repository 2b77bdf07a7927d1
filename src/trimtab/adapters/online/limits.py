"""What every store refuses, whether it could hold it or not, so that one may be put in place of another."""

from __future__ import annotations

from collections.abc import Iterable

from trimtab.errors import LedgerError

LONGEST_KEY = 511
"""Bytes of a key at most: what LMDB holds."""


def check_keys(keys: Iterable[bytes]) -> None:
    """Raise LedgerError for a key that is empty or too long.

    >>> check_keys([b"a"])
    """
    for key in keys:
        if not 0 < len(key) <= LONGEST_KEY:
            raise LedgerError(
                f"a key of the online store has 1 to {LONGEST_KEY} bytes", found=f"{len(key)} bytes"
            )
