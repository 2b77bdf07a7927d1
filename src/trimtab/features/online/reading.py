"""Reading: the features of one blob at one instant, from a few rows found by bisection.

A window is a slice of rows, with the row before it, whose totals are taken off. Where a request has facts of its own
inside, the slice falls into pieces around them, and the pieces are merged like any states.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from trimtab.aggregate.base import Aggregator, Value
from trimtab.aggregate.catalogue import aggregator_of
from trimtab.aggregate.moments import Moments, SumOfIntegers
from trimtab.aggregate.windows import window_start
from trimtab.declare.kinds import Kind
from trimtab.errors import DataError
from trimtab.features.online.keys import Row, identifier
from trimtab.features.online.layout import (
    FAILED,
    HEADER,
    SPOILT,
    TOO_LARGE,
    Column,
    Layout,
    unpack_texts,
)
from trimtab.features.online.series import Series, columns_of
from trimtab.features.specs import Spec

narrow = int.from_bytes  # a call less, on the hottest path of all
HALF = TOO_LARGE // 2
Finish = Callable[[Any, int], Value | None]


class Blob:
    """One key's rows up to an instant, as numbers in place; `stop` is the number of rows known before it."""

    __slots__ = ("_content", "_end", "_layout", "_texts", "known", "numbers", "stop")

    def __init__(self, content: bytes, layout: Layout, at: int) -> None:
        _, rows = HEADER.unpack_from(content)
        self._end = HEADER.size + rows * layout.size
        self._content, self._layout = content, layout
        self._texts: list[str] | None = None
        self.numbers = memoryview(content)[HEADER.size : self._end].cast("q")
        self.known = self.numbers[:: layout.width]
        self.stop = bisect_left(self.known, at)

    def row(self, number: int) -> tuple[Any, ...]:
        """One row unpacked; the row before the first is that of nothing."""
        if number < 0:
            return self._layout.empty
        return self._layout.row.unpack_from(self._content, HEADER.size + number * self._layout.size)

    def values(self, column: int, first: int, stop: int, code: str) -> list[Any]:
        """A column of 8-byte values, by the place of its word in a row, over a slice of rows."""
        width = self._layout.width
        numbers = self.numbers if code == "q" else self.numbers.cast("B").cast("d")
        found: list[Any] = numbers[first * width + column : stop * width : width].tolist()
        return found

    def text(self, place: int) -> str:
        """The text in a place of the list."""
        if self._texts is None:
            self._texts = unpack_texts(self._content[self._end :])
        text: str = self._texts[place]
        return text

    def find(self, digest: bytes) -> list[int]:
        """The rows of facts with that id, known before the instant."""
        layout, found, rows = self._layout, -1, []
        end = HEADER.size + self.stop * layout.size
        while (found := self._content.find(digest, found + 1, end)) != -1:
            row, place = divmod(found - HEADER.size, layout.size)
            if place == 8:
                rows.append(row)
        return rows


class Piece:
    """A slice of rows with the row before it and its last one."""

    __slots__ = ("before", "blob", "first", "last", "stop")

    def __init__(
        self, blob: Blob, first: int, stop: int, before: tuple[Any, ...], last: tuple[Any, ...]
    ) -> None:
        self.blob, self.first, self.stop = blob, first, stop
        self.before, self.last = before, last


StateOf = Callable[[Piece], Any]
OfRows = Callable[[tuple[Any, ...], tuple[Any, ...]], Any]
"""A state from the row before a window and its last row alone."""


class FeatureOfSeries:
    """One aggregate feature: how its state is read from a piece, merged and finished."""

    def __init__(self, spec: Spec, layout: Layout, *, own: bool) -> None:
        self.name = spec.name
        aggregator: Aggregator[Any] = (
            SumOfIntegers(spec.scale) if spec.counts_truth else aggregator_of(spec.aggregate, spec.kind)
        )
        columns = columns_of(spec, own=own)
        self.of_rows = _of_rows(spec, columns, layout)
        self.state = _through_rows(self.of_rows) if self.of_rows else _state(spec, columns, layout)
        self.merge = aggregator.merge
        self.finish: Finish = _truth(spec.function) if spec.counts_truth else aggregator.finish
        self.nothing = aggregator.init()


