"""The colours of every page and chart, by role, for light and dark paper.

Lines and words reach a contrast of 4.5 on their paper, and the series stay apart for readers who see no
red, green or blue; tests compute both.
"""

from typing import Literal

Theme = Literal["auto", "light", "dark"]

SERIES = 6
COLOURS = {
    "paper": ("#fdfdfb", "#14171a"),
    "panel": ("#f5f5f1", "#1c2024"),
    "ink": ("#1d2126", "#e8e8e4"),
    "muted": ("#5a5f66", "#a3a8ae"),
    "axis": ("#8b9097", "#6d737a"),
    "grid": ("#e6e6e1", "#2a2f34"),
    "link": ("#0057b0", "#7db4ff"),
    "best": ("#edf4fb", "#18283a"),
    "c0": ("#0064c0", "#4a90f5"),
    "c1": ("#c44100", "#ee7733"),
    "c2": ("#0b7d50", "#1ca373"),
    "c3": ("#9c2f92", "#d86cc4"),
    "c4": ("#5a4000", "#e6cf4e"),
    "c5": ("#06344c", "#a5def7"),
    "ghost": ("#6e7176", "#8f949a"),
    "ok": ("#14633a", "#8fd6aa"),
    "ok-tint": ("#dff0e5", "#16301f"),
    "info": ("#0b4f8a", "#9cc9f5"),
    "info-tint": ("#e1ecf7", "#162a3d"),
    "not-run": ("#50555c", "#b3b8be"),
    "not-run-tint": ("#ecece8", "#272c31"),
    "watch": ("#6e4700", "#f2cb6c"),
    "watch-tint": ("#fbecc4", "#38290a"),
    "act": ("#a3150f", "#ff9d92"),
    "act-tint": ("#fbe0dc", "#43150f"),
}
"""Role to (on light paper, on dark paper)."""


def themed(selector: str, theme: Theme = "auto") -> str:
    """The style rules that give `selector` its colours; "auto" follows the reader's system.

    >>> themed("svg", "dark").startswith("svg{color-scheme:dark;--tt-paper:#14171a;")
    True
    """
    light = f"{selector}{{color-scheme:light;{_variables(0)}}}"
    dark = f"{selector}{{color-scheme:dark;{_variables(1)}}}"
    if theme == "auto":
        # paper is light, whatever the screen was
        return f"{light}@media screen and (prefers-color-scheme:dark){{{dark}}}"
    return f"{dark}@media print{{{light}}}" if theme == "dark" else light


def _variables(place: int) -> str:
    return "".join(f"--tt-{role}:{colours[place]};" for role, colours in COLOURS.items())
