"""What does a training beside a server cost its callers: as the loop trains, as anyone might, and not at all?

Run `python benchmarks/serving/training.py` on a quiet Linux machine with wrk; it writes TRAINING.md beside this file.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pressure
import run
from servers import TRIMTAB, program, trimtab

HERE = Path(__file__).parent
ALONE, AS_LOOP, PLAIN = "no training", "training as the loop does", "training without precautions"
MODES = (ALONE, AS_LOOP, PLAIN)
CONNECTIONS = (1, 8)

CHILD = """
import sys
from trimtab import commands
from trimtab.serving import priority
target, home, how = sys.argv[1:]
system = commands.load(target)
if how == "idle":
    priority.lower_priority("idle")
while True:
    work = lambda: commands.train(system, home=home)
    priority.run_when_idle(work) if how == "idle" else work()
    print("trained", flush=True)
"""


class Training:
    """Trainings of the served home, one after the other, until the block ends."""

    def __init__(self, folder, mode):
        self.folder, self.mode = folder, mode
        self.log = folder / "trained.log"

    def __enter__(self):
        if self.mode == ALONE:
            return self
        from trimtab.serving.priority import THREADS, with_one_thread

        clean = {name: value for name, value in os.environ.items() if name not in THREADS}
        idle = self.mode == AS_LOOP
        target, home = f"{self.folder / 'system.py'}:lightgbm", self.folder / "home-lightgbm"
        command = [sys.executable, "-c", CHILD, target, str(home), "idle" if idle else "plain"]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command, stdout=output, stderr=output, env=with_one_thread(clean) if idle else clean
            )
        time.sleep(6)  # it has loaded its libraries by then
        return self

    def __exit__(self, *problem):
        if self.mode != ALONE:
            if self.process.poll() is not None:
                raise RuntimeError(f"the training ended: {self.log.read_text()[-2000:]}")
            self.process.kill()
            self.process.wait()


def measured(server, script, folder, rounds, seconds):
    """Samples by mode and connections; each round visits every mode in turn."""
    found = {(mode, count): [] for mode in MODES for count in CONNECTIONS}
    for turn in range(rounds):
        for mode in MODES:
            with Training(folder, mode):
                for count in CONNECTIONS:
                    sample = pressure.measure(server, script, count, seconds)
                    found[mode, count].append(sample)
                    print(turn + 1, mode, count, sample, flush=True)
    return found


def page(found, command):
    """The results in Markdown: medians over rounds, with the range of the 99th percentile."""
    lines = [
        "# What a training beside a server costs its callers",
        "",
        f"`{command}` wrote this page on {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} cores. Medians over rounds;",
        "in brackets the least and the most. One worker, LightGBM, trained again and again on 33,000 requests. Other work",
        f"of the machine used {_elsewhere(found):.0%} of it in the median sample without a training.",
        "",
        "| connections | beside it | calls a second | p50 ms | p99 ms | errors |",
        "|---|---|---|---|---|---|",
    ]
    for count in CONNECTIONS:
        for mode in MODES:
            samples = found[mode, count]
            rate = statistics.median(each.per_second for each in samples)
            half = statistics.median(each.p50 for each in samples) / 1000
            tail = sorted(each.p99 / 1000 for each in samples)
            ends = f"{statistics.median(tail):.2f} [{tail[0]:.2f}, {tail[-1]:.2f}]"
            errors = sum(each.errors for each in samples)
            lines.append(f"| {count} | {mode} | {rate:,.0f} | {half:.2f} | {ends} | {errors} |")
    return "\n".join([*lines, ""])


def _elsewhere(found):
    """The share of the machine that neither server nor caller used while nothing was trained."""
    return statistics.median(each.other for count in CONNECTIONS for each in found[ALONE, count])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="of each sample")
    parser.add_argument("--bodies", type=int, default=4000, help="different requests, sent in turn")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--trimtab", default=program(), help="the command to run")
    parser.set_defaults(environments=Path(tempfile.gettempdir()) / "trimtab-peers")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="trimtab-training-") as place:
        folder = Path(place)
        built = run.build(folder, [TRIMTAB], options)
        server = trimtab(TRIMTAB, "lightgbm")(built)
        server.command.append("--no-loop")
        try:
            server.start(folder)
            script = pressure.script(server, folder)
            pressure.measure(server, script, 8, 1)
            found = measured(server, script, folder, options.rounds, options.seconds)
        finally:
            server.stop()
    command = " ".join(["python benchmarks/serving/training.py", *sys.argv[1:]])
    text = page(found, command)
    print(text)
    (HERE / "TRAINING.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
