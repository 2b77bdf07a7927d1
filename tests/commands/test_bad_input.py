"""Every kind of bad input ends as one paragraph that names the file and the fix, or as a counted exclusion."""

import datetime as dt
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from command_line import run
from orders import DAY, START, orders_tables

SYSTEM = """
    import pathlib
    import trimtab as tt
    from trimtab import col, days, hours
    from sklearn.ensemble import HistGradientBoostingClassifier

    orders = tt.Source("orders.parquet", id="order", known="ordered")
    deliveries = tt.Source("deliveries.parquet", id="order", known="delivered", owner="logistics")
    queue = tt.Source("queue.parquet", id=("shop", "seen"), happened="seen", lag=hours(1))
    features = tt.Features(
        shop=col("shop"),
        weight=col("weight"),
        queue_1d=queue.by("shop").mean("length", over=days(1)),
    )
    system = tt.System(
        "late-orders",
        tt.Request(orders, at="ordered"),
        tt.Model(
            HistGradientBoostingClassifier(max_iter=5, early_stopping=False),
            features,
            tt.Label({deliveries: col("hours_late") > 1}, matures_after=days(2)),
        ),
    )
"""


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tables = orders_tables(rows=900, length_days=70)

    def write(system=SYSTEM, **changed):
        for name, table in {**tables, **changed}.items():
            pq.write_table(table, f"{name}.parquet")
        (tmp_path / "shop.py").write_text(textwrap.dedent(system))
        return tables

    write.tables = tables
    return write


def test_good_input_checks_and_replays(world, capsys):
    world()
    code, text = run(capsys, "check", "shop.py", "--explain")
    assert code == 0, text
    assert "queue_1d" in text
    code, text = run(
        capsys, "replay", "shop.py", "--policy", "monthly", "--processes", "1", "--json", "out.json"
    )
    assert code == 0, text
    assert Path("late-orders-replay.html").exists()
    assert Path(".trimtab/replays/late-orders/console/sums.npz").exists(), "what pages show is added up"
    assert "report:" in text


def test_a_missing_file(world, capsys):
    world()
    Path("queue.parquet").rename("queues.parquet")
    code, text = run(capsys, "replay", "shop.py")
    assert code == 1
    assert "shop.py:9" in text
    assert "queue.parquet" in text
    assert "queues.parquet" in text, "the nearest existing file is named"


def test_a_missing_system_file(world, capsys):
    world()
    code, text = run(capsys, "check", "shpo.py")
    assert code == 1
    assert "did you mean 'shop.py'" in text


def test_a_system_file_with_a_mistake(world, capsys):
    world(SYSTEM.replace("tt.Features(", "tt.Featrues("))
    code, text = run(capsys, "check", "shop.py")
    assert code == 1
    assert "shop.py:10" in text
    assert "Featrues" in text


def test_a_wrong_column(world, capsys):
    world(SYSTEM.replace('mean("length"', 'mean("lenght"'))
    code, text = run(capsys, "replay", "shop.py")
    assert code == 1
    assert "'lenght'" in text
    assert "did you mean 'length'" in text
    assert "shop.py:" in text


def test_naive_timestamps(world, capsys):
    naive = world.tables["deliveries"]
    naive = naive.set_column(1, "delivered", naive["delivered"].cast(pa.timestamp("us")))
    world(deliveries=naive)
    code, text = run(capsys, "replay", "shop.py")
    assert code == 1
    assert "'delivered'" in text
    assert 'zone="UTC"' in text


def test_known_in_the_future_is_told(world, capsys):
    table = world.tables["deliveries"]
    known = [dt.datetime(2990, 1, 1, tzinfo=dt.UTC), *table["delivered"].to_pylist()[1:]]
    world(deliveries=table.set_column(1, "delivered", pa.array(known, pa.timestamp("us", "UTC"))))
    code, text = run(capsys, "check", "shop.py")
    assert code == 0
    assert "known only in the future, as late as 2990-01-01" in text


def test_repeated_and_conflicting_ids_are_counted(world, capsys):
    table = world.tables["deliveries"]
    twice = table.slice(0, 1)
    other = table.slice(1, 1).set_column(3, "hours_late", pa.array([99.0]))
    world(deliveries=pa.concat_tables([table, twice, other]))
    code, text = run(capsys, "check", "shop.py")
    assert code == 0
    assert "1 facts (0.1%) left out: repeats of an earlier fact" in text
    assert "1 facts (0.1%) left out: contradictions of an earlier fact" in text
    assert "order=1" in text


def test_a_label_that_never_arrives(world, capsys):
    table = world.tables["deliveries"]
    world(deliveries=table.set_column(0, "order", pc.add(table["order"], 10**6)))
    code, text = run(capsys, "check", "shop.py")
    assert code == 1
    assert "no request ever gets a label" in text
    code, text = run(capsys, "replay", "shop.py")
    assert code == 1
    assert "no mature labelled row to train on" in text


def test_an_empty_source(world, capsys):
    world(queue=world.tables["queue"].slice(0, 0))
    code, text = run(capsys, "check", "shop.py")
    assert code == 1
    assert "source 'queue' is empty" in text
    world(orders=world.tables["orders"].slice(0, 0))
    code, text = run(capsys, "replay", "shop.py")
    assert code == 1
    assert "holds no request" in text


