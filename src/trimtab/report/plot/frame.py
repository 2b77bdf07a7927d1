"""Where everything of a line chart goes: margins, scales, lanes and labels."""

import dataclasses
import functools

from trimtab.report.chart import LineChart, Mark, Region, Series
from trimtab.report.plot.axisticks import axis_ticks, covering_ticks, extent, named, without_overlap
from trimtab.report.plot.lanes import Placed, Wanted, place_labels
from trimtab.report.plot.parts import LABEL_SIZE, SIZE
from trimtab.report.plot.scale import Scale
from trimtab.report.plot.textwidth import shorten, text_width, wrap
from trimtab.report.plot.ticks import Tick

LANE, RUG, LABEL_ROOM, HEAD = 16, 13, 15, 26
RUG_WORDS = {
    "page": "page",
    "retrain": "retrain",
    "refused": "refusal",
    "promoted": "promotion",
    "other": "event",
}


@dataclasses.dataclass(frozen=True)
class Frame:
    """The measures of one chart at one width, in pixels; `narrow` puts labels above instead of beside.

    >>> from trimtab.report.chart import Axis
    >>> chart = LineChart("t", Axis("x"), Axis("y"), (Series("a", (0, 1), (2, 3)),))
    >>> Frame(chart, 800).x(0) == Frame(chart, 800).left
    True
    """

    chart: LineChart
    width: int
    narrow: bool = False
    titled: bool = False

    @functools.cached_property
    def y_ticks(self) -> tuple[Tick, ...]:
        """The ticks of the y axis, which cover all values."""
        low, high = self._y_extent
        return covering_ticks(self.chart.y, low, high, max(3, round(self.plot_height / 55)))

    @functools.cached_property
    def _y_extent(self) -> tuple[float, float]:
        series = self.chart.series
        return extent(self.chart.y, (value for one in series for value in (*one.y, *one.low, *one.high)))

    @functools.cached_property
    def plot_height(self) -> float:
        """The height between the lowest and the highest value; enough for all labels."""
        labels = 0 if self.narrow else len(self.chart.series)
        return max(self.chart.height * (0.6 if self.narrow else 0.75), 60, LABEL_ROOM * labels)

    @functools.cached_property
    def left(self) -> float:
        """The left side of the plot: room for the labels of y."""
        return max((text_width(tick.label, SIZE) for tick in self.y_ticks), default=0) + 10

    @functools.cached_property
    def right(self) -> float:
        """The right side of the plot: room for the labels of lines and rugs."""
        if self.narrow:
            return self.width - 12
        names = [label_width(one) for one in self.chart.series]
        names += [text_width(words, SIZE) for _, words in self.rugs]
        return self.width - min(max(names, default=0), 0.3 * self.width) - 20

    @functools.cached_property
    def x(self) -> Scale:
        """The scale of x."""
        chart = self.chart
        places = [value for one in chart.series for value in one.x]
        places += [mark.at for mark in chart.marks]
        places += [end for region in chart.regions for end in (region.start, region.end)]
        low, high = extent(chart.x, places)
        return Scale(low, high, self.left, self.right, chart.x.log)

    def at(self, x: float) -> float:
        """The pixel of an event, at the nearest end where it lies outside the scale."""
        return self.x(min(max(x, self.x.low), self.x.high))

    @functools.cached_property
    def y(self) -> Scale:
        """The scale of y, which runs upwards."""
        low, high = self._y_extent
        ends = [tick.at for tick in self.y_ticks]
        return Scale(min(low, *ends, low), max(high, *ends, high), self.bottom, self.top, self.chart.y.log)

    @functools.cached_property
    def x_ticks(self) -> tuple[Tick, ...]:
        """The ticks of the x axis, all of which fit beside one another."""
        room = 46 if self.chart.x.kind == "time" else 64
        count = max(2, int((self.right - self.left) / room))
        ticks = axis_ticks(self.chart.x, self.x.low, self.x.high, count)
        return without_overlap(ticks, (self.x(tick.at) for tick in ticks), SIZE)

    @functools.cached_property
    def rugs(self) -> tuple[tuple[str, str], ...]:
        """The kinds of marks without a label, each with the words that count them."""
        kinds = [mark.kind for mark in self.chart.marks if not mark.label]
        return tuple((kind, _counted(kinds.count(kind), kind)) for kind in RUG_WORDS if kind in kinds)

    @functools.cached_property
    def labelled(self) -> tuple[Mark | Region, ...]:
        """The marks and regions that have a label."""
        every: tuple[Mark | Region, ...] = (*self.chart.regions, *self.chart.marks)
        return tuple(one for one in every if one.label)

    @functools.cached_property
    def lane_labels(self) -> tuple[tuple[Mark | Region, str, Placed], ...]:
        """The labels above the plot, with their places."""
        words = [shorten(one.label, SIZE, (self.right - self.left) * 0.6) for one in self.labelled]
        wanted = tuple(
            Wanted(self.at(start_of(one)), text_width(word, SIZE) + 12, free=isinstance(one, Region))
            for one, word in zip(self.labelled, words, strict=True)
        )
        placed = place_labels(wanted, self.left, self.width - 4.0)
        return tuple(zip(self.labelled, words, placed, strict=True))

    @functools.cached_property
    def title_lines(self) -> tuple[str, ...]:
        """The title, for a chart that stands on its own."""
        return wrap(self.chart.title, 16, self.width) if self.titled else ()

    @functools.cached_property
    def legend(self) -> tuple[tuple[int, float, str], ...]:
        """The row, the left side and the words of each name above a narrow chart: series, then rugs."""
        names = [(f"{one.name} {one.note}".strip(), label_width(one)) for one in self.chart.series]
        names += [(words, text_width(words, LABEL_SIZE)) for _, words in self.rugs]
        found, row, left = [], 0, 0.0
        for name, wide in names if self.narrow else ():
            if left and left + wide + 24 > self.width:
                row, left = row + 1, 0.0
            found.append((row, left, name))
            left += wide + 44
        return tuple(found)

    @functools.cached_property
    def legend_top(self) -> float:
        """Where the title ends."""
        return 20.0 * len(self.title_lines) + (6 if self.titled else 0)

    @functools.cached_property
    def head_top(self) -> float:
        """Where the title and the legend end."""
        return (
            self.legend_top
            + (LANE + 2) * (max((row for row, _, _ in self.legend), default=-1) + 1)
            + (6 if self.legend else 0)
        )

    @functools.cached_property
    def top(self) -> float:
        """The upper side of the plot."""
        lanes = max((place.lane for _, _, place in self.lane_labels), default=-1) + 1
        return self.head_top + HEAD + LANE * lanes + (6 if lanes else 0)

    @property
    def bottom(self) -> float:
        """The lower side of the plot."""
        return self.top + self.plot_height

    @property
    def axis_y(self) -> float:
        """Where the line of the x axis runs: below the rugs."""
        return self.bottom + (RUG * len(self.rugs) + 3 if self.rugs else 0)

    @functools.cached_property
    def height(self) -> float:
        """The height of the whole picture."""
        context = 15 if any(tick.context for tick in self.x_ticks) else 0
        return self.axis_y + 20 + context + 16 * len(self.x_words) + (2 if self.x_words else 0)

    @functools.cached_property
    def x_words(self) -> tuple[str, ...]:
        """What x is, in lines below its labels."""
        clock = self.chart.x.kind == "time" and any(":" in tick.label for tick in self.x_ticks)
        words = f"{named(self.chart.x) if self.chart.x.label else ''} {'(UTC)' if clock else ''}".strip()
        return wrap(words, SIZE, self.right) if words else ()


def start_of(one: Mark | Region) -> float:
    """Where a mark or a region begins.

    >>> start_of(Region(1, 2))
    1
    """
    return one.start if isinstance(one, Region) else one.at


def label_width(one: Series) -> float:
    """The most that the label of a series takes, in pixels.

    >>> label_width(Series("a", (), (), emphasised=True)) > label_width(Series("a", (), ()))
    True
    """
    return (
        text_width(one.name, LABEL_SIZE * (1.1 if one.emphasised else 1))
        + text_width(one.note, LABEL_SIZE)
        + 5 * bool(one.note)
    )


def _counted(count: int, kind: str) -> str:
    return f"{count} {RUG_WORDS[kind]}{'' if count == 1 else 's'}"
