"""RESULTS.md: the figures of all tools in one page, goals first."""

import os
import platform
from statistics import mean, median

from benchmarks.machine import processor
from benchmarks.monitoring.figures import (
    OURS,
    delay,
    flat,
    milliseconds,
    pages,
    per_million,
    quiet,
    versions,
)
from benchmarks.monitoring.streams import BELOW, CHANGE, CURVE, HARM, LATE, QUIET, WINDOWS

PRESET = "Evidently, full preset"


def page(judged, promised, spent, absent):
    """The whole page."""
    found, order = flat(judged), [one.name for one in (*HARM, *CURVE, *BELOW)]
    truth = {
        name: [seed["truth"][name] for seed in judged if name in seed["truth"]]
        for name in dict.fromkeys(order)
    }
    parts = [
        "# Who cries wolf, who finds harm, at what cost\n",
        "`python -m benchmarks.monitoring` wrote this page; [README.md](README.md) says what is compared.\n",
        _machine(judged, absent),
        "## Goals\n",
        _goals(found, promised, spent),
        "## Nothing is wrong\n",
        _quiet(found),
        "## Something is wrong from window 100 on\n",
        _harm(found, truth),
    ]
    ours = found.get(OURS, {})
    if ours:
        parts += ["## trimtab by size of harm\n", _curve(ours, truth)]
        parts += ["## Below tolerance\n", _below(ours, truth)]
        parts += ["## What limits trimtab's monitors\n", _limits(ours)]
    parts += ["## The budget at the edge of the null\n", _promise(promised)]
    parts += ["## CPU\n", _cost(spent)]
    return "\n".join(parts) + "\n"


def _machine(judged, absent):
    text = (
        f"{os.cpu_count()} cores of {processor()}, one thread a tool, Python {platform.python_version()}.\n\n"
    )
    for tool, packages in versions(judged).items():
        text += f"- {tool}: " + ", ".join(f"{name} {version}" for name, version in packages.items()) + "\n"
    return text + "".join(f"- {tool}: NOT RUN, {why}\n" for tool, why in absent.items())


def _table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)]) + "\n"


def _goals(found, promised, spent):
    ours = found.get(OURS, {})
    rows = [*_kept(ours, promised), *_found(ours), *_cheap(spent)]
    return _table(
        ["what", "wanted", "measured", ""],
        [(what, wanted, got, "PASS" if good else "FAIL") for what, wanted, got, good in rows],
    )


def _kept(ours, promised):
    if ours:
        streams = [one for scenario in QUIET for one in ours.get(scenario.name, [])]
        # until the change, streams of irrelevant columns are those without a change
        seen = sum(
            (WINDOWS - CHANGE if scenario.change else WINDOWS) * len(ours[scenario.name])
            for scenario in QUIET
        )
        sent = sum(len(one["pages"]) for one in streams)
        yield f"false pages in {seen:,} quiet windows", "0 in 5,000", sent, sent == 0 and seen >= 5000
    for one in promised:
        low, high = one["interval"]
        got = f"{one['rate']:.3f} [{low:.3f}, {high:.3f}] in {one['years']:,} years"
        yield f"pages a year at the edge of the null: {one['world']}", "at most 1", got, high <= 1


def _found(ours):
    if not all(scenario.name in ours for scenario in HARM):
        return
    delays = {scenario.name: delay(ours[scenario.name]) for scenario in HARM}
    missed, all_of = (
        sum(each.missed for each in delays.values()),
        sum(len(each.found) for each in delays.values()),
    )
    yield "harmful changes found", "all", f"{all_of - missed} of {all_of}", missed == 0
    for scenario, most, less in (
        ("covariate +8", 2, 0),
        ("daily cycle, covariate +8", 2, 0),
        ("concept +8", 5, LATE),
        ("daily cycle, concept +8", 5, LATE),
    ):
        middle = delays[scenario].median
        since = "its labels come" if less else "the change, without labels"
        got = "-" if middle is None else f"{middle - less:g}"
        yield (
            f"{scenario} points: median windows from when {since}"
            if less
            else f"{scenario} points: median windows from {since}",
            f"at most {most}",
            got,
            middle is not None and middle - less <= most,
        )
    worst = [delays[s.name].worst for s in HARM if s.name.startswith("top column")]
    late = max((each for each in worst if each is not None), default=None)
    yield "broken column: windows until the page, worst", "0", late, late == 0 and None not in worst
    if all(scenario.name in ours for scenario in BELOW):
        sent = sum(len(one["pages"]) for scenario in BELOW for one in ours[scenario.name])
        yield "pages for harm below tolerance", "0", sent, sent == 0


def _cheap(spent):
    if OURS not in spent:
        return
    ours = median(milliseconds(spent[OURS]))
    yield (
        "CPU of a window of 1,000 rows x 20 columns, with labels",
        "at most 8 ms",
        f"{ours:.1f} ms",
        ours <= 8,
    )
    if PRESET in spent:
        ratio = median(milliseconds(spent[PRESET])) / ours
        yield "Evidently's preset, CPU to trimtab's", "at least 50 x", f"{ratio:.0f} x", ratio >= 50


def _quiet(found):
    rows = []
    for name, answers in found.items():
        if name == PRESET:
            continue
        cells = []
        for scenario in QUIET:
            one = answers.get(scenario.name, [])
            cells.append("{:.1f} / {:.1f} ({})".format(*quiet(one), len(one)) if one else "-")
        rows.append([name, *cells])
    text = f"Alerting windows / episodes of alerts of {WINDOWS} windows, means over (streams). Irrelevant columns move at window {CHANGE}.\n"
    return (
        text
        + "For trimtab: windows with an open page / pages.\n\n"
        + _table(["tool", *(s.name for s in QUIET)], rows)
    )


