"""From an expression to its typed tree: every kind known, every conversion written out, every mistake named.

The compilers to SQL and to Python work on this tree, so they cannot disagree about kinds and conversions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.declare.expression import Column, Expression, Literal, Operation
from trimtab.declare.kinds import Kind
from trimtab.declare.mistakes import no_fit, no_such_column, no_such_operation, null_constant, short
from trimtab.declare.operations import OPERATIONS, Rule, Signature
from trimtab.declare.zones import check_zone
from trimtab.errors import DeclarationError
from trimtab.units import Duration

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
FLOAT_MAX = 1.7976931348623157e308
"""The largest float; anything beyond it on either side is infinite."""


@dataclass(frozen=True, slots=True, eq=False)
class Typed:
    """One node: 'column', 'literal' or an operation's name; `value` is the column, the constant or the zone.

    Times and durations are integers of microseconds; a literal null has the value None and still a kind.
    """

    name: str
    kind: Kind
    arguments: tuple[Typed, ...]
    value: Any
    source: Expression


def infer(expression: Expression, kinds: Mapping[str, Kind]) -> Kind:
    """The kind of an expression over columns of the given kinds; DeclarationError where it has none.

    >>> from trimtab.declare.expression import col
    >>> infer(col("departs").dt.hour("UTC") / 2, {"departs": Kind.TIMESTAMP})
    <Kind.FLOAT: 'float'>
    """
    return typed(expression, kinds).kind


def typed(expression: Expression, kinds: Mapping[str, Kind]) -> Typed:
    """The typed tree of an expression; DeclarationError where it makes no sense.

    >>> from trimtab.declare.expression import col
    >>> [node.name for node in typed(col("delay") >= 15.0, {"delay": Kind.INT}).arguments]
    ['to_float', 'literal']
    """
    found = _typed(expression, kinds)
    if found is None:
        raise DeclarationError(
            f"{short(expression)} is always null",
            where=expression.site,
            do="give it a value that is not None somewhere, or leave it out",
        )
    return found


def _typed(expression: Expression, kinds: Mapping[str, Kind]) -> Typed | None:
    """The typed tree, or None for a null whose kind nothing tells."""
    match expression:
        case Column(name=name):
            if name not in kinds:
                raise no_such_column(expression, kinds)
            return Typed("column", kinds[name], (), name, expression)
        case Literal(value=value):
            return None if value is None else _literal(expression, value)
        case Operation():
            return _operation(expression, [_typed(child, kinds) for child in expression.arguments])
    raise no_such_operation(expression)


def _literal(source: Literal, value: Any) -> Typed:
    match value:
        case bool():
            return Typed("literal", Kind.BOOL, (), value, source)
        case int() if INT_MIN <= value <= INT_MAX:
            return Typed("literal", Kind.INT, (), int(value), source)
        case float() if math.isfinite(value):
            return Typed("literal", Kind.FLOAT, (), float(value), source)
        case str() if _is_unicode(value):
            return Typed("literal", Kind.STRING, (), str(value), source)
        case Duration(microseconds=count) if INT_MIN <= count <= INT_MAX:
            return Typed("literal", Kind.DURATION, (), count, source)
    raise DeclarationError(
        f"the constant {short(source)} fits no column",
        where=source.site,
        do="use a finite float, a 64-bit integer, a duration within 64 bits of microseconds or Unicode text",
    )


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _operation(source: Operation, arguments: Sequence[Typed | None]) -> Typed | None:
    rule = OPERATIONS.get(source.name)
    if rule is None:
        raise no_such_operation(source)
    _check_constants(source)
    found = [None if argument is None else argument.kind for argument in arguments]
    fitting = [signature for signature in rule.signatures if signature.takes(found)]
    if not fitting:
        raise no_fit(source, rule, found)
    if _always_null(rule, arguments):
        results = {signature.result for signature in fitting}
        return _null(results.pop(), source) if len(results) == 1 else None
    return _fitted(source, arguments, fitting[0])


def _check_constants(source: Operation) -> None:
    if source.options:
        check_zone(source.options[0], source.site)
    if source.name == "is_in" and not all(isinstance(each, Literal) for each in source.arguments[1:]):
        raise DeclarationError(
            f"{short(source)} compares with something that is no constant",
            where=source.site,
            do="list constants, or combine == with |",
        )
    compared = source.arguments[1:] if source.name == "is_in" else source.arguments
    if source.name in {"equal", "not_equal", "is_in"} and any(_is_none(each) for each in compared):
        raise null_constant(source)


def _is_none(expression: Expression) -> bool:
    return isinstance(expression, Literal) and expression.value is None


def _always_null(rule: Rule, arguments: Sequence[Typed | None]) -> bool:
    """True where a bare null decides: anywhere in a strict operation, everywhere among the values of a choice."""
    if rule.strict:
        return None in arguments
    values = {"fill_null": arguments, "when": arguments[1:]}.get(rule.name, ())
    return bool(values) and all(value is None for value in values)


def _fitted(source: Operation, arguments: Sequence[Typed | None], signature: Signature) -> Typed:
    wanted = signature.wanted(len(arguments))
    fitted = tuple(_converted(a, kind, source) for a, kind in zip(arguments, wanted, strict=True))
    return Typed(source.name, signature.result, fitted, source.options[0] if source.options else None, source)


def _converted(found: Typed | None, kind: Kind, source: Expression) -> Typed:
    if found is None:
        return _null(kind, source)
    if found.kind is kind:
        return found
    if found.name == "literal":
        value = found.value if found.value is None else {Kind.INT: int, Kind.FLOAT: float}[kind](found.value)
        return Typed("literal", kind, (), value, found.source)
    return Typed("to_float" if kind is Kind.FLOAT else "to_int", kind, (found,), None, found.source)


def _null(kind: Kind, source: Expression) -> Typed:
    return Typed("literal", kind, (), None, source)
