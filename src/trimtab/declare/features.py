"""The named inputs of a model, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.expression import Expression, as_expression
from trimtab.declare.site import Site, declared_here
from trimtab.errors import DeclarationError


@dataclass(frozen=True)
class Function:
    """A plain Python function of named request fields, the same on every plan; raise `version` when it changes.

    >>> Function(lambda distance: distance / 2).version
    '1'
    """

    function: Callable[..., Any]
    version: str = "1"
    site: Site = field(default_factory=declared_here, compare=False)


Feature = Aggregate | Expression | Function


@dataclass(frozen=True, init=False)
class Features:
    """The model's inputs by name: windowed aggregates, request fields and expressions of them, plain functions.

    An expression may also name an aggregate feature declared beside it.

    >>> from trimtab.declare.expression import col
    >>> Features(carrier=col("carrier"), long=col("distance") > 1000).names
    ('carrier', 'long')
    """

    items: tuple[tuple[str, Feature], ...]
    site: Site = field(compare=False)

    def __init__(self, **named: Any) -> None:
        site = declared_here()
        object.__setattr__(
            self, "items", tuple((name, _feature(name, value, site)) for name, value in named.items())
        )
        object.__setattr__(self, "site", site)

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the order of the model's columns."""
        return tuple(name for name, _ in self.items)

    def __iter__(self) -> Iterator[tuple[str, Feature]]:
        return iter(self.items)

    def only(self, names: tuple[str, ...]) -> Features:
        """The same features, restricted to some names."""
        return Features(**{name: feature for name, feature in self.items if name in names})


@dataclass(frozen=True)
class RequestFields:
    """Every field of the request but the named ones, taken as it is: ready-made features of one table."""

    leaving_out: tuple[str, ...] = ()
    site: Site = field(default_factory=declared_here, compare=False)


def _feature(name: str, value: Any, site: Site) -> Feature:
    if isinstance(value, (Aggregate, Expression, Function)):
        return value
    if callable(value):
        return Function(value, site=site)
    if isinstance(value, (bool, int, float, str)):
        return as_expression(value)
    raise DeclarationError(
        f"feature {name!r} is not a feature",
        where=site,
        found=repr(value)[:80],
        do='use source.by(...).mean(...), col("field"), an expression, or a function of request fields',
    )