class Reading:
    """Reads the features of one series."""

    def __init__(self, series: Series) -> None:
        self._layout = series.layout
        own = bool(series.own_id)
        by_window: dict[tuple[int | None, int], list[FeatureOfSeries]] = {}
        for spec in series.specs:
            by_window.setdefault(spec.window, []).append(FeatureOfSeries(spec, series.layout, own=own))
        self._windows = [(over, hop, features) for (over, hop), features in by_window.items()]
        every = [feature for features in by_window.values() for feature in features]
        self._quick = not own and all(feature.of_rows is not None for feature in every)
        self._id_of = identifier(series.own_id, series.kinds) if own else None

    def read(self, content: bytes | None, at: int, row: Row, found: dict[str, Value | None]) -> None:
        """Add the features of a request at an instant to `found`; raises DataError where a sum overflows."""
        if self._quick and content is not None:
            self._read_rows(content, at, found)
            return
        blob = None if content is None else Blob(content, self._layout, at)
        if blob is None or not blob.stop:
            self._nothing(at, found)
            return
        digest = None if self._id_of is None else self._id_of(row)
        own = blob.find(digest) if digest is not None else []
        last = blob.row(blob.stop - 1)
        for over, hop, features in self._windows:
            start = window_start(at, over, hop)
            first = 0 if start is None else bisect_left(blob.known, start, 0, blob.stop)
            if own and own[-1] >= first:
                _read_around(blob, first, [row for row in own if row >= first], (features, at, found))
            elif first == blob.stop:
                _read_nothing(features, at, found)
            else:
                before = blob.row(-1 if start is None else first - 1)
                piece = Piece(blob, first, blob.stop, before, last)
                for feature in features:
                    found[feature.name] = feature.finish(feature.state(piece), at)

    def _read_rows(self, content: bytes, at: int, found: dict[str, Value | None]) -> None:
        """The same for features that two rows are enough for, with as little in between as can be: most are."""
        layout, size = self._layout, self._layout.size
        unpack, begin = layout.row.unpack_from, HEADER.size
        _, rows = HEADER.unpack_from(content)
        if not rows:
            self._nothing(at, found)
            return
        known = memoryview(content)[begin : begin + rows * size].cast("q")[:: layout.width]
        last, stop = unpack(content, begin + (rows - 1) * size), rows
        if last[0] >= at:
            stop = bisect_left(known, at)
            last = unpack(content, begin + (stop - 1) * size) if stop else layout.empty
        for over, hop, features in self._windows:
            before = layout.empty
            if over is not None:
                start = at - over
                first = bisect_left(known, start // hop * hop if hop else start, 0, stop)
                if first:
                    before = unpack(content, begin + (first - 1) * size)
            for feature in features:
                found[feature.name] = feature.finish(feature.of_rows(before, last), at)  # type: ignore[misc]  # all have it

    def _nothing(self, at: int, found: dict[str, Value | None]) -> None:
        for _, _, features in self._windows:
            _read_nothing(features, at, found)


def _read_nothing(features: list[FeatureOfSeries], at: int, found: dict[str, Value | None]) -> None:
    for feature in features:
        found[feature.name] = feature.finish(feature.nothing, at)


def _read_around(
    blob: Blob,
    first: int,
    own: list[int],
    wanted: tuple[list[FeatureOfSeries], int, dict[str, Value | None]],
) -> None:
    """Read the features around the rows of the request's own facts."""
    features, at, found = wanted
    firsts, stops = [first, *(row + 1 for row in own)], [*own, blob.stop]
    pieces = [
        Piece(blob, one, other, blob.row(one - 1), blob.row(other - 1))
        for one, other in zip(firsts, stops, strict=True)
        if one < other
    ]
    for feature in features:
        states = map(feature.state, pieces)
        found[feature.name] = feature.finish(reduce(feature.merge, states, feature.nothing), at)


def _truth(function: str) -> Finish:
    """Whether any (max) or all (min) of the conditions counted are true; null for none."""

    def finish(state: Moments, _at: int) -> bool | None:
        if not state.n:
            return None
        return state.s1 > 0 if function == "max" else state.s1 == state.n

    return finish


def _through_rows(of_rows: OfRows) -> StateOf:
    return lambda piece: of_rows(piece.before, piece.last)


def _of_rows(spec: Spec, columns: Mapping[str, Column], layout: Layout) -> OfRows | None:
    """How the state of a feature is read from two rows; None where it takes the rows between, or texts."""
    n = layout.places[columns["n"]]
    if spec.function == "count":
        return lambda before, last: _count(before, last, n)
    if "s" in columns:
        q = columns.get("q")
        return _moments(n, layout.places[columns["s"]], None if q is None else layout.places[q])
    if spec.function == "time_since_last":
        return _since(n, layout.places[columns["since"]])
    column = columns[spec.function]
    if column.is_text or (spec.function != "last" and not column.ever):
        return None
    return _latest(n, column, layout, dated=spec.function in {"first", "last"})


def _state(spec: Spec, columns: Mapping[str, Column], layout: Layout) -> StateOf:
    """How the state of a feature is read from a piece."""
    n = layout.places[columns["n"]]
    if spec.function in {"min", "max"}:
        return _extreme(n, columns[spec.function], layout)
    if spec.function == "first" and not columns["first"].ever:
        return _first(n, columns["first"], layout)
    return _ordered(n, columns[spec.function], layout)


def _count(before: tuple[Any, ...], last: tuple[Any, ...], n: int) -> int:
    counted: int = last[n]
    count: int = counted - before[n]
    if count >= FAILED or counted >= SPOILT:
        raise DataError(
            "a fact of the window has a value that cannot be computed",
            found="an integer that leaves 64 bits",
            do="compute in floats with .to_float(), or guard it with tt.when(...)",
        )
    return count


def _moments(n: int, s: int, q: int | None) -> OfRows:
    def state(before: tuple[Any, ...], last: tuple[Any, ...]) -> Moments:
        total = narrow(last[s], "little", signed=True) - narrow(before[s], "little", signed=True)
        if not -HALF < total < HALF:
            raise DataError(
                "a value is too large to be summed exactly: the sum overflowed",
                do="give the aggregate a larger scale=",
            )
        squares = 0
        if q is not None:
            squares = narrow(last[q], "little", signed=True) - narrow(before[q], "little", signed=True)
        return Moments(_count(before, last, n), total, squares)

    return state


def _latest(n: int, column: Column, layout: Layout, *, dated: bool) -> OfRows:
    """What the last row holds, where the window counts any value."""
    place, truth = layout.places[column], column.kind is Kind.BOOL

    def state(before: tuple[Any, ...], last: tuple[Any, ...]) -> Any:
        if not _count(before, last, n):
            return None
        value = bool(last[place]) if truth else last[place]
        return (last[0], 0, value) if dated else value

    return state


def _since(n: int, place: int) -> OfRows:
    def state(before: tuple[Any, ...], last: tuple[Any, ...]) -> Any:
        return (last[place], 0, True) if _count(before, last, n) else None

    return state


def _extreme(n: int, column: Column, layout: Layout) -> StateOf:
    choose = min if column.part == "min" else max
    place, word, code = layout.places[column], layout.words[column], column.code

    def state(piece: Piece) -> Any:
        if not _count(piece.before, piece.last, n):
            return None
        if column.ever:
            found = piece.last[place]
            return piece.blob.text(found) if column.is_text else found
        values = piece.blob.values(word, piece.first, piece.stop, code)
        if column.is_text:
            return choose(piece.blob.text(value) for value in values if value >= 0)
        return choose(values)

    return state


def _first(n: int, column: Column, layout: Layout) -> StateOf:
    """The value of the first row that counts more values than the row before the piece."""
    place, width, word = layout.places[column], layout.width, layout.words
    counted = next(word[each] for each in layout.places if layout.places[each] == n)

    def state(piece: Piece) -> Any:
        if not _count(piece.before, piece.last, n):
            return None
        counts = piece.blob.numbers[counted::width]
        row = bisect_right(counts, piece.before[n], piece.first, piece.stop)
        return row, 0, _value(piece.blob, column, piece.blob.row(row)[place])

    return state


def _ordered(n: int, column: Column, layout: Layout) -> StateOf:
    """The latest value, or the first ever: what the last row holds; pieces come in order."""
    place = layout.places[column]

    def state(piece: Piece) -> Any:
        if not _count(piece.before, piece.last, n):
            return None
        return piece.first, 0, _value(piece.blob, column, piece.last[place])

    return state


def _value(blob: Blob, column: Column, kept: Any) -> Any:
    if column.is_text:
        return blob.text(kept)
    return bool(kept) if column.kind is Kind.BOOL else kept
