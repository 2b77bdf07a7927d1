"""The shape of a JSON object: decoded in one go when it fits, and told field by field when it does not."""

from __future__ import annotations

import json
import keyword
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from trimtab.errors import DeclarationError, nearest
from trimtab.serving.problems import RequestError

_SHOWN = 60


@dataclass(frozen=True)
class Field:
    """One field of an object: its type, what to send in words, and whether it must be there (else it may be null).

    `inner` is the shape of an object; `whole` also takes 7.0 for 7, as JSON knows but one kind of number.
    """

    name: str
    type: Any
    words: str
    required: bool = True
    inner: Shape | None = None
    whole: bool = False

    def taken(self, value: Any, path: str) -> Any:
        """The value in the form that its type takes; raises RequestError when it does not fit. `path` leads to it."""
        if self.inner is not None:
            return self.inner.taken(value, path)
        if self.whole and isinstance(value, float) and value.is_integer():
            value = int(value)
        try:
            if not (isinstance(value, float) and not math.isfinite(value)):
                msgspec.convert(value, self.type)
                return value
            problem = "out of range"
        except (msgspec.ValidationError, OverflowError) as error:
            problem = str(error)
        raise self._refusal(value, path, problem)

    def _refusal(self, value: Any, path: str, problem: str) -> RequestError:
        what, do = f"field {self.name!r} must be {self.words}", f"send {self.words}"
        if value is None:
            what = f"field {self.name!r} may not be null"
        elif "timezone" in problem:
            what = f"field {self.name!r} is a time without an offset"
            do = 'say which time it is: add "Z" for UTC or an offset such as "-05:00"'
        elif any(sign in problem for sign in ("<=", ">=", "range")):
            what = f"field {self.name!r} is out of range"
        return RequestError(422, what, field=path, found=told(value), do=do)


class Shape:
    """An object with these fields and no others; `type` is the msgspec struct that it is decoded into.

    >>> Shape("Note", [Field("text", str, "text")]).taken({"txt": "x"})
    Traceback (most recent call last):
    trimtab.serving.problems.RequestError: unknown field 'txt'; did you mean 'text'?; do: send only text
    """

    def __init__(self, name: str, fields: Iterable[Field]) -> None:
        self.fields: Mapping[str, Field] = {field.name: field for field in fields}
        self.type = _struct(name, tuple(self.fields.values()))

    def taken(self, value: Any, path: str = "") -> dict[str, Any]:
        """The object with each value as its field takes it; raises RequestError for the first that does not fit."""
        if not isinstance(value, dict):
            what, do = f"{path or 'the body'} must be an object", f"send an object with {self._names()}"
            raise RequestError(422, what, field=path or None, found=told(value), do=do)
        for name in value:
            if name not in self.fields:
                self._refuse_unknown(name, path)
        for name, field in self.fields.items():
            if field.required and name not in value:
                do = f"send {field.words}" + (
                    ", or null where it is missing" if _nullable(field.type) else ""
                )
                raise RequestError(422, f"field {name!r} is missing", field=_path(path, name), do=do)
        return {name: self.fields[name].taken(one, _path(path, name)) for name, one in value.items()}

    def _refuse_unknown(self, name: str, path: str) -> None:
        raise RequestError(
            422,
            f"unknown field {name[:_SHOWN]!r}",
            field=_path(path, name),
            nearest=nearest(name, self.fields),
            do=f"send only {self._names()}",
        )

    def _names(self) -> str:
        return ", ".join(self.fields)


def told(value: Any) -> str:
    """A JSON value as it was sent, cut short.

    >>> told({"a": None})
    '{"a": null}'
    """
    if isinstance(value, float) and not math.isfinite(value):
        return "a number beyond any float"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _path(outer: str, name: str) -> str:
    return f"{outer}.{name}" if outer else name


def _nullable(annotation: Any) -> bool:
    return type(None) in getattr(annotation, "__args__", ())


def _struct(name: str, fields: tuple[Field, ...]) -> type[msgspec.Struct]:
    """Fields may have almost any name in JSON; those that Python cannot say get a number instead."""
    attributes = [_attribute(field.name, place) for place, field in enumerate(fields)]
    members: list[Any] = [
        (attribute, field.type) if field.required else (attribute, field.type, None)
        for attribute, field in zip(attributes, fields, strict=True)
    ]
    renamed = {attribute: field.name for attribute, field in zip(attributes, fields, strict=True)}
    try:
        return msgspec.defstruct(name, members, forbid_unknown_fields=True, kw_only=True, rename=renamed)
    except ValueError as problem:
        raise DeclarationError(
            f"a field of {name} cannot be asked for in JSON",
            found=", ".join(map(repr, renamed.values())),
            do="name columns without quotation marks, backslashes and control characters",
        ) from problem


def _attribute(name: str, place: int) -> str:
    plain = name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")
    return name if plain else f"_{place}"
