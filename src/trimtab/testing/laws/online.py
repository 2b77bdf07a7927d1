"""The laws of an OnlineStore port, each on a fresh store."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from trimtab.errors import LedgerError
from trimtab.ports import OnlineStore
from trimtab.testing.laws import expect, expect_refusal

Opening = Callable[[], OnlineStore]


def what_was_written_is_read(store: OnlineStore) -> None:
    """Values come back as they were, in the order of the keys asked for, None where there is none."""
    values: dict[bytes, bytes | None] = {b"a": b"1", b"\x00": b"", b"\xff" * 511: bytes(range(256)) * 400}
    store.write(values)
    expect(store.get_many([*values, b"b", b"a"]), [*values.values(), None, b"1"])
    expect(store.get_many([]), [])


def a_later_write_wins(store: OnlineStore) -> None:
    """A second value replaces the first, and None deletes; deleting what is not there is no error."""
    store.write({b"a": b"1", b"b": b"1"})
    store.write({b"a": b"22", b"b": None, b"c": None})
    expect(store.get_many([b"a", b"b", b"c"]), [b"22", None, None])
    store.write({})
    expect(store.scan(b""), [(b"a", b"22")])


def a_scan_goes_in_byte_order(store: OnlineStore) -> None:
    """Keys that begin with the prefix come in byte order, from after a key on, and no more than the limit."""
    keys = [b"p", b"p\x00", b"pa", b"pb", b"p\xff", b"p\xff\xff", b"q", b"o\xff", b"\x00"]
    store.write({key: key[:1] for key in keys})
    under = sorted(key for key in keys if key.startswith(b"p"))
    expect([key for key, _ in store.scan(b"p")], under)
    expect(store.scan(b"p", limit=2), [(b"p", b"p"), (b"p\x00", b"p")])
    expect([key for key, _ in store.scan(b"p", after=b"pa")], under[3:])
    expect([key for key, _ in store.scan(b"p", after=b"a", limit=1)], under[:1])
    expect([key for key, _ in store.scan(b"", after=b"o")], [b"o\xff", *under, b"q"])
    expect(store.scan(b"p", after=b"q") + store.scan(b"x") + store.scan(b"p", limit=0), [])


def odd_keys_are_refused(store: OnlineStore) -> None:
    """An empty key, and one of more than 511 bytes, raise LedgerError and nothing is written."""
    for key in (b"", b"k" * 512):
        expect_refusal(LedgerError, lambda key=key: store.write({b"good": b"1", key: b"1"}))  # type: ignore[misc]
        expect_refusal(LedgerError, lambda key=key: store.get_many([key]))  # type: ignore[misc]
    expect(store.scan(b""), [])


def a_closed_store_refuses(store: OnlineStore) -> None:
    """After closing, everything raises LedgerError; closing again does not."""
    store.close()
    store.close()
    expect_refusal(LedgerError, lambda: store.get_many([b"a"]))
    expect_refusal(LedgerError, lambda: store.write({b"a": b"1"}))
    expect_refusal(LedgerError, lambda: store.scan(b""))


def reopening_keeps_everything(open_place: Opening) -> None:
    """What was written is there after closing and opening again."""
    with closing(open_place()) as store:
        store.write({b"a": b"1", b"b": b"2"})
        store.write({b"b": None})
    with closing(open_place()) as store:
        expect(store.scan(b""), [(b"a", b"1")])


online_laws: tuple[Callable[[OnlineStore], None], ...] = (
    what_was_written_is_read,
    a_later_write_wins,
    a_scan_goes_in_byte_order,
    odd_keys_are_refused,
    a_closed_store_refuses,
)
online_durability_laws: tuple[Callable[[Opening], None], ...] = (reopening_keeps_everything,)
