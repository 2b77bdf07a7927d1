"""Named values as bars or dots, as one SVG element."""

import dataclasses
import functools

from trimtab.report.chart import Bar, BarChart
from trimtab.report.formats import number
from trimtab.report.markup import Markup, escape, join, tag
from trimtab.report.plot.axes import head
from trimtab.report.plot.axisticks import axis_ticks, covering_ticks, extent
from trimtab.report.plot.canvas import canvas
from trimtab.report.plot.parts import LABEL_SIZE, SIZE, box, line, text
from trimtab.report.plot.scale import Scale, px
from trimtab.report.plot.textwidth import shorten, text_width, wrap
from trimtab.report.plot.ticks import Tick

ROW, NARROW_ROW, THICK, HEAD = 26, 40, 14, 26


@dataclasses.dataclass(frozen=True)
class BarFrame:
    """The measures of one bar chart at one width, in pixels.

    >>> from trimtab.report.chart import Axis
    >>> BarFrame(BarChart("AUC", Axis("AUC"), (Bar("a", 0.7),)), 400).height
    78.0
    """

    chart: BarChart
    width: int
    narrow: bool = False
    titled: bool = False

    @property
    def row(self) -> float:
        """The height of a row, which in a narrow chart holds the name above its bar."""
        return NARROW_ROW if self.narrow else ROW

    @functools.cached_property
    def left(self) -> float:
        """Where values begin: behind the longest name, or a third of the width."""
        if self.narrow:
            return 12.0
        longest = max((text_width(bar.name, LABEL_SIZE * 1.04) for bar in self.chart.bars), default=0)
        return min(longest + 14, 0.38 * self.width)

    @functools.cached_property
    def right(self) -> float:
        """Where values end: room for the words behind them."""
        words = [text_width(value_words(self.chart, bar), SIZE) for bar in self.chart.bars]
        return max(self.left + 40, self.width - max(words, default=0) - 18)

    @functools.cached_property
    def ticks(self) -> tuple[Tick, ...]:
        """The ticks of the values."""
        low, high = self._extent
        count = max(2, int((self.right - self.left) / 70))
        # bars begin at their origin, so only dots need a scale that reaches beyond them
        given = covering_ticks if self.chart.origin is None else axis_ticks
        return given(self.chart.axis, low, high, count)

    @functools.cached_property
    def _extent(self) -> tuple[float, float]:
        values = [value for bar in self.chart.bars for value in (bar.value, bar.low, bar.high)]
        return extent(self.chart.axis, [*values, self.chart.origin])

    @functools.cached_property
    def scale(self) -> Scale:
        """The scale of the values."""
        ends = [*self._extent, *(tick.at for tick in self.ticks)]
        return Scale(min(ends), max(ends), self.left, self.right, self.chart.axis.log)

    @functools.cached_property
    def title_lines(self) -> tuple[str, ...]:
        """The title, for a chart that stands on its own."""
        return wrap(self.chart.title, 16, self.width) if self.titled else ()

    @property
    def head_top(self) -> float:
        """Where the title ends."""
        return 20.0 * len(self.title_lines) + (6 if self.titled else 0)

    @property
    def top(self) -> float:
        """Where the first row begins."""
        return self.head_top + HEAD

    @property
    def bottom(self) -> float:
        """Where the last row ends."""
        return self.top + self.row * len(self.chart.bars)

    @property
    def height(self) -> float:
        """The height of the whole picture."""
        return self.bottom + 26.0


def draw_bars(chart: BarChart, width: int, *, narrow: bool = False, style: str = "") -> Markup:
    """The chart at a width in pixels; with `style` it stands on its own, with title and colours.

    >>> from trimtab.report.chart import Axis
    >>> draw_bars(BarChart("AUC", Axis("AUC"), (Bar("a", 0.7), Bar("b", 0.6))), 400).count('class="bar')
    2
    """
    frame = BarFrame(chart, width, narrow=narrow, titled=bool(style))
    title = [text(0, 16 + 20 * row, words, "title") for row, words in enumerate(frame.title_lines)]
    rows = [_row(frame, place, bar) for place, bar in enumerate(chart.bars)]
    shapes = join(*title, head(chart.axis, frame.head_top + 12, width), _axis(frame), *rows)
    about = ", ".join(f"{bar.name} {value_words(chart, bar)}" for bar in chart.bars)
    return canvas((chart.title, f"{chart.axis.label}: {about}."), shapes, width, frame.height, style)


def value_words(chart: BarChart, bar: Bar) -> str:
    """The value of a bar in words, with its note.

    >>> from trimtab.report.chart import Axis
    >>> value_words(BarChart("t", Axis("AUC"), (), format=".2f"), Bar("a", 0.7, note="best"))
    '0.70 best'
    """
    shown = number(bar.value, chart.format or (".0%" if chart.axis.kind == "share" else ""))
    return f"{shown} {bar.note}".strip()


def _axis(frame: BarFrame) -> Markup:
    drawn = []
    for tick in frame.ticks:
        x = frame.scale(tick.at)
        drawn.append(line(x, frame.top, x, frame.bottom, "grid"))
        drawn.append(text(x, frame.bottom + 17, tick.label, anchor="middle"))
    origin = frame.chart.origin
    if origin is not None:
        drawn.append(line(frame.scale(origin), frame.top, frame.scale(origin), frame.bottom, "axis"))
    return join(*drawn)


def _row(frame: BarFrame, place: int, bar: Bar) -> Markup:
    middle = frame.top + frame.row * (place + 1) - ROW / 2
    name = _name(frame, bar, middle)
    whisker = _whisker(frame, bar, middle)
    words = text(_end(frame, bar) + 8, middle + 4, value_words(frame.chart, bar), "head")
    return join(name, _shape(frame, bar, middle), whisker, words)


def _name(frame: BarFrame, bar: Bar, middle: float) -> Markup:
    style = "head strong" if bar.emphasised else "head"
    if frame.narrow:
        return text(0, middle - 12, shorten(bar.name, LABEL_SIZE, frame.width), f"halo {style}")
    return text(frame.left - 12, middle + 4, shorten(bar.name, LABEL_SIZE, frame.left - 14), style, "end")


def _shape(frame: BarFrame, bar: Bar, middle: float) -> Markup:
    style = "bar c0" if bar.emphasised else "bar plain"
    x = frame.scale(bar.value)
    if frame.chart.origin is None:
        style = style.replace("plain", "ghost")
        return tag("circle", {"cx": px(x), "cy": px(middle), "r": 5 if bar.emphasised else 4, "class": style})
    sides = sorted((frame.scale(frame.chart.origin), x))
    return box(sides[0], middle - THICK / 2, sides[1], middle + THICK / 2, style)


def _whisker(frame: BarFrame, bar: Bar, middle: float) -> Markup:
    if bar.low is None or bar.high is None:
        return escape("")
    return line(frame.scale(bar.low), middle, frame.scale(bar.high), middle, "whisker")


def _end(frame: BarFrame, bar: Bar) -> float:
    places = [bar.value, bar.high, frame.chart.origin]
    return max(frame.scale(value) for value in places if value is not None)
