"""The whole example as a user runs it, once; README shows exactly what comes out of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[2]
MINUS = "\N{MINUS SIGN}"
NUMBER = re.compile(rf"[+\-{MINUS}]?\d[\d,]*\.?\d*")


def test_the_year_of_flights(tmp_path):
    """One test, since one replay is minutes of work: each check below names what it promises."""
    replayed = replay(tmp_path)
    for check in CHECKS:
        check(replayed)


def replay(folder):
    words = ["replay", "flights", "--json", "out.json", "--chart", "chart.svg", "--report", "report.html"]
    done = subprocess.run(
        [Path(sys.executable).parent / "trimtab", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "110", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return folder, done.stdout, json.loads((folder / "out.json").read_text())


def policies(out):
    return {each["name"]: each for each in out["policies"]}


def inputs_are_worth_what_the_example_promises(replayed):
    ladder = replayed[2]["ladder"]
    assert ladder[0]["inputs"] == "request fields"
    assert 0.63 < ladder[0]["auc"] < 0.67, "static columns alone"
    assert ladder[-1]["auc"] >= 0.77
    assert ladder[-1]["log_loss"] <= 0.465


def weekly_retraining_beats_never_beyond_chance(replayed):
    weekly = policies(replayed[2])["weekly-expanding"]
    assert weekly["to_never_interval"][1] < 0


def the_60_day_window_harms_in_december_and_is_not_recommended(replayed):
    out = replayed[2]
    window, never = policies(out)["weekly-60-days"], policies(out)["never"]
    assert window["months"]["2013-12"] > never["months"]["2013-12"]
    assert out["recommended"] != "weekly-60-days"
    assert re.search(r"2013-12.*△|2013-12.*▲", (replayed[0] / "report.html").read_text(), re.DOTALL)


def at_least_five_policies_with_all_their_numbers(replayed):
    out = replayed[2]
    assert len(out["policies"]) >= 5
    for each in out["policies"]:
        assert {"name", "log_loss", "log_loss_interval", "auc", "fits", "cpu_seconds"} <= set(each)
        low, high = each["log_loss_interval"]
        assert low < each["log_loss"] < high
    assert out["rows"] + sum(out["unscored"].values()) > 300_000
    assert {"freshness", "volume", "ladder", "batch", "seconds", "recommended"} <= set(out)


def batches_cost_more_the_rarer_they_run(replayed):
    costs = [each["extra"] for each in replayed[2]["batch"]]
    assert 0 < costs[0] < costs[1] < costs[2]


def readme_shows_the_real_last_lines(replayed):
    shown = re.search(r"<!-- replay -->\n```text\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    real = replayed[1].rstrip().splitlines()
    last = "\n".join(line.rstrip() for line in real[real.index("Policies") :])
    if os.environ.get("TRIMTAB_UPDATE"):
        _update(last, (replayed[0] / "chart.svg").read_text())
        return
    assert shown is not None
    _alike(shown[1].rstrip(), last)


def readme_shows_the_real_chart(replayed):
    real = ET.fromstring((replayed[0] / "chart.svg").read_text())
    shown = ET.fromstring((ROOT / "docs" / "images" / "flights-2013.svg").read_text())
    tags = [[element.tag for element in tree.iter()] for tree in (real, shown)]
    assert tags[0] == tags[1]
    texts = [[element.text for element in tree.iter() if element.text] for tree in (real, shown)]
    assert texts[0][0] == texts[1][0]


def _update(lines, chart):
    readme = ROOT / "README.md"
    text = readme.read_text()
    block = f"<!-- replay -->\n```text\n{lines}\n```"
    readme.write_text(re.sub(r"<!-- replay -->\n```text\n.*?```", lambda _: block, text, flags=re.DOTALL))
    (ROOT / "docs" / "images" / "flights-2013.svg").write_text(chart)


def _alike(shown, real):
    """The same words, and numbers equal but for the last digits of a fit and what the machine's speed decides."""
    words = [re.sub(r"\s+", " ", NUMBER.sub("#", text)) for text in (shown, real)]
    assert re.sub(r"[─━ ]+", " ", words[0]) == re.sub(r"[─━ ]+", " ", words[1])
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(real), strict=True)
    for one, other in pairs:
        first, second = (float(number.replace(",", "").replace(MINUS, "-")) for number in (one, other))
        assert abs(first - second) < 0.003 + 0.7 * max(abs(first), abs(second)) * (abs(first) > 1), (
            one,
            other,
        )


CHECKS = (
    inputs_are_worth_what_the_example_promises,
    weekly_retraining_beats_never_beyond_chance,
    the_60_day_window_harms_in_december_and_is_not_recommended,
    at_least_five_policies_with_all_their_numbers,
    batches_cost_more_the_rarer_they_run,
    readme_shows_the_real_last_lines,
    readme_shows_the_real_chart,
)
