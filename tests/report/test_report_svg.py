import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_demo_charts import DAY, START, freshness, label_arrival, ladder, loss_over_year, served
from report_shapes import SVG, boxes, overlaps, parse, points, styled

from trimtab.report import Axis, Bar, BarChart, LineChart, Mark, Region, Series, to_svg
from trimtab.report.plot.frame import Frame
from trimtab.report.svg import NARROW, WIDE, draw

CHARTS = {
    "loss": loss_over_year(),
    "freshness": freshness("log loss"),
    "labels": label_arrival("all", 2.2),
    "score": served("score"),
    "ladder": ladder()[0],
    "auc": ladder()[1],
}
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
number = st.floats(-1e6, 1e6, allow_nan=False)


@st.composite
def line_charts(draw_from):
    length = draw_from(st.integers(1, 8))
    x = sorted(draw_from(st.lists(st.integers(0, 400), min_size=length, max_size=length, unique=True)))
    x = [START + day * DAY for day in x]
    rows = st.lists(st.none() | number, min_size=length, max_size=length)
    series = draw_from(
        st.lists(st.builds(Series, names, st.just(x), rows, emphasised=st.booleans()), max_size=9)
    )
    at = st.integers(0, 400).map(lambda day: START + day * DAY)
    marks = draw_from(
        st.lists(st.builds(Mark, at, st.sampled_from(("page", "retrain")), names | st.just("")), max_size=6)
    )
    regions = draw_from(st.lists(st.builds(Region, at, at, names), max_size=2))
    better = draw_from(st.sampled_from(("", "lower")))
    axes = Axis(draw_from(names), kind="time"), Axis(draw_from(names), better=better)
    return LineChart(draw_from(names), *axes, tuple(series), tuple(marks), tuple(regions))


@pytest.mark.parametrize("width", [WIDE, NARROW, 560])
@pytest.mark.parametrize("name", CHARTS)
def test_no_label_touches_another_or_leaves_the_picture(name, width):
    svg = draw(CHARTS[name], width)
    assert overlaps(svg) == []
    assert all(box.left >= -1 and box.right <= width + 1 for box in boxes(svg))


@settings(max_examples=80, deadline=None)
@given(line_charts(), st.sampled_from((WIDE, NARROW)))
def test_no_label_touches_another_in_any_chart(chart, width):
    assert overlaps(draw(chart, width)) == []


@settings(max_examples=60, deadline=None)
@given(line_charts(), st.sampled_from(("auto", "light", "dark")))
def test_any_chart_is_well_formed(chart, theme):
    root = parse(to_svg(chart, theme=theme))
    assert root.tag == f"{SVG}svg"
    assert root.find(f"{SVG}title") is not None
    assert root.find(f"{SVG}desc") is not None


def test_a_value_is_drawn_at_its_pixel():
    chart = LineChart("t", Axis("x"), Axis("y", include=(0, 10)), (Series("a", (0, 5, 10), (0, 5, 10)),))
    frame = Frame(chart, WIDE)
    (line,) = styled(draw(chart), "line")
    drawn = points(line.get("d"))
    middle = ((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2)
    wanted = [(frame.left, frame.bottom), middle, (frame.right, frame.top)]
    assert drawn == [pytest.approx(place, abs=0.06) for place in wanted]


def test_a_band_runs_along_its_highs_and_back_along_its_lows():
    band = Series("a", (0, 10), (5, 5), (2, 4), (8, 6))
    chart = LineChart("t", Axis("x"), Axis("y", include=(0, 10)), (band,))
    frame = Frame(chart, WIDE)
    (drawn,) = styled(draw(chart), "band")
    wanted = [(frame.left, 8), (frame.right, 6), (frame.right, 4), (frame.left, 2)]
    expected = [pytest.approx((x, frame.y(y)), abs=0.06) for x, y in wanted]
    assert points(drawn.get("d").rstrip("z")) == expected


def test_lower_values_are_drawn_lower_and_decades_are_even():
    chart = LineChart(
        "t", Axis("x", log=True), Axis("y", log=True), (Series("a", (1, 10, 100), (1, 10, 100)),)
    )
    (line,) = styled(draw(chart), "line")
    (x0, y0), (x1, y1), (x2, y2) = points(line.get("d"))
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.11)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.11)
    assert y0 > y2


