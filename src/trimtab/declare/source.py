"""Sources: facts about the world, and when each became known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.expression import Column, Expression, as_expression
from trimtab.declare.frozen import assign
from trimtab.declare.site import Site, declared_here
from trimtab.errors import DeclarationError
from trimtab.units import Duration


@dataclass(frozen=True)
class SqlTable:
    """A table or SELECT of a database, read through SQLAlchemy; the URL may name an environment variable as $NAME."""

    url: str
    query: str


def sql(url: str, query: str) -> SqlTable:
    """A table name or SELECT statement of a database as the data of a source (extra: `trimtab[sql]`).

    >>> sql("sqlite:///shop.db", "orders").query
    'orders'
    """
    return SqlTable(url, query)


@dataclass(frozen=True, eq=False)
class InMemory:
    """A dataframe in memory; two are equal when they are the same object."""

    table: Any

    def __repr__(self) -> str:
        return f"<{type(self.table).__module__}.{type(self.table).__name__} in memory>"


@dataclass(frozen=True)
class Expect:
    """What the owner of a source promises about one column.

    >>> Expect(nulls_at_most=0.01, between=(-120, 3000)).nulls_at_most
    0.01
    """

    nulls_at_most: float | None = None
    between: tuple[float, float] | None = None
    one_of: tuple[str, ...] | None = None


def _names(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


@dataclass(frozen=True, init=False)
class Source:
    """Facts about the world, with the time at which each became known.

    `data` is a Parquet or CSV file, folder or glob (relative to the declaring file), `tt.sql(...)`, or any
    dataframe in memory. The known time is `known=` (a column or expression) or `happened=` plus `lag=`. `id` names
    the columns that identify one fact. `zone` is the time zone of naive timestamps. `revises=True` lets a later
    fact of the same id replace an earlier one; `snapshot=True` marks a mutable table whose differences by id become
    facts. `owner` is who can fix it, `expects` what they promise per column. `subject` is the column that names the
    person or thing whose facts can be found and erased (default: the first of `id`).

    >>> from trimtab.units import days
    >>> schedule = Source("schedule.parquet", id="flight", known=Column("departs") - days(1))
    >>> schedule.name, schedule.id
    ('schedule', ('flight',))
    """

    data: str | SqlTable | InMemory
    name: str
    id: tuple[str, ...]
    known: Expression | None
    zone: str | None
    revises: bool
    snapshot: bool
    owner: str | None
    expects: tuple[tuple[str, Expect], ...]
    subject: str | None
    site: Site = field(compare=False)

    def __init__(  # noqa: PLR0913  # each argument is one independent statement about the source
        self,
        data: Any,
        *,
        id: str | tuple[str, ...] | None = None,  # noqa: A002  # the field's word for it
        known: str | Expression | None = None,
        happened: str | Expression | None = None,
        lag: Duration | None = None,
        name: str | None = None,
        zone: str | None = None,
        revises: bool = False,
        snapshot: bool = False,
        owner: str | None = None,
        expects: Mapping[str, Expect] | None = None,
        subject: str | None = None,
    ) -> None:
        site = declared_here()
        if isinstance(data, (str, Path)):
            data = str(data)
        elif not isinstance(data, (SqlTable, InMemory)):
            data = InMemory(data)
        assign(
            self,
            data=data,
            name=name or _default_name(data),
            id=_names(id),
            known=_known(known, happened, lag, snapshot=snapshot, site=site),
            zone=zone,
            revises=revises,
            snapshot=snapshot,
            owner=owner,
            expects=tuple((expects or {}).items()),
            subject=subject or next(iter(_names(id)), None),
            site=site,
        )
        if revises and not self.id:
            raise DeclarationError(
                f"source {self.name!r} revises facts but has no id",
                where=site,
                do="name the id columns with id=",
            )

    def by(self, *columns: str, **renamed: str) -> KeyedSource:
        """The facts that share a key with the request; `by(airport="origin")` matches airport to its origin.

        >>> Source("weather.csv", known="observed").by(airport="origin").keys
        (('airport', 'origin'),)
        """
        return KeyedSource(self, tuple((name, name) for name in columns) + tuple(renamed.items()))


def _default_name(data: str | SqlTable | InMemory) -> str:
    if isinstance(data, str):
        path = Path(data)
        stem = path.name if path.suffix else path.name or "source"
        stem = stem.split(".")[0]
        return stem if "*" not in stem else (path.parent.name or "source")
    if isinstance(data, SqlTable):
        return data.query if data.query.isidentifier() else "query"
    return "table"


def _known(
    known: str | Expression | None,
    happened: str | Expression | None,
    lag: Duration | None,
    *,
    snapshot: bool,
    site: Site,
) -> Expression | None:
    if known is not None and (happened is not None or lag is not None):
        raise DeclarationError(
            "known= and happened=/lag= say the same thing twice",
            where=site,
            do="give known=, or happened= with lag=",
        )
    if known is not None:
        return time_expression(known)
    if happened is not None:
        if lag is None:
            raise DeclarationError(
                "happened= needs lag=: facts are used from the time they were known, not from when they happened",
                where=site,
                do="add lag=hours(1) (or lag=hours(0) if it truly is known at once)",
            )
        return time_expression(happened) + lag
    if snapshot:
        return None
    raise DeclarationError(
        "a source must say when its facts became known",
        where=site,
        do='add known="column", or happened="column" with lag=..., or snapshot=True for a mutable table',
    )


def time_expression(value: str | Expression) -> Expression:
    """A column by its name, or an expression as it is."""
    return Column(value) if isinstance(value, str) else as_expression(value)


@dataclass(frozen=True)
class KeyedSource:
    """A source's facts grouped by key columns: (column of the fact, field of the request) pairs."""

    source: Source
    keys: tuple[tuple[str, str], ...]

    def count(self, value: str | Expression | None = None, **window: Any) -> Aggregate:
        """How many facts (or facts where the value is not null) the window holds; 0 when empty."""
        return self._aggregate("count", value, window)

    def sum(self, value: str | Expression, **window: Any) -> Aggregate:
        """The exact sum of the values in the window."""
        return self._aggregate("sum", value, window)

    def mean(self, value: str | Expression, **window: Any) -> Aggregate:
        """The mean of the values in the window; of a condition, the share of facts where it holds."""
        return self._aggregate("mean", value, window)

    def share(self, condition: Expression, **window: Any) -> Aggregate:
        """The share of facts in the window for which the condition holds, among those where it is not null."""
        return self._aggregate("share", condition, window)

    def min(self, value: str | Expression, **window: Any) -> Aggregate:
        """The smallest value in the window."""
        return self._aggregate("min", value, window)

    def max(self, value: str | Expression, **window: Any) -> Aggregate:
        """The largest value in the window."""
        return self._aggregate("max", value, window)

    def var(self, value: str | Expression, **window: Any) -> Aggregate:
        """The sample variance of the values in the window; null for fewer than two."""
        return self._aggregate("var", value, window)

    def std(self, value: str | Expression, **window: Any) -> Aggregate:
        """The sample standard deviation of the values in the window; null for fewer than two."""
        return self._aggregate("std", value, window)

    def first(self, value: str | Expression, **window: Any) -> Aggregate:
        """The earliest known value in the window, nulls passed over."""
        return self._aggregate("first", value, window)

    def last(self, value: str | Expression, **window: Any) -> Aggregate:
        """The latest known value in the window (or ever, without `over=`), nulls passed over."""
        return self._aggregate("last", value, window)

    def time_since_last(self, **window: Any) -> Aggregate:
        """Seconds from the latest known fact in the window to the time of the request."""
        return self._aggregate("time_since_last", None, window)

    def _aggregate(self, function: str, value: str | Expression | None, window: dict[str, Any]) -> Aggregate:
        site = declared_here()
        unknown = set(window) - {"over", "where", "hop", "scale"}
        if unknown:
            raise DeclarationError(
                f"{function}() got {', '.join(sorted(unknown))}",
                where=site,
                do="use over=, where=, hop=, scale=",
            )
        if self.source.revises and function != "last":
            raise DeclarationError(
                f"{function}() over {self.source.name!r} would count every version of a revised fact",
                where=site,
                do="use last(), which sees the version known by then, or a source whose facts are never revised",
            )
        expression = (
            None if value is None else Column(value) if isinstance(value, str) else as_expression(value)
        )
        return Aggregate(self.source, self.keys, function, expression, site=site, **window)
