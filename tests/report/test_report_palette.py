import itertools

import numpy as np
import pytest

from trimtab.report.palette import COLOURS, SERIES, themed

SIGHT = {
    "full": np.eye(3),
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "no blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}
"""How light is seen (Machado, Oliveira and Fernandes 2009, in full strength), on linear red, green and blue."""
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)
LINES = [*(f"c{place}" for place in range(SERIES)), "ghost"]


def light(colour):
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    low, high = sorted(float(TO_XYZ[1] @ light(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(colour, sight):
    xyz = TO_XYZ @ np.clip(np.array(sight) @ light(colour), 0, 1) / np.array([0.95047, 1, 1.08883])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("role", [*LINES, "ink", "muted", "link", "act", "ok"])
def test_words_and_lines_are_readable_on_their_paper(role, theme):
    assert contrast(COLOURS[role][theme], COLOURS["paper"][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("role", ["ok", "info", "not-run", "watch", "act"])
def test_words_are_readable_on_their_tint(role, theme):
    tint = COLOURS[f"{role}-tint"][theme]
    assert contrast(COLOURS[role][theme], tint) >= 4.5
    assert contrast(COLOURS["ink"][theme], tint) >= 7
    assert contrast(COLOURS["muted"][theme], COLOURS["best"][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1])
def test_bars_and_axes_stand_out(theme):
    assert contrast(COLOURS["axis"][theme], COLOURS["paper"][theme]) >= 3


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("sight", SIGHT)
def test_series_stay_apart_for_every_eye(sight, theme):
    seen = [lab(COLOURS[role][theme], SIGHT[sight]) for role in LINES]
    assert min(float(np.linalg.norm(one - other)) for one, other in itertools.combinations(seen, 2)) >= 15


def test_dark_pages_are_printed_on_light_paper():
    assert "@media print{.tt{color-scheme:light" in themed(".tt", "dark")
