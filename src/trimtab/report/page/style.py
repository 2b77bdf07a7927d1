"""The style rules of a page: system fonts, two themes, phones and paper."""

from trimtab.report.palette import Theme, themed
from trimtab.report.plot.style import FONT, chart_style

MONO = 'ui-monospace,"SF Mono",SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace'
_BASE = f"""
.tt,.tt *{{box-sizing:border-box}}
.tt{{margin:0;padding:2.5rem 1.25rem 4rem;background:var(--tt-paper);color:var(--tt-ink);
font:16px/1.55 {FONT};-webkit-text-size-adjust:100%;text-size-adjust:100%}}
.tt>*{{max-width:54rem;margin-inline:auto}}
.tt a{{color:var(--tt-link);text-underline-offset:.15em}}
.tt :focus-visible{{outline:2px solid var(--tt-link);outline-offset:2px;border-radius:2px}}
.tt p{{margin:0 0 1rem;max-width:42rem;text-wrap:pretty}}
.tt h1{{font-size:1.15rem;line-height:1.3;margin:0;font-weight:700}}
.tt h2{{font-size:1.35rem;line-height:1.25;margin:0 0 1rem;font-weight:650;letter-spacing:-.01em}}
.tt h2 a{{color:inherit;text-decoration:none}}
.tt h2 a:hover::after{{content:" #";color:var(--tt-muted);font-weight:400}}
.tt h3{{font-size:1rem;margin:1.5rem 0 .4rem;font-weight:650}}
.tt section{{margin-block:3.25rem 0;scroll-margin-top:1rem}}
.tt section>*+*{{margin-top:1.5rem}}
.tt section>h2+*{{margin-top:0}}
.tt section>p+p{{margin-top:-.25rem}}
.tt code,.tt pre{{font-family:{MONO};font-size:.84em}}
.tt pre{{margin:0;padding:.8rem 1rem;background:var(--tt-panel);border-radius:6px;overflow-x:auto;line-height:1.5}}
.tt .subtitle,.tt footer{{color:var(--tt-muted);font-size:.9rem;margin:0}}
.tt footer{{margin-top:4rem;padding-top:1rem;border-top:1px solid var(--tt-grid)}}
.tt .skip{{position:absolute;left:-99rem}}
.tt .skip:focus{{left:1rem;top:1rem;background:var(--tt-paper);padding:.5rem 1rem;z-index:2}}
"""
_BANNER = """
.tt .verdict{margin-block:1.1rem 0;padding:1.1rem 1.25rem 1.2rem;border-radius:8px;border-inline-start:6px solid;
display:flex;gap:1rem;align-items:baseline}
.tt .verdict p{margin:0;color:var(--tt-ink);font-size:1.3rem;line-height:1.4;font-weight:500;letter-spacing:-.008em}
.tt .pill{display:inline-block;font-size:.74rem;line-height:1;font-weight:750;letter-spacing:.05em;
padding:.34em .55em;border-radius:4px;white-space:nowrap;border:1px solid;flex:none}
.tt .verdict .pill{font-size:.86rem;position:relative;top:-.15em}
.tt .ok{color:var(--tt-ok);background:var(--tt-ok-tint)}
.tt .info{color:var(--tt-info);background:var(--tt-info-tint)}
.tt .not-run{color:var(--tt-not-run);background:var(--tt-not-run-tint)}
.tt .pill.not-run{border-style:dashed}
.tt .watch{color:var(--tt-watch);background:var(--tt-watch-tint)}
.tt .act{color:var(--tt-act);background:var(--tt-act-tint)}
.tt .toc{margin-top:1.5rem;font-size:.9rem}
.tt .toc ol{list-style:none;margin:0;padding:0;columns:3 11rem;column-gap:1.5rem}
.tt .verdict p,.tt h2,.tt figcaption b,.tt .toc li{text-wrap:balance}
.tt .toc li{padding:.16rem 0;break-inside:avoid}
.tt .toc a{text-decoration:none;color:var(--tt-muted)}
.tt .toc a:hover{color:var(--tt-link);text-decoration:underline}
"""
_BLOCKS = """
.tt .scroll{overflow-x:auto;max-width:100%}
.tt table{border-collapse:collapse;font-size:.875rem;line-height:1.4;font-variant-numeric:tabular-nums lining-nums;min-width:min(100%,26rem)}
.tt caption{text-align:start;font-weight:650;font-size:1rem;padding-bottom:.5rem;caption-side:top}
.tt th,.tt td{padding:.38rem 0 .38rem 1.3rem;text-align:start;vertical-align:baseline;border-bottom:1px solid var(--tt-grid)}
.tt th:first-child,.tt td:first-child{padding-inline-start:.5rem}
.tt th:last-child,.tt td:last-child{padding-inline-end:.5rem}
.tt thead th{font-weight:600;color:var(--tt-muted);vertical-align:bottom;border-bottom-color:var(--tt-axis)}
.tt tbody th{font-weight:inherit}
.tt .unit{font-weight:400}
.tt .r{text-align:end}
.tt .ci{color:var(--tt-muted);font-size:.93em;white-space:nowrap}
.tt .best>*{background:var(--tt-best)}
.tt tbody .best th{font-weight:650}
.tt .chip{font-size:.72rem;font-weight:650;color:var(--tt-link);border:1px solid;border-radius:4px;padding:.05em .4em;display:block;width:fit-content;margin-top:.2rem;white-space:nowrap}
.tt .note{color:var(--tt-muted);font-size:.875rem;margin:.6rem 0 0}
.tt .facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(10.5rem,1fr));gap:.9rem 1.5rem;margin-bottom:0}
.tt .facts div{border-top:1px solid var(--tt-grid);padding-top:.45rem}
.tt dt{color:var(--tt-muted);font-size:.84rem}
.tt dd{margin:0;font-variant-numeric:tabular-nums}
.tt details{font-size:.9rem}
.tt summary{cursor:pointer;color:var(--tt-muted);width:fit-content;max-width:100%}
.tt summary:hover{color:var(--tt-ink)}
.tt details[open]>summary{margin-bottom:.6rem}
.tt .how{border-inline-start:3px solid var(--tt-grid);padding-inline-start:1rem}
.tt .how>*+*{margin-top:.8rem}
.tt .defs{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.25rem;margin:0}
.tt .defs dd{max-width:36rem}
.tt figure{margin-inline:0}
.tt figcaption{margin-bottom:.9rem}
.tt figcaption b{display:block;font-size:1.02rem;font-weight:650;line-height:1.35}
.tt figcaption span{color:var(--tt-muted);font-size:.9rem;display:block;max-width:42rem}
.tt .narrow{display:none}
.tt .under{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:.2rem 1.5rem;margin-top:.5rem}
.tt .under details[open]{flex-basis:100%}
.tt .numbers table{font-size:.8rem}
.tt .time{white-space:nowrap}
.tt .numbers td,.tt .numbers th{padding-block:.15rem}
.tt .numbers td,.tt .numbers tbody th{white-space:nowrap}
.tt .numbers thead th{position:sticky;top:0;background:var(--tt-paper)}
.tt .numbers .scroll{max-height:24rem;overflow:auto;margin-block:.5rem}
.tt .cmd{color:var(--tt-muted);margin:0;font-size:.95rem;overflow-wrap:anywhere}
.tt .cmd code::before,.tt pre.shell::before{content:"$ ";color:var(--tt-muted)}
"""
_LISTS = """
.tt .findings,.tt .journal ol{list-style:none;margin:0;padding:0}
.tt .finding{display:grid;grid-template-columns:5.4rem 1fr;gap:0 1rem;padding:.85rem 0;border-top:1px solid var(--tt-grid)}
.tt .finding:last-child{border-bottom:1px solid var(--tt-grid)}
.tt .finding .pill{place-self:start;margin-top:.22rem}
.tt .finding p{margin:0}
.tt .finding p.cmd,.tt .finding p.todo{margin-top:.35rem}
.tt .what{font-weight:600}
.tt .finding .plain{font-weight:400}
.tt .finding dl{display:flex;flex-wrap:wrap;gap:.1rem 1.6rem;margin:.35rem 0 0;font-size:.9rem}
.tt .finding dl div{display:flex;gap:.45rem}
.tt .finding dt{font-size:inherit}
.tt .finding details{margin-top:.35rem}
.tt .evidence{margin:0;padding-inline-start:1.1rem}
.tt .journal h3{margin:1.4rem 0 .3rem;color:var(--tt-muted);font-size:.875rem}
.tt .journal li{border-top:1px solid var(--tt-grid);font-size:.9rem}
.tt .entry{display:grid;grid-template-columns:3.6rem 13rem 7rem 1fr;gap:0 1rem;padding:.34rem 0;width:100%;
list-style:none;color:var(--tt-ink);align-items:baseline}
.tt .entry::-webkit-details-marker{display:none}
.tt summary.entry::after{content:"+";position:absolute;inset-inline-end:.2rem;color:var(--tt-muted)}
.tt details[open]>summary.entry::after{content:"\\2212"}
.tt .journal details{position:relative;font-size:inherit}
.tt .journal summary.entry{padding-inline-end:1.5rem}
.tt .entry time,.tt .entry .why{color:var(--tt-muted);font-variant-numeric:tabular-nums}
.tt .journal .evidence{margin:0 0 .7rem 4.6rem}
.tt .journal .defs{margin:0 0 .7rem 4.6rem}
"""
_SCREENS = """
@media (min-width:72rem){.tt.page{display:grid;grid-template-columns:11.5rem minmax(0,54rem);justify-content:center;column-gap:3rem}
.tt.page>*{grid-column:2;margin-inline:0;width:100%}
.tt.page>.toc{grid-column:1;grid-row:1/span 3;margin:0}
.tt.page>.toc ol{position:sticky;top:2.5rem;columns:1}
.tt.page>main{grid-row:3}}
@media (max-width:40rem){.tt{padding:1.25rem 1rem 3rem}
.tt .wide{display:none}.tt .narrow{display:block}
.tt .verdict{flex-direction:column;gap:.6rem;padding:.9rem 1rem 1rem}
.tt .verdict p{font-size:1.12rem}
.tt .toc ol{columns:2;column-gap:1rem}
.tt section{margin-top:2.5rem}
.tt .finding{grid-template-columns:1fr;gap:.35rem}
.tt .entry{grid-template-columns:3.6rem 1fr auto;gap:0 .7rem}
.tt .entry .why{grid-column:2/-1}
.tt .journal .evidence,.tt .journal .defs{margin-inline-start:4.3rem}
.tt .facts{grid-template-columns:repeat(auto-fill,minmax(9rem,1fr))}
.tt .defs{grid-template-columns:1fr}.tt .defs dd{margin-bottom:.4rem}
.tt td:first-child,.tt th:first-child{position:sticky;inset-inline-start:0;background:var(--tt-paper);padding-inline-start:0}
.tt .best>:first-child{background:var(--tt-best)}
.tt .scroll td,.tt .scroll th{padding-inline-start:1.1rem}
.tt .scroll td:first-child,.tt .scroll th:first-child{padding-inline-start:.2rem;max-width:9.5rem}}
@media print{.tt{padding:0;font-size:10.5pt;background:none}
.tt>*{max-width:none}
.tt .toc,.tt .skip,.tt .numbers,.tt h2 a::after{display:none}
.tt details::details-content{content-visibility:visible;block-size:auto;overflow:visible}
.tt details>:not(summary){display:revert}
.tt .pill,.tt .verdict,.tt .best>*,.tt-chart{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.tt .wide{display:block}.tt .narrow{display:none}
.tt section{margin-top:2rem}
.tt h2,.tt h3,.tt figcaption,.tt summary{break-after:avoid}
.tt .journal .defs{display:block;columns:auto;margin-inline-start:4.6rem}
.tt .journal dt,.tt .journal dd{display:inline}.tt .journal dd{margin-inline:.4rem 1.4rem}
.tt .block,.tt figure,.tt tr,.tt .finding,.tt .journal li,.tt .facts div{break-inside:avoid}
.tt thead{display:table-header-group}
.tt summary{list-style:none}.tt summary.entry::after{content:none}
.tt .scroll{overflow:visible;max-height:none}
.tt table{font-size:8.5pt}.tt th,.tt td{padding-inline-start:.9rem}
.tt a{color:inherit;text-decoration:none}}
"""


def page_style(theme: Theme = "auto", root: str = ".tt") -> str:
    """All rules of a page and its charts, which apply inside `.tt` only; colours are set on `root`.

    >>> "@media print" in page_style()
    True
    """
    rules = _BASE + _BANNER + _BLOCKS + _LISTS
    return themed(root, theme) + (rules + chart_style() + _SCREENS).replace("\n", "")