def _harm(found, truth):
    head = ["tool", "alerts before", *(scenario.name for scenario in HARM)]
    rows = [
        ["*true points of error*", ""] + [f"{mean(truth[s.name]):.1f}" if truth[s.name] else "" for s in HARM]
    ]
    for name, answers in found.items():
        known = {s.name: delay(answers[s.name]) for s in HARM if s.name in answers}
        if name == PRESET or not known:
            continue
        before = mean(each.before for each in known.values())
        cells = [known[s.name].text() if s.name in known else "" for s in HARM]
        rows.append([name, f"{before:.1%}", *cells])
    return (
        f"Windows from the change to the first alert: median (worst). Labels come {LATE} windows late. "
        '"on": alerts in at least half of the windows before, so one after tells nothing; "-": never. '
        "A tool with alerts before finds some changes by luck.\n\n"
        + _table(head, rows)
        + "\n"
        + _failures(found)
    )


def _failures(found):
    lines = [
        f"- {name} could not judge {sum(len(one['failed']) for one in each)} windows of {scenario}: "
        + next(one["failed"][0] for one in each if one["failed"])
        for name, answers in found.items()
        for scenario, each in answers.items()
        if any(one["failed"] for one in each)
    ]
    return "\n".join(lines) + "\n" if lines else ""


def _curve(ours, truth):
    rows = []
    for scenario in dict.fromkeys((*CURVE, *HARM)):
        if scenario.name not in ours or not scenario.points:
            continue
        known, less = delay(ours[scenario.name]), LATE if scenario.needs_labels else 0
        carried = {}
        for one in ours[scenario.name]:
            for place, _, shares in one["pages"][:1]:
                carried[shares[0][0]] = carried.get(shares[0][0], 0) + (place >= CHANGE)
        by = ", ".join(f"{name} ({count})" for name, count in carried.items())
        rows.append(
            [
                scenario.name,
                f"{mean(truth[scenario.name]):.1f}",
                len(known.found),
                known.text(),
                known.text(less) if less else "",
                by,
            ]
        )
    head = ["harm", "true points", "streams", "windows to the page", "from when labels come", "carried by"]
    return "Median (worst); for concept harm counted from the labels, too.\n\n" + _table(head, rows)


def _below(ours, truth):
    rows = []
    for scenario in BELOW:
        for one, real in zip(ours.get(scenario.name, []), truth[scenario.name], strict=True):
            trend, error = (100 * each for each in one["trend"])
            tolerance = 100 * one["tolerance"]
            rows.append(
                [
                    scenario.name,
                    f"{real:.1f}",
                    f"{tolerance:.1f}",
                    f"{trend:+.1f} ± {1.96 * error:.1f}",
                    len(pages(one)),
                ]
            )
    head = ["harm", "true points", "tolerance", "trend shown: last 48 labelled windows", "pages"]
    return _table(head, rows)


def _limits(ours):
    rows = []
    for scenario in (*QUIET[:2], *HARM):
        answers = ours.get(scenario.name, [])
        if answers:
            cells = [_tempered(answers, kind) for kind in ("realised", "estimated", "residual")]
            silent = sum(bool(one["trust"]) for one in answers)
            rows.append([scenario.name, *cells, f"{silent} of {len(answers)}"])
    return (
        "By what evidence of a window is tempered (medians over seeds; 1: not at all), by the reference alone and, "
        "after the arrow, by live windows at the end of the stream; and in how many streams estimates are not trusted "
        "then.\n\n"
        + _table(["streams", "realised", "estimated", "residual", "estimates silent at the end"], rows)
    )


def _tempered(answers, kind):
    first = median(one["design_effects"].get(kind, 1) for one in answers)
    last = median(one["live_effects"].get(kind, 1) for one in answers if "live_effects" in one)
    return f"{first:.1f} → {last:.1f}"


def _promise(promised):
    text = "Every mean is exactly its bound, in every window; a page is no end, so that none is hidden.\n\n"
    rows = [
        [
            one["world"],
            f"{one['years']:,}",
            one["pages"],
            f"{one['rate']:.3f}",
            "[{:.3f}, {:.3f}]".format(*one["interval"]),
        ]
        for one in promised
    ]
    return text + _table(["world", "model-years", "pages", "pages a year", "95 % interval"], rows)


def _cost(spent):
    if not spent:
        return "NOT RUN\n"
    times = {name: median(milliseconds(rounds)) for name, rounds in spent.items() if milliseconds(rounds)}
    ours = times.get(OURS, float("nan"))
    rows = [
        [name, f"{each:.1f}", f"{per_million(each):.1f}", f"{each / ours:.1f} x"]
        for name, each in sorted(times.items(), key=lambda pair: pair[1])
    ]
    text = "CPU time of each tool's own process, one thread; tools take turns, medians over rounds, as the machine is shared.\n\n"
    text += _table(["tool", "ms a window of 1,000 rows", "s per million rows", "to trimtab"], rows)
    if OURS in spent:
        parts = {}
        for one in spent[OURS]:
            for name, seconds in one["parts"].items():
                parts.setdefault(name, []).extend(seconds)
        each = ", ".join(
            f"{name} {1e3 * median(seconds):.1f} ms" for name, seconds in parts.items() if seconds
        )
        text += f"\ntrimtab's parts, medians: {each}; weighing (every third day while nothing moves) includes its inputs. "
        text += f"Fitting the reference takes {median(one['fit_seconds'] for one in spent[OURS]):.1f} s.\n"
    return text
