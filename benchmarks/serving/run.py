"""What does serving one prediction cost: trimtab doing everything, beside what people put together by hand?

Run `python benchmarks/serving/run.py` on a quiet Linux machine with wrk; README.md beside this file says what is compared.
"""

import argparse
import shutil
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import environments
import models
import page
import rounds
import world
from servers import CASES, FAMILIES, FLOOR, TRIMTAB, TRIMTAB_HISTOGRAM, World, program

HERE = Path(__file__).parent
OWN = {TRIMTAB: "lightgbm", TRIMTAB_HISTOGRAM: "histogram"}


def build(folder, names, options):
    """Data that ends now, the two models, and a trained home for each of trimtab's cases."""
    end = int(time.time()) // 60 * 60 * 1_000_000
    shutil.copy(HERE / "system.py", folder / "system.py")
    world.write(folder / "data", end)
    at = datetime.fromtimestamp(end / 1e6, UTC)
    trained = by_hand(folder, at, options.bodies)
    for name in names:
        if name in OWN:
            train = [
                options.trimtab,
                "train",
                f"{folder / 'system.py'}:{OWN[name]}",
                "--as-of",
                at.isoformat(),
            ]
            print(f"{name}: training", flush=True)
            subprocess.run([*train, "--home", str(folder / f"home-{OWN[name]}")], check=True)
    peers = environments.prepare(
        options.environments, sorted({FAMILIES.get(n, "base") for n in names if n not in OWN})
    )
    return World(folder, peers, trained, world.asked_now(options.bodies, end), options.trimtab)


def by_hand(folder, at, count):
    import trimtab as tt
    from trimtab.loading import load

    systems = {learner: load(f"{folder / 'system.py'}:{learner}") for learner in OWN.values()}
    learners = {learner: system.model.learner for learner, system in systems.items()}
    features = systems["lightgbm"].model.features.names
    trained = models.train(tt.training_set(systems["lightgbm"], as_of=at), features, learners, count)
    models.save(trained, folder / "models")
    return trained


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    temporary = Path(tempfile.gettempdir())
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=5, help="of each sample")
    parser.add_argument(
        "--only", metavar="NAME", action="append", help="cases whose name begins so; the floor runs too"
    )
    parser.add_argument("--bodies", type=int, default=4000, help="different requests, sent in turn")
    parser.add_argument(
        "--environments", type=Path, default=temporary / "trimtab-peers", help="where the peers live"
    )
    parser.add_argument("--folder", type=Path, default=temporary, help="where data and logs lie: a real disk")
    parser.add_argument("--trimtab", default=program(), help="the command to run")
    options = parser.parse_args()
    names = [n for n in CASES if not options.only or n == FLOOR or n.startswith(tuple(options.only))]
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="trimtab-serving-") as place:
        built, servers = build(Path(place), names, options), []
        try:
            for name in names:
                servers.append(CASES[name](built))
                servers[-1].start(built.folder)
                print(f"{name}: up after {servers[-1].started_seconds:.1f} s", flush=True)
            measured = rounds.run(servers, built.folder, options.rounds, options.seconds)
        finally:
            for server in servers:
                server.stop()
        text = page.page(measured, options, built.environments, built.folder)
    print(text)
    if set(names) == set(CASES) and options.trimtab == program():
        (HERE / "RESULTS.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
