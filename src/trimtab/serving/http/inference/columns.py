"""Columns of tensors as rows of a request: which datatype may carry which kind, and how."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from trimtab.declare.kinds import Kind
from trimtab.errors import nearest
from trimtab.serving.http.kinds import FORMS, Form
from trimtab.serving.http.schema import Rows
from trimtab.serving.http.shape import Field
from trimtab.serving.http.times import FIRST, LAST
from trimtab.serving.problems import RequestError
from trimtab.serving.service import Row

_WHOLE = ("INT64", "INT32", "INT16", "INT8", "UINT64", "UINT32", "UINT16", "UINT8")
_NUMBERS = ("FP64", "FP32", "FP16")
DATATYPES: Mapping[Kind, tuple[str, ...]] = {
    Kind.BOOL: ("BOOL",),
    Kind.INT: _WHOLE,
    Kind.FLOAT: (*_NUMBERS, *_WHOLE),
    Kind.STRING: ("BYTES",),
    Kind.TIMESTAMP: ("INT64", "BYTES"),
    Kind.DURATION: ("FP64", "INT64"),
}
"""What each kind may come as, the first being what metadata names."""


class Columns:
    """Makes rows of columns, each checked as the same value in a plain JSON row would be."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def check_names(self, names: Sequence[str]) -> None:
        """Raise RequestError for a field that is missing, sent twice, or not of the request."""
        kinds = self._rows.kinds
        for place, name in enumerate(names):
            if name not in kinds:
                do = f"send one tensor a field: {', '.join(kinds)}"
                raise RequestError(
                    422, f"unknown input {name!r}", field=name, nearest=nearest(name, kinds), do=do
                )
            if name in names[:place]:
                raise RequestError(422, "this input comes twice", field=name, do="send it once")
        for name, kind in kinds.items():
            if name not in names:
                do = f"send a {DATATYPES[kind][0]} tensor of that name"
                raise RequestError(422, f"input {name!r} is missing", field=name, do=do)

    def column(self, name: str, datatype: str, values: Sequence[Any]) -> list[Any]:
        """The values of one field as trimtab holds them; raises RequestError for the first that does not fit."""
        kind = self._rows.kinds[name]
        if datatype not in DATATYPES[kind]:
            do = f"send {' or '.join(DATATYPES[kind])}"
            raise RequestError(422, "this datatype cannot carry the field", field=name, found=datatype, do=do)
        form = _FROM_INT64.get(kind, FORMS[kind]) if datatype == "INT64" else FORMS[kind]
        read = self._decoded(name, form, values)
        if form.convert is None:
            return read
        return [None if value is None else _converted(form, value, name, at) for at, value in enumerate(read)]

    def rows(self, columns: Mapping[str, Sequence[Any]]) -> list[Row]:
        """The rows that columns of one length hold."""
        names = tuple(self._rows.kinds)
        ordered = (columns[name] for name in names)
        return [dict(zip(names, values, strict=True)) for values in zip(*ordered, strict=True)]

    def _decoded(self, name: str, form: Form, values: Sequence[Any]) -> list[Any]:
        wanted = form.type if name in self._rows.never_null else form.type | None
        try:
            decoded: list[Any] = msgspec.convert(values, list[wanted])  # type: ignore[valid-type]
            if all(math.isfinite(one) for one in decoded if type(one) is float):
                return decoded
        except msgspec.ValidationError:
            pass
        # again, value by value: to take 7.0 for a whole number, or to say which one is wrong
        field = Field(name, wanted, form.words, whole=form.type is FORMS[Kind.INT].type)
        taken = [field.taken(value, f"{name}[{place}]") for place, value in enumerate(values)]
        repaired: list[Any] = msgspec.convert(taken, list[wanted])  # type: ignore[valid-type]
        return repaired


def _in_range(microseconds: int) -> int:
    if not FIRST <= microseconds <= LAST:
        raise ValueError(microseconds)
    return microseconds


_DURATIONS = replace(FORMS[Kind.INT], words="whole microseconds")
_FROM_INT64 = {Kind.DURATION: _DURATIONS, Kind.TIMESTAMP: replace(_DURATIONS, convert=_in_range)}


def _converted(form: Form, value: Any, name: str, place: int) -> Any:
    try:
        return form.convert(value) if form.convert is not None else value
    except ValueError:
        do = "send a time between the years 1 and 9999 in UTC"
        raise RequestError(
            422, "this is out of range", field=f"{name}[{place}]", found=value, do=do
        ) from None
