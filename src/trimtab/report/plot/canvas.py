"""The SVG element around a drawing."""

from trimtab.report.markup import Markup, join, tag
from trimtab.report.plot.parts import box
from trimtab.report.plot.scale import px

MARGIN = 16
"""Paper around a chart that stands on its own, in pixels."""


def canvas(words: tuple[str, str], shapes: Markup, width: float, height: float, style: str = "") -> Markup:
    """The drawing with a title and a description for those who hear it; with `style`, on paper of its own.

    >>> "<desc>b</desc>" in canvas(("a", "b"), Markup(""), 10, 10)
    True
    """
    margin = MARGIN if style else 0
    view = " ".join(px(side) for side in (-margin, -margin, width + 2 * margin, height + 2 * margin))
    size = {"width": px(width + 2 * margin), "height": px(height + 2 * margin)} if style else {}
    about = join(tag("title", None, words[0]), tag("desc", None, words[1]))
    paper = box(-margin, -margin, width + margin, height + margin, "paper") if style else ""
    sheet = tag("style", None, Markup(style)) if style else ""
    head = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": "tt-chart",
        "viewBox": view,
        **size,
        "role": "img",
    }
    return tag("svg", head, about, sheet, paper, shapes)
