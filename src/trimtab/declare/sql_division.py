"""Quotients rounded down and what they leave, on engines that divide toward zero and refuse a divisor of 0."""

from __future__ import annotations

from functools import partial

from sqlglot import exp

from trimtab.declare.kinds import Kind
from trimtab.declare.sql_fragments import Sql, Statement, as_double, bigint, binary, case, double
from trimtab.declare.typed import Typed


def divide(statement: Statement, node: Typed, left: Sql, right: Sql) -> Sql:
    """The quotient as a float, null for a divisor of 0."""
    divisor = _divisor(statement, node.arguments[1], right)
    if node.arguments[0].kind is Kind.FLOAT:
        return binary(exp.Div, left, divisor)
    return binary(exp.Div, as_double(left), as_double(divisor))


def floor_divide(statement: Statement, node: Typed, left: Sql, right: Sql) -> Sql:
    """The quotient rounded down, null for a divisor of 0."""
    divisor = _divisor(statement, node.arguments[1], right)
    if node.kind is Kind.FLOAT:
        return statement.dialect.floor(statement, binary(exp.Div, left, divisor))
    form = _quotient_by_positive if _is_positive(node.arguments[1]) else _quotient
    return statement.bind(left, lambda a: statement.bind(divisor, lambda b: form(a, b)))


def modulo(statement: Statement, node: Typed, left: Sql, right: Sql) -> Sql:
    """What the rounded-down quotient leaves, null for a divisor of 0."""
    divisor = _divisor(statement, node.arguments[1], right)
    form = _rest_by_positive if _is_positive(node.arguments[1]) else _rest
    if node.kind is Kind.FLOAT:
        form = partial(_float_rest, statement)
    return statement.bind(left, lambda a: statement.bind(divisor, lambda b: form(a, b)))


def _divisor(statement: Statement, node: Typed, divisor: Sql) -> Sql:
    """The divisor, null where it is 0."""
    if node.name == "literal" and node.value:
        return divisor
    zero = double(0.0) if node.kind is Kind.FLOAT else _ZERO
    return statement.bind(divisor, lambda v: case(binary(exp.NEQ, v, zero), v))


_ZERO, _ONE, _MINUS_ONE = bigint(0), bigint(1), bigint(-1)


def _is_positive(node: Typed) -> bool:
    return node.name == "literal" and node.value is not None and node.value > 0


def _quotient_by_positive(a: Sql, b: Sql) -> Sql:
    below = binary(exp.LT, binary(exp.Mod, a, b), _ZERO)
    return binary(exp.Sub, binary(exp.IntDiv, a, b), case(below, _ONE, _ZERO))


def _quotient(a: Sql, b: Sql) -> Sql:
    below = _signs_differ(binary(exp.Mod, a, b), b)
    return binary(exp.Sub, binary(exp.IntDiv, a, b), case(below, _ONE, _ZERO))


def _rest_by_positive(a: Sql, b: Sql) -> Sql:
    rest = binary(exp.Mod, a, b)
    return binary(exp.Add, rest, case(binary(exp.LT, rest, _ZERO), b, _ZERO))


def _rest(a: Sql, b: Sql) -> Sql:
    """A divisor of -1 leaves 0, though engines overflow at the smallest integer: they divide by 1 instead."""
    rest = binary(exp.Mod, a, case(binary(exp.EQ, b, _MINUS_ONE), _ONE, b))
    return binary(exp.Add, rest, case(_signs_differ(rest, b), b, _ZERO))


def _signs_differ(rest: Sql, divisor: Sql) -> Sql:
    """True where a rest other than 0 has not the sign of the divisor."""
    signs = binary(exp.NEQ, binary(exp.LT, rest, _ZERO), binary(exp.LT, divisor, _ZERO))
    return binary(exp.And, binary(exp.NEQ, rest, _ZERO), signs)


def _float_rest(statement: Statement, a: Sql, b: Sql) -> Sql:
    whole = statement.dialect.floor(statement, binary(exp.Div, a, b))
    return binary(exp.Sub, a, binary(exp.Mul, b, whole))
