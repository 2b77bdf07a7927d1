"""The rules that the console adds to those of the report: navigation, forms, and lists of links."""

RULES = """
.tt [hidden]{display:none!important}
.tt .bar{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;align-items:baseline;margin-bottom:1.1rem;font-size:.9rem}
.tt .bar ul{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;list-style:none;margin:0;padding:0}
.tt .bar a{text-decoration:none;color:var(--tt-muted);display:inline-block;padding:.2rem 0}
.tt .bar a:hover{color:var(--tt-link);text-decoration:underline}
.tt .bar a[aria-current]{color:var(--tt-ink);font-weight:650;border-bottom:2px solid var(--tt-link)}
.tt .bar .home{color:var(--tt-ink);font-weight:700}
.tt .when{display:flex;flex-wrap:wrap;gap:.5rem .6rem;align-items:center;margin-top:.6rem;font-size:.9rem;color:var(--tt-muted)}
.tt .slot{flex:1 1 12rem;min-width:9rem;height:2.1rem;display:flex}.tt .slot input{flex:1;height:100%;min-height:0;min-width:9rem;padding:0;margin:0;border:0;accent-color:var(--tt-link)}
.tt input,.tt select,.tt textarea,.tt button,.tt .button{font:inherit;color:inherit;background:var(--tt-paper);
border:1px solid var(--tt-axis);border-radius:5px;padding:.32rem .6rem;min-height:2.1rem}
.tt button,.tt .button{cursor:pointer;font-weight:600;background:var(--tt-panel);text-decoration:none;display:inline-flex;align-items:center;justify-content:center}
.tt button.sure{background:var(--tt-act-tint);color:var(--tt-act);border-color:var(--tt-act)}
.tt .button.go{background:var(--tt-ok-tint);color:var(--tt-ok);border-color:var(--tt-ok)}
.tt form.stack{display:grid;gap:.8rem;max-width:34rem;margin:0}
.tt form.stack label{display:grid;gap:.25rem;font-size:.9rem}
.tt .acts{display:flex;flex-wrap:wrap;gap:.6rem;margin-top:1rem}
.tt .rows{list-style:none;margin:0;padding:0}
.tt .rows li{display:flex;flex-wrap:wrap;gap:.1rem .8rem;align-items:baseline;padding:.42rem 0;border-top:1px solid var(--tt-grid);font-size:.9rem}
.tt .rows li:last-child{border-bottom:1px solid var(--tt-grid)}
.tt .rows a{font-weight:650;overflow-wrap:anywhere}
.tt .rows .chip{display:inline-block;margin:0}
.tt .rows .words{color:var(--tt-muted)}
.tt .lead{margin-top:1.1rem}
.tt .more{font-size:.9rem;margin-top:1rem}
.tt .stale{color:var(--tt-watch)}
.tt .map{display:block;overflow:visible;width:100%;height:auto;max-width:46rem}
.tt .map text{fill:var(--tt-ink);font-size:13px}.tt .map .sub{fill:var(--tt-muted);font-size:11.5px}
.tt .map rect{fill:var(--tt-panel);stroke:var(--tt-axis)}.tt .map .ok rect{fill:var(--tt-ok-tint);stroke:var(--tt-ok)}
.tt .map .watch rect{fill:var(--tt-watch-tint);stroke:var(--tt-watch)}.tt .map .act rect{fill:var(--tt-act-tint);stroke:var(--tt-act)}
.tt .map path{fill:none;stroke:var(--tt-axis);stroke-width:1.5}
.tt figure{position:relative}
.tt .facts div{min-width:0}.tt dd,.tt p,.tt .long{overflow-wrap:anywhere}.tt .facts+.findings{margin-top:1.2rem}
.tt .steps{display:flex;flex-wrap:wrap;gap:.1rem .8rem;margin-top:.5rem;font-size:.85rem;font-variant-numeric:tabular-nums}
.tt .steps a,.tt .steps span{padding:.2rem 0;white-space:nowrap}.tt .steps a{text-decoration:none}.tt .steps a:hover{text-decoration:underline}
.tt .steps span{color:var(--tt-muted)}
.tt .strip svg{display:block;width:100%;height:auto;overflow:visible}.tt .strip text{fill:var(--tt-muted);font-size:12px}
.tt .strip .empty{fill:var(--tt-panel);stroke:var(--tt-grid)}.tt .strip .here{fill:var(--tt-ink)}
.tt .strip .day.ok,.tt .strip .day.info{fill:var(--tt-ok);opacity:.55}.tt .strip .day.not-run{fill:var(--tt-grid)}
.tt .strip .day.watch{fill:#d99a1c}.tt .strip .day.act{fill:var(--tt-act)}
.tt .strip .week{fill:var(--tt-link);fill-opacity:0}.tt .strip a:hover .week,.tt .strip a:focus .week{fill-opacity:.22}
.tt .strip .sign{fill:var(--tt-c2);stroke:none}.tt .strip .refused{fill:none;stroke:var(--tt-c1);stroke-width:1.8}
.tt .strip .paged,.tt .strip .rolled-back{fill:var(--tt-act)}
.tt .strip .key{display:inline-block;font-size:.75rem;font-weight:650;padding:.05rem .4rem;margin-inline-end:.4rem;border-radius:4px;border:1px solid}
.tt .tip{position:absolute;pointer-events:none;background:var(--tt-panel);border:1px solid var(--tt-axis);border-radius:5px;
padding:.35rem .55rem;font-size:.8rem;white-space:pre;font-variant-numeric:tabular-nums;z-index:3;line-height:1.35}
.tt .brush{fill:var(--tt-link);opacity:.16;pointer-events:none}
.tt .scope{position:absolute;inset-inline-end:0;top:0;font-size:.85rem}
@media (max-width:40rem){.tt .map.wide{display:none}.tt button,.tt .button,.tt input,.tt select{min-height:2.75rem}
.tt .bar a{padding:.55rem 0}.tt .when label{flex-basis:100%}.tt .slot{height:2.75rem}}
@media print{.tt .bar,.tt .when,.tt .steps,.tt form{display:none}}
"""


def console_style() -> str:
    """The rules on one line.

    >>> ".tt .bar" in console_style()
    True
    """
    return RULES.replace("\n", "")
