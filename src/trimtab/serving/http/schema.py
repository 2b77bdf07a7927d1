"""What callers send, generated from the declaration: rows, facts, and the objects around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.structs import astuple

from trimtab.declare.kinds import Kind
from trimtab.serving.http.kinds import FORMS
from trimtab.serving.http.shape import Field, Shape
from trimtab.serving.problems import RequestError
from trimtab.serving.service import Row

ID_LENGTH = 200
Id = Annotated[str, Meta(min_length=1, max_length=ID_LENGTH)]
ID_WORDS = f"text of 1 to {ID_LENGTH} characters"


class Rows:
    """Rows of one kind of thing: every field required, null where it is missing, except those that identify it.

    >>> rows = Rows("Row", {"when": Kind.TIMESTAMP})
    >>> rows.plain(msgspec.json.decode('{"when": "1970-01-01T00:00:01Z"}', type=rows.shape.type))
    {'when': 1000000}
    """

    def __init__(self, name: str, kinds: Mapping[str, Kind], never_null: tuple[str, ...] = ()) -> None:
        self.kinds, self.never_null = kinds, never_null
        self.shape = Shape(name, [_field(each, kind, never_null) for each, kind in kinds.items()])
        self._names = tuple(kinds)
        converts = ((each, FORMS[kind].convert) for each, kind in kinds.items())
        self._converts = tuple((each, convert) for each, convert in converts if convert is not None)

    def plain(self, decoded: msgspec.Struct, path: str = "") -> Row:
        """A decoded row as a service takes it: a plain mapping with times in microseconds."""
        row = dict(zip(self._names, astuple(decoded), strict=True))
        for name, convert in self._converts:
            value = row[name]
            if value is not None:
                try:
                    row[name] = convert(value)
                except ValueError:
                    raise _too_far(name, path, value) from None
        return row


def _field(name: str, kind: Kind, never_null: tuple[str, ...]) -> Field:
    form = FORMS[kind]
    return Field(
        name, form.type if name in never_null else form.type | None, form.words, whole=kind is Kind.INT
    )


def _too_far(name: str, path: str, found: Any) -> RequestError:
    do = "send a time between the years 1 and 9999 in UTC"
    return RequestError(422, f"field {name!r} is out of range", field=f"{path}{name}", found=found, do=do)


def ask_shape(rows: Rows) -> Shape:
    """The shape of one request to predict: a row, and optionally the id by which to find the answer again."""
    row = Field("row", rows.shape.type, "an object with the fields of a request", inner=rows.shape)
    return Shape("Ask", [row, Field("id", Id | None, ID_WORDS, required=False)])


def label_shape(kind: Kind) -> Shape:
    """The shape of one label: the id of a prediction and its true answer."""
    form = FORMS[kind]
    return Shape(
        "Label", [Field("id", Id, ID_WORDS), Field("label", form.type, form.words, whole=kind is Kind.INT)]
    )
