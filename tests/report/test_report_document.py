import json
import subprocess
import sys

import numpy as np
import pytest
from report_demo import document

from trimtab.report import (
    Axis,
    Bar,
    BarChart,
    Column,
    Document,
    Entry,
    Estimate,
    Journal,
    LineChart,
    Mark,
    Region,
    Section,
    Series,
    Table,
    to_json,
)
from trimtab.report.formats import cell, duration, number
from trimtab.report.numbers import chart_csv, chart_table
from trimtab.report.table import plain_cell


def test_sections_of_one_title_get_anchors_of_their_own():
    sections = tuple(Section("Pages", ()) for _ in range(3))
    assert [one.anchor for one in Document("a", "b", sections=sections).sections] == [
        "pages",
        "pages-2",
        "pages-3",
    ]


def test_anchors_hold_nothing_but_letters_digits_and_hyphens():
    assert Section('"><b> \u00c9t\u00e9 2013!', ()).anchor == "b-\u00e9t\u00e9-2013"
    assert Section("!!", ()).anchor == "section"


def test_decisions_stand_in_the_order_of_time():
    assert [one.at for one in Journal((Entry(2, "b"), Entry(1, "a"))).entries] == [1, 2]


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="row 1 of table 't' has 1 cells, but the table has 2 columns"):
        Table((Column("a"), Column("b")), ((1, 2), (3,)), "t")


def test_a_cell_of_an_unknown_kind_is_refused():
    with pytest.raises(TypeError, match="a cell cannot hold"):
        plain_cell(object())


@pytest.mark.parametrize(
    "more", [{"y": (1,)}, {"y": (1, 2), "low": (1,), "high": (2,)}, {"y": (1, 2), "low": (1, 1)}]
)
def test_series_of_different_lengths_are_refused(more):
    with pytest.raises(ValueError, match="series 'a' has 2 values in x"):
        Series("a", (0, 1), **more)


def test_series_take_arrays_and_keep_microseconds_whole():
    at = 1_388_534_399_999_999
    series = Series("a", np.array([at]), np.array([np.nan], dtype=np.float32))
    assert series.x == (at,)
    assert isinstance(series.x[0], int)
    assert series.y == (None,)


def test_unknown_kinds_of_marks_and_regions_are_refused():
    with pytest.raises(ValueError, match="'boom' is no kind of mark: choose one of page"):
        Mark(0, "boom")
    with pytest.raises(ValueError, match="'boom' is no kind of region"):
        Region(0, 1, kind="boom")


def test_bars_that_cannot_be_drawn_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        Bar("a", float("nan"))
    with pytest.raises(ValueError, match="logarithmic axis but reaches 0"):
        BarChart("t", Axis("y", log=True), (Bar("a", 1),))


def test_a_document_becomes_plain_json():
    found = json.loads(json.dumps(to_json(document()), allow_nan=False))
    assert found["type"] == "Document"
    assert found["severity"] == "ACT"
    chart = found["sections"][2]["blocks"][1]
    assert chart["type"] == "LineChart"
    assert [one["name"] for one in chart["series"]][-1] == "never"
    assert found["sections"][2]["blocks"][2]["rows"][1][1]["type"] == "Estimate"


def test_the_library_for_terminals_is_loaded_when_used():
    code = "import sys, trimtab.report; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_section_takes_the_name_of_the_verdict():
    assert Document("a", "b", sections=(Section("Verdict", ()),)).sections[0].anchor == "verdict-2"


def test_only_nouns_become_json():
    with pytest.raises(TypeError, match="is no noun of a document"):
        to_json("text")


def test_numbers_are_joined_on_x_and_thinned():
    chart = LineChart("t", Axis("x"), Axis("y"), (Series("a", (0, 1), (1, 2)), Series("b", (1, 2), (3, 4))))
    assert chart_table(chart).rows == ((0, 1, None), (1, 2, 3), (2, None, 4))
    many = LineChart("t", Axis("x"), Axis("y"), (Series("a", range(1000), range(1000)),))
    assert len(chart_table(many, 60).rows) == 59
    assert len(chart_csv(many).splitlines()) == 1001


@pytest.mark.parametrize(
    ("value", "spec", "words"),
    [
        (0.0, "", "0.0000"),
        (-0.00001, ".4f", "0.0000"),
        (-0.00001, "+.2f", "0.00"),
        (0.00001, "", "1e\u221205"),
        (181_204.0, "", "181,204"),
        (12.345, "", "12.35"),
        (0.951, ".0%", "95%"),
        (True, "", "yes"),
        (Estimate(-1, -2, 0), ".1f", "\u22121.0 [\u22122.0, 0.0]"),
        (1_364_864_460_000_000, "moment", "2013-04-02 01:01"),
        (-90_000_000, "duration", "\u22121 min 30 s"),
        (7, "code", "7"),
    ],
)
def test_values_become_words(value, spec, words):
    assert cell(value, spec) == words


def test_nothing_is_lost_between_units():
    assert duration(0) == "0 s"
    assert duration(1_001_000) == "1 s 1 ms"
    assert number(1e12) == "1e+12"
