"""The style rules of a chart, the same inside a page and on its own."""

from trimtab.report.palette import SERIES, Theme, themed

FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",Arial,sans-serif'
_RULES = f"""
.tt-chart{{display:block;width:100%;height:auto;overflow:visible;color:var(--tt-ink);font-family:{FONT};font-size:12px}}
.tt-chart text{{fill:var(--tt-muted);font-variant-numeric:tabular-nums}}
.tt-chart path,.tt-chart line{{fill:none;stroke:currentColor}}
.tt-chart .paper{{fill:var(--tt-paper)}}
.tt-chart .title{{fill:var(--tt-ink);font-size:16px;font-weight:650}}
.tt-chart .head{{fill:var(--tt-ink)}}
.tt-chart .soft{{fill:var(--tt-muted)}}
.tt-chart .grid{{stroke:var(--tt-grid)}}
.tt-chart .axis{{stroke:var(--tt-axis)}}
.tt-chart .line{{stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}}
.tt-chart .strong{{stroke-width:3}}
.tt-chart .ghost.line{{stroke-dasharray:5 4;stroke-linecap:butt}}
.tt-chart .d1.line{{stroke-dasharray:8 3}}
.tt-chart .d2.line{{stroke-dasharray:2 3}}
.tt-chart .band{{fill:currentColor;stroke:none;opacity:.16}}
.tt-chart .leader{{opacity:.55;stroke-width:.8}}
.tt-chart .end,.tt-chart .bar{{fill:currentColor}}
.tt-chart .bar.plain{{color:var(--tt-axis)}}
.tt-chart text.label{{fill:currentColor;font-size:12.5px}}
.tt-chart text.strong{{font-weight:650}}
.tt-chart .halo{{paint-order:stroke;stroke:var(--tt-paper);stroke-width:4px;stroke-linejoin:round}}
.tt-chart .rug{{stroke-width:1.2;opacity:.8}}
.tt-chart .refused.mark{{stroke-dasharray:3 3}}
.tt-chart .region{{stroke:none;opacity:.6}}
.tt-chart .whisker{{stroke:var(--tt-ink);stroke-width:1.4}}
.tt-chart .hit{{opacity:0}}
.tt-chart .hit:hover{{opacity:.09;fill:var(--tt-ink)}}
.tt-chart .ghost{{color:var(--tt-ghost)}}
.tt-chart .page{{color:var(--tt-act)}}
.tt-chart .promoted{{color:var(--tt-ok)}}
.tt-chart .retrain,.tt-chart .refused,.tt-chart .other{{color:var(--tt-muted)}}
.tt-chart .region.neutral{{fill:var(--tt-not-run-tint)}}
.tt-chart .region.watch{{fill:var(--tt-watch-tint)}}
.tt-chart .region.act{{fill:var(--tt-act-tint)}}
"""


def chart_style() -> str:
    """The rules, which take their colours from the variables of the palette.

    >>> ".tt-chart .c0{" in chart_style()
    True
    """
    colours = "".join(f".tt-chart .c{place}{{color:var(--tt-c{place})}}" for place in range(SERIES))
    return _RULES.replace("\n", "") + colours


def standalone_style(theme: Theme = "auto") -> str:
    """The rules together with the colours, for a chart in a file of its own.

    >>> "prefers-color-scheme:dark" in standalone_style()
    True
    """
    return themed(".tt-chart", theme) + chart_style()
