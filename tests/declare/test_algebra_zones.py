"""The pinned time-zone table as numbers is the table of the tzdata package, and only that."""

from __future__ import annotations

import struct
import zoneinfo
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.declare.zones import END, FIRST, check_zone, zone_names, zone_offsets
from trimtab.errors import DeclarationError

DAY = 86_400_000_000
SAMPLE = sorted(zone_names())[::40]


@cache
def pinned(zone: str) -> zoneinfo.ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *zone.split("/")).open("rb") as stream:
        return zoneinfo.ZoneInfo.from_file(stream)


def stored_changes(zone: str) -> list[tuple[int, int]]:
    """The changes of offset within the table's years that the zone's file lists (RFC 9636), in microseconds."""
    data = files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    counts = struct.unpack(">6l", data[20:44])
    start = 44 + counts[3] * 5 + counts[4] * 6 + counts[5] + counts[2] * 8 + counts[1] + counts[0]
    _, _, _, changes, kinds, _ = struct.unpack(">6l", data[start + 20 : start + 44])
    at = start + 44
    instants = struct.unpack(f">{changes}q", data[at : at + 8 * changes])
    chosen = data[at + 8 * changes : at + 9 * changes]
    offsets = [struct.unpack(">l", data[at + 9 * changes + 6 * i :][:4])[0] for i in range(kinds)]
    found = [
        (instant * 1_000_000, offsets[kind] * 1_000_000)
        for instant, kind in zip(instants, chosen, strict=True)
    ]
    real = [after for before, after in pairwise([(0, None), *found]) if before[1] != after[1]]
    return [(instant, offset) for instant, offset in real if FIRST < instant < END]


def test_no_zone_changes_twice_within_six_days_so_the_search_misses_nothing():
    for zone in zone_names():
        instants = [instant for instant, _ in stored_changes(zone)]
        assert all(later - earlier > 6 * DAY for earlier, later in pairwise(instants)), zone


@pytest.mark.parametrize("zone", SAMPLE)
def test_offsets_are_those_of_the_file(zone):
    stored = stored_changes(zone)
    computed = list(zip(*zone_offsets(zone), strict=True))[1:]
    assert computed[: len(stored)] == stored


@settings(deadline=None, max_examples=200)
@given(zone=st.sampled_from(SAMPLE), second=st.integers(FIRST // 1_000_000, END // 1_000_000 - 1))
def test_offsets_are_those_of_the_standard_library(zone, second):
    instants, offsets = zone_offsets(zone)
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).astimezone(pinned(zone))
    assert offsets[bisect_right(instants, second * 1_000_000) - 1] == local.utcoffset() // timedelta(
        microseconds=1
    )


def test_the_table_begins_in_1900_and_the_system_table_is_never_read(monkeypatch):
    monkeypatch.setattr(zoneinfo, "TZPATH", ("/nowhere",))
    zone_offsets.cache_clear()
    for zone in ("UTC", "America/New_York"):
        assert zone_offsets(zone).instants[0] == FIRST
    assert zone_offsets("UTC").offsets == (0,)


@pytest.mark.parametrize(
    ("wrong", "near"), [("Europe/Berln", "Europe/Berlin"), ("america/new_york", "America/New_York")]
)
def test_an_unknown_zone_is_told_with_the_nearest(wrong, near):
    with pytest.raises(DeclarationError, match=f"no time zone '{wrong}'; did you mean '{near}'"):
        check_zone(wrong)


def test_a_path_is_no_zone():
    with pytest.raises(DeclarationError, match="no time zone"):
        zone_offsets("../zones")
