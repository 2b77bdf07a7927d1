"""A document as plain JSON values, for programs."""

import dataclasses
import enum

from trimtab.report.document import Document


def to_json(document: Document) -> dict[str, object]:
    """The document as nested dicts and lists; each noun names its `type`, and nothing is left out.

    >>> to_json(Document("flight-delay", "Nothing to do."))["severity"]
    'OK'
    """
    return _noun(document)


def _noun(value: object) -> dict[str, object]:
    if not dataclasses.is_dataclass(value):
        raise TypeError(f"{value!r} is no noun of a document")
    fields = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return {"type": type(value).__name__, **fields}


def _plain(value: object) -> object:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value - value != 0:
        return None
    return _noun(value) if dataclasses.is_dataclass(value) else value
