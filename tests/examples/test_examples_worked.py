"""The worked systems are what their READMEs say: small data, the same verdicts, times that leak nothing."""

import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from trimtab.examples.bikes import build as bikes
from trimtab.examples.cdnow import build as cdnow

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
EXAMPLES = Path(cdnow.__file__).parents[1]


@pytest.mark.parametrize("name", ["cdnow", "bikes"])
def test_a_readme_prints_what_it_shows(name, tmp_path, monkeypatch):
    from docpages import run  # lies beside the tests of the pages

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    run(EXAMPLES / name / "README.md", tmp_path)


@pytest.mark.parametrize("name", ["cdnow", "bikes"])
def test_the_data_is_small(name):
    assert sum(path.stat().st_size for path in (EXAMPLES / name / "data").iterdir()) < 1_000_000


def test_every_return_is_the_next_order_of_the_same_customer_within_sixty_days():
    orders = pq.read_table(EXAMPLES / "cdnow/data/orders.parquet")
    returns = pq.read_table(EXAMPLES / "cdnow/data/returns.parquet")
    day = orders["bought"].to_numpy().astype("datetime64[D]").astype(int)
    customer = orders["customer"].to_numpy()
    expected = {}
    last = {}
    for number in np.lexsort((day, customer)):
        before = last.get(customer[number])
        if before is not None and day[number] - day[before] < 60:
            expected[before] = day[number]
        last[customer[number]] = number
    found = returns["returned"].to_numpy().astype("datetime64[D]").astype(int)
    assert dict(zip(returns["order"].to_pylist(), found.tolist(), strict=True)) == expected


def test_purchases_of_one_day_become_one_order(tmp_path):
    raw = " head\n 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n 00002 19970112  5   77.00\n"
    (tmp_path / "master.txt").write_text(raw)
    orders = cdnow.read(tmp_path / "master.txt")
    assert orders["cds"].tolist() == [1, 6]
    assert orders["cents"].tolist() == [1177, 8900]


def test_the_shipped_orders_are_made_by_the_script(tmp_path):
    (tmp_path / "master.txt").write_text(" head\n 00001 19970101  1   11.77\n 00001 19970131  2   20.00\n")
    cdnow.main(["--file", str(tmp_path / "master.txt"), "--out", str(tmp_path)])
    assert pq.read_table(tmp_path / "returns.parquet")["order"].to_pylist() == [0]
    shipped = pq.read_schema(EXAMPLES / "cdnow/data/orders.parquet")
    assert pq.read_schema(tmp_path / "orders.parquet") == shipped


def test_hours_of_washington_become_utc_across_both_clock_changes():
    assert bikes.starts(1, 0).isoformat() == "2011-01-01T05:00:00+00:00"
    assert bikes.starts(72, 3).isoformat() == "2011-03-13T07:00:00+00:00"
    assert bikes.starts(310, 3).isoformat() == "2011-11-06T08:00:00+00:00"


def test_no_hour_of_the_bikes_is_there_twice():
    calendar = pq.read_table(EXAMPLES / "bikes/data/calendar.parquet")
    assert len(set(calendar["starts"].to_pylist())) == len(calendar) == 8645
