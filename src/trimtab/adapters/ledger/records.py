"""What every ledger asks of the records and identities it is given: the same words in all adapters."""

from __future__ import annotations

from collections.abc import Sequence

from trimtab.errors import LedgerError
from trimtab.ports import Identities, Record

LARGEST = 2**63 - 1


def check_records(stream: str, records: Sequence[Record]) -> None:
    """Raise LedgerError for a record that no ledger can keep.

    >>> check_records("predictions", [Record("r1", 5, b"")])
    Traceback (most recent call last):
    trimtab.errors.LedgerError: record 'r1' for stream 'predictions' has no body; do: pack a mapping, even an empty one
    """
    for record in records:
        _check(stream, record)


def _check(stream: str, record: Record) -> None:
    if not _is_text(record.id):
        raise _unusable(stream, record, "has an id that is not text in UTF-8", record.id)
    if not _is_whole(record.at):
        raise _unusable(stream, record, "has a time that is not a whole number of microseconds", record.at)
    if type(record.body) is not bytes:
        raise _unusable(stream, record, "has a body that is not bytes", type(record.body).__name__)
    if not record.body:  # an empty one says that the record was erased
        what = f"record {record.id!r} for stream {stream!r} has no body"
        raise LedgerError(what, do="pack a mapping, even an empty one")
    if record.subject is not None and not (_is_text(record.subject) or _is_whole(record.subject)):
        raise _unusable(stream, record, "has a subject that is neither text nor an integer", record.subject)


def checked_identities(stream: str, identities: Identities, rows: int) -> dict[str, bytes]:
    """The content by id, the last of an id that comes twice; raises LedgerError for what no ledger can keep."""
    ids, contents = identities.ids, identities.contents
    if not len(ids) == len(contents) == rows:
        raise LedgerError(
            f"the identities for {stream!r} are not one a row",
            found=f"{len(ids)} ids and {len(contents)} contents for {rows} rows",
        )
    if not set(map(type, ids)) <= {str} or not all(map(storable, ids)):
        raise LedgerError(f"some identities for {stream!r} are not text in UTF-8", do="make each id a str")
    if not set(map(type, contents)) <= {bytes}:
        raise LedgerError(f"some contents of identities for {stream!r} are not bytes", do="pass digests")
    return dict(zip(ids, contents, strict=True))


def erased(record_id: str) -> Record:
    """What is told of a record whose id is taken and whose content is gone."""
    return Record(record_id, 0, b"")


def storable(text: str) -> bool:
    r"""True for text that has a form in UTF-8.

    >>> storable("Zürich"), storable("\ud800")
    (True, False)
    """
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def fits(number: int) -> bool:
    """True for a number of 64 bits with a sign."""
    return -LARGEST - 1 <= number <= LARGEST


def _is_text(value: object) -> bool:
    return isinstance(value, str) and storable(value)


def _is_whole(value: object) -> bool:
    return type(value) is int and fits(value)


def _unusable(stream: str, record: Record, what: str, found: object) -> LedgerError:
    return LedgerError(f"record {record.id!r} for stream {stream!r} {what}", found=repr(found))
