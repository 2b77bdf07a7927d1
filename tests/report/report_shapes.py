"""What a drawn chart holds, read back from its SVG."""

import dataclasses
import itertools
import re
from xml.etree import ElementTree as ET

from trimtab.report.plot.textwidth import text_width

SVG = "{http://www.w3.org/2000/svg}"
SIZES = {"title": 16.0, "label": 12.5}


@dataclasses.dataclass(frozen=True)
class Box:
    words: str
    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: "Box") -> bool:
        apart = (
            self.right <= other.left
            or other.right <= self.left
            or self.bottom <= other.top
            or other.bottom <= self.top
        )
        return not apart


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def boxes(svg: str) -> list[Box]:
    return [_box(one) for one in parse(svg).iter(f"{SVG}text")]


def overlaps(svg: str) -> list[tuple[str, str]]:
    pairs = itertools.combinations(boxes(svg), 2)
    return [(one.words, other.words) for one, other in pairs if one.touches(other)]


def points(path: str) -> list[tuple[float, float]]:
    """The places a path of ours goes through, stretch after stretch."""
    found = []
    for stretch in path.split("M")[1:]:
        numbers = [float(one) for one in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", stretch.split("h")[0])]
        x, y = numbers[:2]
        found.append((x, y))
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + dx, y + dy
            found.append((x, y))
    return found


def styled(svg: str, *classes: str) -> list[ET.Element]:
    return [one for one in parse(svg).iter() if set(classes) <= set((one.get("class") or "").split())]


def _box(one: ET.Element) -> Box:
    classes = (one.get("class") or "").split()
    size = next((SIZES[name] for name in classes if name in SIZES), 12.0) * (
        1.08 if "strong" in classes else 1
    )
    words = "".join(one.itertext())
    width = text_width(words, size) + sum(float(part.get("dx", 0)) for part in one)
    x, y = float(one.get("x", 0)), float(one.get("y", 0))
    left = x - width * {"end": 1.0, "middle": 0.5}.get(one.get("text-anchor", ""), 0.0)
    # capitals reach 0.75 above the line and tails 0.2 below it
    return Box(words, left, y - 0.75 * size, left + width, y + 0.2 * size)
