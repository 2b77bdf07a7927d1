"""Contracts inferred from the orders' tables: quiet on what comes next, loud on what breaks, with its cost."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders import DAY, HOUR, START, orders_tables
from trimtab.errors import DataError
from trimtab.finding import Severity
from trimtab.monitoring.checking import check_contract
from trimtab.monitoring.contract import Contract, Rule, diff
from trimtab.monitoring.cost import broken_column_costs
from trimtab.monitoring.counts import Columns
from trimtab.monitoring.inference import infer_contract
from trimtab.monitoring.volume import check_silence, check_volume, infer_flow
from trimtab.training.matrix import from_table

TIMES = ("ordered", "delivered", "seen")


def columns_of(table):
    """A table as columns, its times as epoch microseconds."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(
                place, field.name, pc.cast(pc.cast(table[field.name], pa.int64()), pa.float64())
            )
    matrix = from_table(table)
    return Columns(matrix.names, matrix.values, matrix.dictionaries)


def joined(tables):
    """Orders with their deliveries."""
    deliveries = tables["deliveries"].select(["order", "delivered", "hours_late"])
    return columns_of(tables["orders"].join(deliveries, "order").sort_by("ordered"))


def part(columns, start, stop):
    return replace(columns, values=columns.values[start:stop])


def column(columns, name):
    return columns.values[:, columns.names.index(name)]


def changed(columns, name, change):
    values = columns.values.copy()
    place = columns.names.index(name)
    values[:, place] = change(values[:, place])
    return replace(columns, values=values)


@pytest.fixture(scope="module")
def orders():
    return joined(orders_tables())


@pytest.fixture(scope="module")
def contract(orders):
    accepted = part(orders, 0, 2500)
    known = column(accepted, "ordered").astype(int)
    return infer_contract(accepted, times=TIMES, day=known // DAY, flow=infer_flow(known))


def by_name(contract):
    return {each.name: each for each in contract.columns}


def whats(findings):
    return [finding.what for finding in findings]


def test_a_contract_says_what_the_orders_are(contract):
    columns = by_name(contract)
    assert {name: each.kind for name, each in columns.items()} == {
        "order": "whole",
        "ordered": "time",
        "shop": "text",
        "weight": "number",
        "delivered": "time",
        "hours_late": "number",
    }
    assert columns["shop"].words == ("north", "south", "west")
    assert columns["weight"].low == 0
    assert columns["ordered"].increasing
    assert not columns["delivered"].increasing
    assert 0 < columns["weight"].nulls_at_most < 0.01
    assert set(map(str, contract.rules)) == {
        "order is never negative",
        "weight is never negative",
        "hours_late is never negative",
        "ordered <= delivered",
    }


def test_the_orders_that_come_next_keep_the_contract(orders, contract):
    for start in range(2500, 4000, 100):
        later = part(orders, start, start + 100)
        assert whats(check_contract(contract, changed(later, "order", lambda x: x % 2500))) == []


def test_queues_keep_theirs_too():
    queue = columns_of(orders_tables()["queue"])
    contract = infer_contract(part(queue, 0, 6000), times=TIMES)
    assert whats(check_contract(contract, part(queue, 6000, len(queue)))) == []


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (
            "weight",
            lambda x: np.where(np.arange(x.size) % 10 == 0, np.nan, x),
            "weight: 10 of 100 rows (10.0%) are null",
        ),
        ("weight", lambda x: x * 1000, "lie outside 0 to"),
        ("weight", lambda x: -x, "break the rule that weight is never negative"),
        ("weight", lambda x: x * 0 + 2.5, "weight is always 2.5"),
        ("weight", lambda x: x + np.inf, "are infinite"),
        ("order", lambda x: x % 2500 + 0.5, "are not whole"),
        ("ordered", lambda x: x[::-1], "are earlier than the row before"),
        ("delivered", lambda x: x - 10 * DAY, "break the rule that ordered <= delivered"),
    ],
)
def test_each_kind_of_violation_is_found_and_named(orders, contract, name, change, said):
    batch = changed(changed(part(orders, 3000, 3100), "order", lambda x: x % 2500), name, change)
    found = check_contract(contract, batch, source="orders", owner="shop-team")
    assert any(said in what for what in whats(found)), whats(found)
    assert {finding.owner for finding in found} == {"shop-team"}
    assert {finding.severity for finding in found} == {Severity.WATCH}


