"""The errors of the column algebra, in words: what is wrong, where, what was found and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trimtab.declare.expression import Column, Expression, Operation
from trimtab.declare.kinds import NUMERIC, Kind
from trimtab.declare.operations import OPERATIONS, Rule
from trimtab.errors import DeclarationError, nearest

_TIMES = frozenset({Kind.TIMESTAMP, Kind.DURATION})


def short(expression: Expression) -> str:
    """The expression as text of at most 100 letters."""
    text = repr(expression)
    return text if len(text) <= 100 else f"{text[:97]}..."


def no_such_column(column: Column, kinds: Mapping[str, Kind]) -> DeclarationError:
    """The error for a column that nothing holds."""
    return DeclarationError(
        f"no column {column.name!r}",
        where=column.site,
        found=", ".join(kinds) or "no columns at all",
        nearest=nearest(column.name, kinds),
        do="use one of the columns found",
    )


def no_such_operation(expression: Expression) -> DeclarationError:
    """The error for an operation outside the algebra."""
    name = getattr(expression, "name", type(expression).__name__)
    return DeclarationError(
        f"no operation {name!r} in {short(expression)}",
        where=expression.site,
        nearest=nearest(name, OPERATIONS),
        do="combine columns with the operators and methods of col(...)",
    )


def null_constant(source: Operation) -> DeclarationError:
    """The error for comparing with None, which would always be null."""
    return DeclarationError(
        f"{short(source)} compares with None, which is never true",
        where=source.site,
        do="ask with .is_null() or ~x.is_null()",
    )


def no_fit(source: Operation, rule: Rule, kinds: Sequence[Kind | None]) -> DeclarationError:
    """The error for arguments of kinds that the operation does not take."""
    told = ", ".join(
        f"{short(each)} is {kind or 'null'}" for each, kind in zip(source.arguments, kinds, strict=True)
    )
    return DeclarationError(
        f"{short(source)} does not work: {rule.name} takes {' or '.join(_sides(rule))}",
        where=source.site,
        found=told or "no arguments",
        do=_remedy(rule, {kind for kind in kinds if kind is not None}),
    )


def _sides(rule: Rule) -> list[str]:
    """What the forms take, for people: '(int, int)'."""
    return [f"({form.partition(' -> ')[0].replace('any', 'same kind')})" for form in rule.forms]


def _remedy(rule: Rule, kinds: set[Kind]) -> str:
    """What to do instead: the first advice whose case it is."""
    logic = rule.name in {"and", "or", "not", "when"} and kinds != {Kind.BOOL}
    advice = {
        "give it at least one value": not kinds,
        "make conditions of comparisons, such as col(name) > 0": logic,
        "name a timestamp; text and numbers become one at the source": rule.forms == ("timestamp -> int",),
        "write lengths of time as hours(3), or divide a duration by one: (a - b) / hours(1)": (
            kinds & _TIMES and kinds & NUMERIC
        ),
        "compare text with text and numbers with numbers; turn text into a number at the source": (
            Kind.STRING in kinds and kinds & NUMERIC
        ),
        "turn text into a number at the source, or join texts with concat(a, b)": kinds == {Kind.STRING},
        "give it one of the kinds that it takes": True,
    }
    return next(text for text, applies in advice.items() if applies)