def test_a_gap_breaks_the_line_and_a_lone_value_is_a_dot():
    gap = Series("a", range(5), (1, 2, np.nan, 3, None))
    (line,) = styled(draw(LineChart("t", Axis("x"), Axis("y"), (gap,))), "line")
    assert line.get("d").count("M") == 2
    assert line.get("d").endswith("h0")


def test_a_step_holds_its_value_until_the_next():
    step = Series("a", (0, 1), (0, 1), step=True)
    (line,) = styled(draw(LineChart("t", Axis("x"), Axis("y"), (step,))), "line")
    (x0, y0), (x1, y1), (x2, y2) = points(line.get("d"))
    assert (y0, x1) == (y1, x2)
    assert x0 < x1
    assert y1 > y2


def test_marks_with_labels_are_lines_and_those_without_are_a_rug():
    svg = draw(loss_over_year())
    assert len(styled(svg, "mark")) == 2
    (rug,) = styled(svg, "rug")
    assert rug.get("d").count("M") == 47
    assert "47 retrains" in [box.words for box in boxes(svg)]


def test_the_ghost_lies_below_and_the_emphasised_on_top():
    order = [one.get("class") for one in styled(draw(loss_over_year()), "line")]
    assert order[0] == "line ghost"
    assert order[-1] == "line c0 strong"
    assert len(set(order)) == 6


def test_bars_begin_at_their_origin_and_end_at_their_value():
    chart = BarChart("t", Axis("AUC"), (Bar("a", 0.75), Bar("b", 0.4)), origin=0.5)
    one, other = styled(draw(chart), "bar")
    assert float(one.get("x")) == pytest.approx(float(other.get("x")) + float(other.get("width")), abs=0.11)
    assert float(one.get("width")) == pytest.approx(2.5 * float(other.get("width")), rel=0.01)


def test_charts_without_values_say_so():
    nothing = LineChart("t", Axis("", kind="time"), Axis("loss"), (Series("a", (START,), (None,)),))
    assert "no data" in [box.words for box in boxes(draw(nothing))]
    assert "no data" in draw(LineChart("t", Axis("x"), Axis("y"), ()))
    parse(draw(BarChart("t", Axis("y"), ())))


def test_many_points_are_thinned_to_what_can_be_seen():
    x = np.arange(100_000)
    chart = LineChart("t", Axis("x"), Axis("y"), (Series("a", x, np.sin(x / 9_000)),))
    assert len(draw(chart)) < 90_000


def test_a_log_axis_leaves_out_what_it_cannot_show():
    chart = LineChart(
        "t", Axis("x", log=True), Axis("y"), (Series("a", (0, 1, 2), (1, 2, 3)),), (Mark(0, label="m"),)
    )
    (line,) = styled(draw(chart), "line")
    assert len(points(line.get("d"))) == 2


def test_times_of_day_say_their_zone():
    chart = LineChart(
        "t", Axis("", kind="time"), Axis("y"), (Series("a", (START, START + DAY // 4), (1, 2)),)
    )
    assert "(UTC)" in [box.words for box in boxes(draw(chart))]


def test_words_are_escaped_and_drawing_is_repeatable():
    evil = "</svg><script>alert(1)</script>&\x00\ud800"
    chart = LineChart(evil, Axis(evil), Axis(evil), (Series(evil, (0, 1), (2, 3)),), (Mark(0, label=evil),))
    assert "<script" not in to_svg(chart)
    parse(to_svg(chart))
    assert to_svg(chart) == to_svg(chart)


def test_a_file_of_its_own_carries_both_themes():
    auto, dark = to_svg(loss_over_year()), to_svg(loss_over_year(), theme="dark")
    assert "prefers-color-scheme:dark" in auto
    assert "prefers-color-scheme" not in dark
    assert all(box.left >= -1 for box in boxes(auto))


def test_a_pointer_brings_up_the_values_of_its_column():
    titles = [one.find(f"{SVG}title").text for one in styled(draw(loss_over_year()), "hit")]
    assert len(titles) == 47
    assert titles[0].startswith("2013-02-06\nevery 7 days, expanding 0.4492")
    lefts = [float(one.get("x")) for one in styled(draw(loss_over_year()), "hit")]
    assert all(one < other for one, other in itertools.pairwise(lefts))