def test_words_never_seen_are_named(orders, contract):
    batch = part(orders, 3000, 3100)
    renamed = replace(batch, dictionaries={"shop": ("north", "sud", "west")})
    (found,) = (each for each in check_contract(contract, renamed) if "shop" in each.what)
    assert "words never seen, such as 'sud'" in found.what


def test_a_missing_column_and_another_kind_block(orders, contract):
    batch = changed(part(orders, 3000, 3100), "order", lambda x: x % 2500)
    renamed = replace(batch, names=tuple("wieght" if name == "weight" else name for name in batch.names))
    (missing,) = check_contract(contract, renamed)
    assert missing.what == "weight is missing; did you mean 'wieght'?"
    assert missing.severity == Severity.ACT
    (kind,) = check_contract(contract, replace(batch, dictionaries={}))
    assert kind.what == "shop holds numbers, promised text"
    assert kind.severity == Severity.ACT


def test_nulls_may_be_as_many_as_on_the_worst_accepted_day():
    rng = np.random.default_rng(1)
    day = np.repeat(np.arange(40), 100)
    outage = day == 7
    rows = Columns(
        ("x",), np.where(outage & (rng.random(4000) < 0.6), np.nan, rng.normal(size=4000)).reshape(-1, 1)
    )
    bad_day = Columns(("x",), rows.values[outage])
    assert whats(check_contract(infer_contract(rows, day=day), bad_day)) == []
    assert whats(check_contract(infer_contract(rows), bad_day)) != []


def test_rules_need_more_than_ranges_that_do_not_meet():
    rng = np.random.default_rng(2)
    low = rng.random(1000)
    gap = np.where(rng.random(1000) < 0.1, np.nan, 1.0)
    rows = Columns(
        ("low", "high", "far", "other"),
        np.stack([low * gap, (low + rng.random(1000)) * gap, low + 100, rng.random(1000)], 1),
    )
    rules = {str(rule) for rule in infer_contract(rows).rules if rule.relation != "not negative"}
    assert rules == {"low <= high", "high and low are null together"}
    broken = changed(rows, "low", lambda x: np.nan_to_num(x, nan=0.5))
    assert any("are null together" in what for what in whats(check_contract(infer_contract(rows), broken)))


def test_a_contract_survives_json_and_is_reviewed_as_a_diff(contract):
    assert Contract.from_json(json.loads(json.dumps(contract.to_json()))) == contract
    assert diff(contract, contract) == ()
    columns = tuple(
        replace(each, words=("north", "east", "west"), nulls_at_most=0.2) if each.name == "shop" else each
        for each in contract.columns
        if each.name != "weight"
    )
    changed_contract = replace(contract, columns=columns, rules=contract.rules[1:], flow=None)
    said = diff(contract, changed_contract)
    assert "weight: column is gone" in said
    assert "shop: words: new 'east'; gone 'south'" in said
    assert any(each.startswith("shop: nulls at most") and each.endswith("-> 20.00%") for each in said)
    assert f"no longer a rule: {contract.rules[0]}" in said
    assert any(each.startswith("flow: ") and each.endswith("-> no promise") for each in said)
    assert diff(
        changed_contract,
        replace(changed_contract, rules=(*changed_contract.rules, Rule("at most", "a", "b"))),
    )


def test_a_violation_says_what_it_costs_and_acts_on_harm_only(orders, contract):
    late = (column(orders, "hours_late") > 1) * 1.0
    reference = part(orders, 0, 2500)

    def score(columns):
        weight = np.nan_to_num(column(columns, "weight"), nan=4.0)
        return 1 / (1 + np.exp(0.5 - 0.4 * (weight - 4)))

    def loss(predicted):
        return (predicted - late[:2500]) ** 2

    day = column(reference, "ordered") // DAY
    costs = broken_column_costs(reference, score, loss, unit=day)
    assert next(iter(costs)) == "weight"
    assert costs["weight"].above(0)
    assert costs["shop"].estimate == 0
    batch = changed(part(orders, 3000, 3100), "order", lambda x: x % 2500)
    batch = changed(changed(batch, "weight", lambda x: x * np.nan), "hours_late", lambda x: x - 9)
    found = check_contract(contract, batch, costs=costs, metric="Brier", tolerance=1e-4)
    assert found[0].what.startswith("weight: 100 of 100 rows (100.0%) are null")
    assert found[0].cost == f"weight broken in every row costs {costs['weight'].estimate:.3g} Brier"
    assert found[0].severity == Severity.ACT
    assert {each.severity for each in found[1:]} == {Severity.WATCH}
    dear = check_contract(contract, batch, costs=costs, tolerance=0.5)
    assert {each.severity for each in dear} == {Severity.WATCH}


