"""From states to values: the last steps of a plan, each feature finished by the one written formula."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from trimtab.declare.kinds import Kind
from trimtab.features import finishing
from trimtab.features.build import as_bigint, as_double, choose, name, real, whole
from trimtab.features.specs import Group, Spec
from trimtab.features.states import Needs, State


def finished(group: Group, needs: Needs, states: exp.Select, extra: tuple[str, ...] = ()) -> exp.Select:
    """A query giving row and one column f0, f1, ... per feature, over one that gives row, at and the states."""
    spreads = _spreads(group, needs)
    centred = exp.select(exp.Star(), *_centres(spreads, needs)).from_(states.subquery("states"))
    moved = exp.select(exp.Star(), *_moved(spreads, needs)).from_(centred.subquery("centred"))
    values = [_value(spec, needs, j).as_(f"f{j}") for j, spec in enumerate(group.specs)]
    return exp.select(name("row"), *(name(column) for column in extra), *values).from_(moved.subquery("moved"))


def _spreads(group: Group, needs: Needs) -> dict[State, Mapping[str, State]]:
    """The states of the features that need a variance, once each, by their sum of squares."""
    return {parts["q"]: parts for spec, parts in zip(group.specs, needs.parts, strict=True) if "q" in parts}


def _centres(spreads: dict[State, Mapping[str, State]], needs: Needs) -> list[exp.Expression]:
    return [
        finishing.centre(_z(parts["n"], needs), _z(parts["s"], needs)).as_(f"c{needs.columns[q]}")
        for q, parts in spreads.items()
    ]


def _moved(spreads: dict[State, Mapping[str, State]], needs: Needs) -> list[exp.Expression]:
    columns: list[exp.Expression] = []
    for q, parts in spreads.items():
        n, s, z = (_z(parts[part], needs) for part in "nsq")
        centre = name(f"c{needs.columns[q]}")
        columns.append(finishing.rest(n, s, centre).as_(f"r{needs.columns[q]}"))
        columns.append(finishing.spread(n, s, z, centre).as_(f"d{needs.columns[q]}"))
    return columns


def _value(spec: Spec, needs: Needs, j: int) -> exp.Expression:
    parts = needs.parts[j]
    z = {part: _z(state, needs) for part, state in parts.items()}
    match spec.function:
        case "count":
            return z["n"]
        case "sum":
            total = finishing.total(z["s"], spec.scale) if spec.result is Kind.FLOAT else as_bigint(z["s"])
            return choose((z["n"] > whole(0), total))
        case "mean" | "share":
            return finishing.mean(z["n"], z["s"], spec.scale)
        case "var" | "std":
            column = needs.columns[parts["q"]]
            squared = finishing.variance(z["n"], name(f"r{column}"), name(f"d{column}"), spec.scale)
            return finishing.deviation(squared) if spec.function == "std" else squared
        case "time_since_last":
            return as_double(exp.paren(name("at") - z["since"])) / real(1e6)
    return z[spec.function]


def _z(state: State, needs: Needs) -> exp.Expression:
    return name(needs.columns[state])
