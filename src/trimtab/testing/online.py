"""The laws of the OnlineStore port, as functions that anyone may run on an adapter of their own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from trimtab.adapters.online.memory import MemoryStore
from trimtab.ports import OnlineStore
from trimtab.testing.laws.online import online_durability_laws, online_laws

__all__ = ["MemoryStore", "check_online_store", "online_durability_laws", "online_laws"]


def check_online_store(
    factory: Callable[[], OnlineStore], *, places: Callable[[], Callable[[], OnlineStore]] | None = None
) -> None:
    """Run every law on a fresh store of the factory; raises AssertionError naming all laws that are broken.

    For a durable store, `places()` names a fresh place and returns the function that opens it, again and again.

    >>> check_online_store(MemoryStore)
    """
    broken = []
    for law in online_laws:
        with closing(factory()) as store:
            broken += _problem(law, store)
    for durable in online_durability_laws if places is not None else ():
        broken += _problem(durable, places() if places is not None else None)
    if broken:
        raise AssertionError("\n".join(broken))


def _problem(law: Callable[..., None], subject: object) -> list[str]:
    try:
        law(subject)
    except AssertionError as problem:
        return [f"{law.__name__}: {problem}"]
    return []