def test_shuffling_a_column_costs_what_it_carries():
    rng = np.random.default_rng(3)
    rows = Columns(("x", "noise"), rng.normal(size=(4000, 2)))
    truth = rows.values[:, 0] > 0
    costs = broken_column_costs(
        rows,
        lambda each: (each.values[:, 0] > 0) * 1.0,
        lambda score: np.abs(score - truth),
        how="shuffle",
        seed=1,
    )
    assert costs["x"].contains(0.5)
    assert costs["noise"].estimate == 0


def test_days_keep_to_their_weekday_and_lost_rows_are_seen():
    rng = np.random.default_rng(4)
    monday = START - ((START // DAY + 3) % 7) * DAY
    rate = np.array([100, 110, 120, 110, 100, 40, 20])
    counts = rng.poisson(rate[np.arange(140) % 7])
    known = monday + np.repeat(np.arange(140), counts) * DAY + rng.integers(0, DAY, counts.sum())
    accepted = np.sort(known[known < monday + 70 * DAY])
    flow = infer_flow(accepted)
    assert np.abs(np.array(flow.usual) - rate).max() < 15
    later = known[known >= monday + 70 * DAY]
    assert check_volume("orders", flow, later) == ()
    saturday = (later - monday) // DAY % 7 == 5
    doubled = np.concatenate([later, np.repeat(later[saturday], 4)])
    found = check_volume("orders", flow, doubled, owner="shop-team")
    assert len(found) == 10
    assert all("on Saturday" in each.what and each.owner == "shop-team" for each in found)
    lost = later[((later - monday) // DAY != 100) | (later % 10 == 0)]
    (found,) = check_volume("orders", flow, lost)
    assert found.since == monday + 100 * DAY
    assert found.severity == Severity.WATCH
    gone = later[(later - monday) // DAY != 100]
    assert len(check_volume("orders", flow, gone)) == 1


def test_a_silent_source_breaks_its_contract():
    known = column(columns_of(orders_tables()["orders"]), "ordered").astype(int)
    flow = infer_flow(known)
    longest, latest = int(np.diff(np.sort(known)).max()), int(known.max())
    assert flow.silence == 2 * longest
    assert check_silence("orders", flow, latest, latest + 2 * longest) is None
    early = check_silence("orders", flow, latest, latest + 2 * longest + 1, owner="shop-team")
    assert (early.severity, early.owner, early.since) == (Severity.WATCH, "shop-team", latest)
    assert check_silence("orders", flow, latest, latest + 4 * longest + HOUR).severity == Severity.ACT
    with pytest.raises(DataError, match="too few facts"):
        infer_flow([START])


def test_few_days_promise_no_volume():
    known = START + np.arange(100) * HOUR
    flow = infer_flow(known)
    assert flow.usual is None
    assert check_volume("orders", flow, known) == ()
    assert Contract.from_json(json.loads(json.dumps(Contract((), (), flow).to_json()))).flow == flow


def test_no_rows_make_no_contract_and_break_none(contract, orders):
    with pytest.raises(DataError, match="no rows"):
        infer_contract(part(orders, 0, 0))
    assert check_contract(contract, part(orders, 0, 0)) == ()


@given(st.integers(0, 2**32 - 1), st.integers(300, 2000))
@settings(deadline=None, max_examples=40)
def test_rows_of_the_same_world_keep_their_contract(seed, rows):
    rng = np.random.default_rng(seed)

    def draw(count):
        values = np.stack(
            [rng.normal(size=count), rng.gamma(2, 2, count), rng.poisson(3, count), rng.random(count) < 0.1],
            1,
        )
        values[rng.random(values.shape) < 0.02] = np.nan
        text = np.where(rng.random(count) < 0.05, np.nan, rng.integers(0, 5, count))
        return Columns(("n", "g", "p", "f", "t"), np.column_stack([values, text]), {"t": tuple("abcde")})

    contract = infer_contract(draw(rows))
    for count in (1, 30, 1000):
        assert whats(check_contract(contract, draw(count))) == []
