"""A batch of ten times the rows takes no more memory."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
from batches import ORDERS

HERE = Path(__file__).parent
FACTOR = 1.25
"""How much higher the peak may be: room for how allocators behave, none for 100 MB of rows, which would make it 1.4."""

SCRIPT = """
import resource, sys
from pathlib import Path
from sklearn.ensemble import HistGradientBoostingClassifier
import trimtab as tt
from batches import TABLES, World
from orders import orders_system
from trimtab import col

def peak():
    status = Path("/proc/self/status")  # on Linux ru_maxrss begins with the peak of the parent process
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))

system, folder = orders_system(TABLES), Path(sys.argv[1])
model = tt.Model(HistGradientBoostingClassifier(max_iter=5), tt.Features(weight=col("weight")), system.model.label)
world = World(tt.System("wide", system.request, model, watch=tt.Watch(slices=("shop",)))).train()
for size in ("small", "large"):
    for form in ("parquet", "csv"):
        done = world.predict(folder / f"{size}.{form}", folder / f"out_{size}.{form}", chunk_rows=2_500)
        print(done.scored, end=" ")
    print(peak())
"""


def write(count, path):
    orders = ORDERS.take(pa.array(np.arange(count) % len(ORDERS)))
    wide = orders.set_column(2, "shop", pa.array([f"{number:01000d}" for number in range(count)]))
    pq.write_table(wide, path.with_suffix(".parquet"), row_group_size=5_000)
    pv.write_csv(wide, path.with_suffix(".csv"))


def test_the_peak_of_memory_does_not_grow_with_the_rows(tmp_path):
    write(10_000, tmp_path / "small")
    write(100_000, tmp_path / "large")
    paths = os.pathsep.join([str(HERE), str(HERE.parent)])
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert [int(word) for word in said if word in {"10000", "100000"}] == [10_000] * 2 + [100_000] * 2
    small, large = int(said[2]), int(said[5])
    assert large <= FACTOR * small, f"{small} kB for 10,000 rows, {large} kB for 100,000"
