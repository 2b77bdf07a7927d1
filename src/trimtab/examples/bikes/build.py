"""Makes the shipped data of the bikes example from Bikeshare.csv in the published ISLP package.

python -m trimtab.examples.bikes.build --file Bikeshare.csv --out DIR

The published file has one line an hour of 2011, on the clock of Washington, and mixes what is known long before
(the calendar) with what is seen in that hour (the weather) and after it (the hires). Here they are three files.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

Table = Any
"""A pyarrow table; pyarrow publishes no types."""

YEAR = 2011
"""The file has no year: its first of January is a Saturday, and the full set says 2011."""

WASHINGTON = ZoneInfo("America/New_York")
CITY = "Washington"
STAMP = pa.timestamp("us", tz="UTC")


def main(arguments: list[str] | None = None) -> None:
    """Read the published file and write the three tables."""
    parser = argparse.ArgumentParser(prog="python -m trimtab.examples.bikes.build", description=main.__doc__)
    parser.add_argument("--file", type=Path, required=True, help="Bikeshare.csv of the ISLP package")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).with_name("data"), help="where the files go"
    )
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    with options.file.open(encoding="ascii", newline="") as file:
        rows = list(csv.DictReader(file))
    for name, table in tables(rows).items():
        path = options.out / f"{name}.parquet"
        pq.write_table(table, path, compression="zstd", compression_level=19)
        sys.stdout.write(f"{name:10}{table.num_rows:>9,} rows{path.stat().st_size:>11,} bytes\n")


def starts(day_of_year: int, hour: int) -> datetime:
    """The UTC start of an hour of the local clock; of an hour that comes twice, the first.

    >>> starts(1, 0).isoformat()
    '2011-01-01T05:00:00+00:00'
    """
    date = datetime(YEAR, 1, 1, tzinfo=WASHINGTON) + timedelta(days=day_of_year - 1)
    return date.replace(hour=hour).astimezone(UTC)


def tables(rows: Sequence[dict[str, str]]) -> dict[str, Table]:
    """The calendar of the hours, the hires in them, and the weather seen at their end."""
    number = pa.array(range(len(rows)), pa.int32())
    start = pa.array([starts(int(row["day"]), int(row["hr"])) for row in rows], STAMP)
    slot = pa.array([_slot(row) for row in rows], pa.string())
    city = pa.array([CITY] * len(rows), pa.string())
    return {
        "calendar": pa.table(
            {
                "hour": number,
                "starts": start,
                "slot": slot,
                "city": city,
                "clock_hour": pa.array([int(row["hr"]) for row in rows], pa.int16()),
                "weekday": pa.array([int(row["weekday"]) for row in rows], pa.int16()),
                "holiday": pa.array([row["holiday"] == "1" for row in rows], pa.bool_()),
            }
        ),
        "hires": pa.table(
            {
                "hour": number,
                "starts": start,
                "slot": slot,
                "city": city,
                "hires": pa.array([int(row["bikers"]) for row in rows], pa.int16()),
            }
        ),
        "weather": pa.table(
            {
                "observed": start,
                "city": city,
                "temperature": pa.array([float(row["temp"]) for row in rows], pa.float64()),
                "humidity": pa.array([float(row["hum"]) for row in rows], pa.float64()),
                "wind": pa.array([float(row["windspeed"]) for row in rows], pa.float64()),
                "wet": pa.array(["rain" in row["weathersit"] for row in rows], pa.bool_()),
            }
        ),
    }


def _slot(row: dict[str, str]) -> str:
    kind = "working day" if row["workingday"] == "1" else "free day"
    return f"{kind} {int(row['hr']):02}"


if __name__ == "__main__":
    main()
