"""The laws of the storage ports, as functions that anyone may run on an adapter of their own.

Run them all at once with `check_ledger` and `check_blobs`, or one test each:

    @pytest.mark.parametrize("law", ledger_laws, ids=lambda law: law.__name__)
    def test_my_ledger(law):
        law(MyLedger())
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TypeVar

from trimtab.ports import Blobs, Ledger
from trimtab.testing.laws.blobs import blobs_laws
from trimtab.testing.laws.durability import durability_laws
from trimtab.testing.laws.ledger import ledger_laws

__all__ = ["blobs_laws", "check_blobs", "check_ledger", "durability_laws", "ledger_laws"]

Subject = TypeVar("Subject")


def check_ledger(
    factory: Callable[[], Ledger], *, places: Callable[[], Callable[[], Ledger]] | None = None
) -> None:
    """Run every law on a fresh ledger of the factory; raises AssertionError naming all laws that are broken.

    For a durable ledger, `places()` names a fresh place and returns the function that opens it, again and again.

    >>> from trimtab.testing import MemoryLedger
    >>> check_ledger(MemoryLedger)
    """

    def on_a_fresh_one(law: Callable[[Ledger], None]) -> None:
        with closing(factory()) as ledger:
            law(ledger)

    _run(ledger_laws, on_a_fresh_one)
    if places is not None:
        fresh_place = places
        _run(durability_laws, lambda law: law(fresh_place()))


def check_blobs(factory: Callable[[], Blobs]) -> None:
    """Run every law on a fresh store of the factory; raises AssertionError naming all laws that are broken.

    >>> from trimtab.testing import MemoryBlobs
    >>> check_blobs(MemoryBlobs)
    """
    _run(blobs_laws, lambda law: law(factory()))


def _run(laws: Sequence[Subject], apply: Callable[[Subject], None]) -> None:
    broken = []
    for law in laws:
        try:
            apply(law)
        except AssertionError as problem:
            broken.append(f"{getattr(law, '__name__', law)}: {problem}")
    if broken:
        raise AssertionError("\n".join(broken))
