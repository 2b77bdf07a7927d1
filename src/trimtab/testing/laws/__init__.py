"""One law per function, each with its sentence."""

from __future__ import annotations

from collections.abc import Callable
from reprlib import Repr

import pyarrow as pa

from trimtab.errors import TrimtabError

NUMBERING = ["sequence", "recorded_at"]

_SHORT = Repr()
_SHORT.maxlist, _SHORT.maxdict, _SHORT.maxstring, _SHORT.maxother = 12, 12, 200, 200


def expect(found: object, wanted: object) -> None:
    """Raise AssertionError, showing both, unless the two are equal and of one type."""
    if found != wanted or type(found) is not type(wanted):
        raise AssertionError(f"found {_SHORT.repr(found)}, wanted {_SHORT.repr(wanted)}")


def expect_refusal(error: type[TrimtabError], action: Callable[[], object]) -> None:
    """Raise AssertionError unless the action raises the error."""
    try:
        action()
    except error:
        return
    raise AssertionError(f"did not raise {error.__name__}")


def delays(*values: int | None) -> pa.Table:
    """Rows of one column of whole numbers."""
    return pa.table({"delay": pa.array(values, pa.int64())})
