"""The few shapes that charts are drawn with."""

from trimtab.report.markup import Markup, tag
from trimtab.report.plot.scale import px

SIZE = 12.0
LABEL_SIZE = 12.5
"""Font sizes in pixels, as in the style."""


def text(x: float, y: float, content: object, style: str = "", anchor: str = "start") -> Markup:
    """Words at a place, their baseline at `y`.

    >>> text(1, 2, "a", "head")
    '<text x="1" y="2" class="head">a</text>'
    """
    where = {"x": px(x), "y": px(y), "class": style or None}
    return tag("text", {**where, "text-anchor": None if anchor == "start" else anchor}, content)


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    """A straight line.

    >>> line(0, 0, 1, 0, "grid")
    '<line x1="0" y1="0" x2="1" y2="0" class="grid"/>'
    """
    return tag("line", {"x1": px(x1), "y1": px(y1), "x2": px(x2), "y2": px(y2), "class": style})


def box(left: float, top: float, right: float, bottom: float, style: str) -> Markup:
    """A rectangle from its four sides.

    >>> box(0, 0, 2, 1, "paper")
    '<rect x="0" y="0" width="2" height="1" class="paper"/>'
    """
    size = {"width": px(max(0.0, right - left)), "height": px(max(0.0, bottom - top))}
    return tag("rect", {"x": px(left), "y": px(top), **size, "class": style})