def test_an_all_null_feature(world, capsys):
    table = world.tables["queue"]
    world(queue=table.set_column(2, "length", pa.nulls(len(table), pa.int64())))
    code, text = run(capsys, "check", "shop.py")
    assert code == 1
    assert "feature 'queue_1d' is null for every request" in text
    code, text = run(capsys, "replay", "shop.py", "--policy", "monthly", "--processes", "1")
    assert code == 0, text


def test_a_learner_that_fails(world, capsys):
    world(SYSTEM.replace("max_iter=5", "max_iter=-5"))
    code, text = run(capsys, "replay", "shop.py", "--processes", "1")
    assert code == 1
    assert "max_iter" in text
    assert "could not be trained" in text


def test_a_request_field_filled_in_from_the_outcome(world, capsys):
    tables = world.tables
    late = pc.greater(tables["deliveries"]["hours_late"], 1)
    driver = pc.if_else(late, pa.scalar(None, pa.string()), pa.scalar("ann"))
    world(
        SYSTEM.replace('weight=col("weight"),', 'weight=col("weight"), driver=col("driver"),'),
        orders=tables["orders"].append_column("driver", driver),
    )
    code, text = run(capsys, "check", "shop.py")
    assert code == 1
    assert "request field 'driver' looks filled in from the outcome" in text


def test_a_misspelt_slice(world, capsys):
    world(
        SYSTEM.replace(
            "        ),\n    )\n", "        ),\n        watch=tt.Watch(slices=('shpo',)),\n    )\n"
        )
    )
    code, text = run(capsys, "check", "shop.py")
    assert code == 1
    assert "slice 'shpo' is no feature of the model" in text
    assert "did you mean 'shop'?" in text


def test_a_period_without_requests(world, capsys):
    world()
    code, text = run(capsys, "replay", "shop.py", "--from", "1999-01-01", "--to", "1999-02-01")
    assert code == 1
    assert "no request lies in the period" in text
    code, text = run(capsys, "replay", "shop.py", "--from", "yesterday")
    assert code == 1
    assert "is no date" in text


def test_an_unknown_policy_or_option(world, capsys):
    world()
    code, text = run(capsys, "replay", "shop.py", "--policy", "weekly-expandng")
    assert code == 1
    assert "did you mean 'weekly-expanding'" in text
    code, text = run(capsys, "replay", "shop.py", "--frmo", "2024-01-01")
    assert code == 2
    assert "--from" in text


def test_a_full_disk_is_one_paragraph(world, capsys):
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    world()
    code, text = run(
        capsys, "replay", "shop.py", "--policy", "monthly", "--processes", "1", "--report", "/dev/full"
    )
    assert code == 1
    assert "No space left on device" in text


def test_a_full_disk_under_the_ledger(world, tmp_path):
    """A quota too small for the record: one paragraph, and nothing half-written."""
    world()
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)); "
    limited += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limited += "sys.argv = ['trimtab', 'replay', 'shop.py', '--policy', 'monthly', '--processes', '1']; "
    limited += "from trimtab.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", limited], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    if done.returncode:
        assert "error:" in done.stderr


def test_a_table_needs_no_system_file(world, capsys):
    tables = world()
    late = pc.greater(tables["deliveries"]["hours_late"], 1)
    rows = (
        tables["orders"]
        .append_column("late", late)
        .append_column("known_at", tables["deliveries"]["delivered"])
    )
    pq.write_table(rows, "rows.parquet")
    words = ("--at", "ordered", "--label", "late", "--label-known", "known_at", "--matures-after", "2")
    code, text = run(capsys, "replay", "rows.parquet", *words, "--policy", "monthly", "--processes", "1")
    assert code == 0, text
    code, text = run(capsys, "replay", "rows.parquet", "--at", "ordered")
    assert code == 1
    assert "--label" in text


def test_init_writes_a_file_to_start_from_and_never_overwrites(world, capsys):
    tables = world()
    pq.write_table(
        tables["orders"].append_column("label", pc.greater(tables["orders"]["weight"], 4)), "rows.parquet"
    )
    code, text = run(capsys, "init", "rows.parquet")
    assert code == 0, text
    written = Path("rows_system.py").read_text()
    assert written.count("GUESS") >= 4
    compile(written, "rows_system.py", "exec")
    code, text = run(capsys, "init", "rows.parquet")
    assert code == 1
    assert "exists already" in text
    code, text = run(capsys, "init", "rowz.parquet")
    assert code == 1
    assert "did you mean 'rows.parquet'" in text
    code, _ = run(capsys, "init")
    assert code == 0
    from trimtab.loading import load

    assert load("flights_system.py").name == "flight-delay"


def test_train_stores_a_version_with_its_provenance(world, capsys):
    world()
    code, text = run(
        capsys,
        "train",
        "shop.py",
        "--as-of",
        str(dt.datetime.fromtimestamp((START + 50 * DAY) / 1e6, dt.UTC)),
    )
    assert code == 0, text
    assert "v1: trained on" in text
    code, text = run(capsys, "train", "shop.py")
    assert "v2: trained on" in text
