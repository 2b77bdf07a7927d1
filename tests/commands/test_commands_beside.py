"""A turn that was meant to run beside a server does not take the server's place when that has ended."""

import pytest
from sklearn.linear_model import LogisticRegression

import trimtab as tt
from trimtab import col, days
from trimtab.commands.releasing import loop


def test_a_turn_beside_a_server_that_ended_is_refused_and_owns_nothing(tmp_path):
    orders = tt.Source("orders.parquet", id="order", known="ordered")
    label = tt.Label({orders: col("late")}, matures_after=days(1))
    model = tt.Model(LogisticRegression(), tt.Features(weight=col("weight")), label)
    system = tt.System("late", tt.Request(orders, at="ordered"), model)
    with pytest.raises(tt.UsageError, match="has ended"):
        loop(system, home=tmp_path, beside=True)
    assert not (tmp_path / "ledger").exists()
