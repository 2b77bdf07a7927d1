"""From states to values: the last steps of a plan, each feature finished by the one written formula."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from trimtab.declare.kinds import Kind
from trimtab.features import finishing
from trimtab.features.build import (
    Sql,
    cast,
    divided,
    equal,
    inner,
    less,
    minus,
    name,
    named,
    real,
    select,
    where,
    whole,
)
from trimtab.features.specs import Group, Spec
from trimtab.features.states import Needs

Step = dict[str, Sql]


def finished(group: Group, needs: Needs, states: exp.Select, *extra: str) -> exp.Select:
    """A query giving row and one column f0, f1, ... per feature, over one that gives row, at and the states.

    SQL has no `let`: what several formulas share is a column of a step before.
    """
    query = states
    for step in _steps(group, needs):
        if step:
            columns = [named(value, column) for column, value in step.items()]
            query = select([exp.Star(), *columns], inner(query, "step"))
    values = [named(_value(spec, needs, j), f"f{j}") for j, spec in enumerate(group.specs)]
    return select([name("row"), *map(name, extra), *values], inner(query, "step"))


def _steps(group: Group, needs: Needs) -> tuple[Step, ...]:
    """Sums as floats; centres; sums and squares moved to the centre; these as floats."""
    floats: Step = {}
    centres: Step = {}
    moved: Step = {}
    moved_floats: Step = {}
    for spec, parts in zip(group.specs, needs.parts, strict=True):
        if "s" not in parts or spec.result is not Kind.FLOAT:
            continue
        s, small = needs.columns[parts["s"]], needs.is_small(parts["s"])
        floats[f"{s}_float"] = finishing.small_to_float(name(s)) if small else finishing.to_float(name(s))
        if "q" not in parts:
            continue
        n, q = needs.columns[parts["n"]], needs.columns[parts["q"]]
        centres[f"{q}_centre"] = finishing.centre(name(n), name(f"{s}_float"), small=small)
        moved[f"{q}_moved"] = finishing.moved(name(n), name(s), name(f"{q}_centre"))
        moved[f"{q}_spread"] = finishing.spread(name(n), name(s), name(q), name(f"{q}_centre"))
        to_float = finishing.small_to_float if small else finishing.to_float
        moved_floats[f"{q}_moved_float"] = to_float(name(f"{q}_moved"))
        moved_floats[f"{q}_spread_float"] = finishing.to_float(name(f"{q}_spread"))
    return floats, centres, moved, moved_floats


def _value(spec: Spec, needs: Needs, j: int) -> Sql:
    z = {part: needs.columns[state] for part, state in needs.parts[j].items()}
    if spec.function == "count":
        return name(z["n"])
    if spec.function == "time_since_last":
        return divided(cast(minus(name("at"), name(z["since"])), "DOUBLE"), real(1e6))
    return _of_sums(spec, z) if "s" in z else name(z[spec.function])


def _of_sums(spec: Spec, z: Mapping[str, str]) -> Sql:
    """The value from the columns that hold n, s and q; null where n is 0."""
    if spec.function in {"mean", "share"}:
        return finishing.mean(name(z["n"]), name(f"{z['s']}_float"), spec.scale)
    if "q" in z:
        moved, spread = name(f"{z['q']}_moved_float"), name(f"{z['q']}_spread_float")
        squared = finishing.variance(name(z["n"]), moved, spread, spec.scale)
        return finishing.deviation(squared) if spec.function == "std" else squared
    return where(less(whole(0), name(z["n"])), _whole_sum(spec, z))


def _whole_sum(spec: Spec, z: Mapping[str, str]) -> Sql:
    """A sum, or whether any (max) or all (min) of the conditions are true."""
    if spec.counts_truth:
        return less(whole(0), name(z["s"])) if spec.function == "max" else equal(name(z["s"]), name(z["n"]))
    if spec.result is Kind.FLOAT:
        return finishing.total(name(f"{z['s']}_float"), spec.scale)
    return cast(name(z["s"]), "BIGINT")
