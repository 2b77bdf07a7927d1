"""The same row gets the same score online and in a batch, to the last bit."""

import asyncio

import live_worlds
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from batches import World

from orders import HOUR

MINUTE = HOUR // 60


def requests(live):
    """Requests of the last minutes, as live ones are: of older instants the online store keeps no values."""
    rng = np.random.default_rng(3)
    shops = ["north", "south", "west", "elsewhere", None]
    weights = [None, 0.0, 5.0, *rng.gamma(2.0, 2.0, 37).round(3).tolist()]
    return [
        live.row(900_000 + i, ordered=live_worlds.NOW - i % 30 * MINUTE, shop=shops[i % 5], weight=weight)
        for i, weight in enumerate(weights)
    ]


def test_the_same_rows_online_and_in_batch_get_equal_scores(tmp_path, engine):
    to = tmp_path / "predictions.parquet"
    with live_worlds.world() as live:
        rows = requests(live)
        answers = asyncio.run(live.service.predict(rows, [None] * len(rows)))
        world = World(live.system, engine, live.home.ledger, live.home.blobs)
        times = pa.array([row["ordered"] for row in rows], pa.timestamp("us", "UTC"))
        table = pa.Table.from_pylist(rows).set_column(1, "ordered", times)
        world.predict(table, to, now=live_worlds.NOW, chunk_rows=13)
    found = pq.read_table(to)
    assert found["score"].to_pylist() == [answer.score for answer in answers]
    assert found["as_of"].cast(pa.int64()).to_pylist() == [answer.as_of for answer in answers]
    assert {(answer.version, answer.served) for answer in answers} == {("v1", "champion")}
    assert found["version"].unique().to_pylist() == ["v1"]
    assert len(set(found["score"].to_pylist())) > 5
