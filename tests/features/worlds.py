"""Random small worlds of facts and requests, full of ties, nulls and edges, for comparing plans with the naive twin."""

from dataclasses import dataclass

import pyarrow as pa
from hypothesis import strategies as st

from trimtab.declare.kinds import Kind

FACT_KINDS = {
    "k": Kind.STRING,
    "k2": Kind.INT,
    "id": Kind.INT,
    "x": Kind.FLOAT,
    "n": Kind.INT,
    "b": Kind.BOOL,
    "s": Kind.STRING,
    "w": Kind.BOOL,
}
REQUEST_KINDS = {"rk": Kind.STRING, "k2": Kind.INT, "id": Kind.INT, "f": Kind.FLOAT}
ARROW = {Kind.STRING: pa.string(), Kind.INT: pa.int64(), Kind.FLOAT: pa.float64(), Kind.BOOL: pa.bool_()}

keys = st.sampled_from(["a", "b", "é", "a\U0001f600"])
small = st.integers(-40, 40)
times = st.one_of(small, small.map(lambda t: t * 10), st.integers(-2000, 2000))
floats = st.one_of(
    st.sampled_from([0.0, -0.0, 0.1, -0.1, 1e-7, 5e-7, 2.5e-6, 3.0, -3.0, 1 / 3, 1e12, -7.0e9]),
    st.floats(-1e6, 1e6),
)
integers = st.one_of(small, st.sampled_from([2**62, -(2**62), 2**63 - 1, -(2**63), 2**53 + 1, 2**40]))
texts = st.one_of(
    keys, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3)
)


def maybe(values):
    return st.one_of(st.none(), values, values, values)


@dataclass
class World:
    facts: list
    requests: list


facts = st.fixed_dictionaries(
    {
        "k": maybe(keys),
        "k2": maybe(st.integers(0, 1)),
        "x": maybe(floats),
        "n": maybe(integers),
        "b": maybe(st.booleans()),
        "s": maybe(texts),
        "w": maybe(st.booleans()),
        "id": maybe(st.integers(0, 12)),
        "__known": times,
    }
)
requests = st.fixed_dictionaries(
    {
        "rk": maybe(keys),
        "k2": maybe(st.integers(0, 1)),
        "id": maybe(st.integers(0, 12)),
        "f": maybe(floats),
        "__at": times,
    }
)


@st.composite
def worlds(draw):
    known = draw(st.lists(facts, max_size=25))
    asked = draw(st.lists(requests, min_size=1, max_size=10))
    order = draw(st.permutations(range(len(known))))
    for fact, sequence in zip(known, order, strict=True):
        fact["__sequence"] = sequence
    return World(known, asked)


def tables(world, order):
    fact_kinds = {**FACT_KINDS, "__known": Kind.INT, "__sequence": Kind.INT}
    request_kinds = {**REQUEST_KINDS, "__at": Kind.INT}
    rows = pa.array(range(len(world.requests)), pa.int64())
    asked = table(world.requests, request_kinds).append_column("__row", rows)
    return table(world.facts, fact_kinds), asked.take(pa.array(order, pa.int64()))


def table(rows, kinds):
    return pa.table(
        {name: pa.array([row[name] for row in rows], ARROW[kind]) for name, kind in kinds.items()}
    )
