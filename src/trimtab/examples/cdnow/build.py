"""Makes the shipped data of the CDNOW example from the file in the published lifetimes package.

python -m trimtab.examples.cdnow.build --file CDNOW_master.txt --out DIR

The published file has one line a purchase: customer, day, number of CDs, dollars. Purchases of one customer on one day
become one order, since nothing tells their order within it. The same input and pyarrow version give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Integers = npt.NDArray[np.int64]
Table = Any
"""A pyarrow table or column; pyarrow publishes no types."""

DAY = 86_400_000_000
STAMP = pa.timestamp("us", tz="UTC")

BACK_WITHIN_DAYS = 60
"""A later purchase is another story: the label is final by then."""


def main(arguments: list[str] | None = None) -> None:
    """Read the published file and write the two tables."""
    parser = argparse.ArgumentParser(prog="python -m trimtab.examples.cdnow.build", description=main.__doc__)
    parser.add_argument("--file", type=Path, required=True, help="CDNOW_master.txt of the lifetimes package")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).with_name("data"), help="where the files go"
    )
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, table in tables(read(options.file)).items():
        path = options.out / f"{name}.parquet"
        pq.write_table(table, path, compression="zstd", compression_level=19)
        sys.stdout.write(f"{name:10}{table.num_rows:>9,} rows{path.stat().st_size:>11,} bytes\n")


def read(path: Path) -> dict[str, npt.NDArray[Any]]:
    """One row for each customer and day: customer, day since 1970, CDs and cents, in order of day and customer."""
    lines = [line.split() for line in path.read_text(encoding="ascii").splitlines()[1:] if line.strip()]
    customer = np.array([int(line[0]) for line in lines])
    day = np.array([f"{line[1][:4]}-{line[1][4:6]}-{line[1][6:]}" for line in lines], "datetime64[D]")
    cds = np.array([int(line[2]) for line in lines])
    cents = np.array([round(100 * float(line[3])) for line in lines])
    keys = np.stack([day.astype(np.int64), customer])
    orders, place = np.unique(keys, axis=1, return_inverse=True)
    place = place.ravel()
    return {
        "day": orders[0],
        "customer": orders[1],
        "cds": np.bincount(place, cds).astype(np.int64),
        "cents": np.bincount(place, cents).astype(np.int64),
    }


def tables(orders: dict[str, npt.NDArray[Any]]) -> dict[str, Table]:
    """The orders, and for each that was followed by another within 60 days the day of that one."""
    number = np.arange(len(orders["day"]))
    after = next_day(orders["customer"], orders["day"])
    back = (after > 0) & (after - orders["day"] < BACK_WITHIN_DAYS)
    return {
        "orders": pa.table(
            {
                "order": pa.array(number, pa.int32()),
                "bought": pa.array(orders["day"] * DAY, STAMP),
                "customer": pa.array(orders["customer"], pa.int32()),
                "cds": pa.array(orders["cds"], pa.int16()),
                "dollars": pa.array(orders["cents"] / 100, pa.float64()),
            }
        ),
        "returns": pa.table(
            {
                "order": pa.array(number[back], pa.int32()),
                "returned": pa.array(after[back] * DAY, STAMP),
            }
        ),
    }


def next_day(customer: Integers, day: Integers) -> Integers:
    """The day of the same customer's next order, 0 where there is none.

    >>> next_day(np.array([1, 2, 1]), np.array([10, 11, 12])).tolist()
    [12, 0, 0]
    """
    order = np.lexsort((day, customer))
    same = customer[order][1:] == customer[order][:-1]
    found = np.zeros(len(day), np.int64)
    found[order[:-1][same]] = day[order][1:][same]
    return found


if __name__ == "__main__":
    main()
