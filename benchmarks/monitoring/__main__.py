"""Who cries wolf, who finds harm and how soon, and at what cost? Same streams for all, each tool at its defaults.

`python -m benchmarks.monitoring --environments FOLDER` writes RESULTS.md beside this file. README.md says more.
"""

import argparse
import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before anything loads a thread pool

from benchmarks.monitoring import environments
from benchmarks.monitoring.promise import promises
from benchmarks.monitoring.report import page
from benchmarks.monitoring.streams import BELOW, CURVE, HARM, QUIET, WINDOWS, make

HERE = Path(__file__).parent
COST_WINDOWS = 168
"""A day without labels, then six with them: the estimate is weighed anew every three days while nothing moves."""
SEEDS_AT_MOST = {"evidently": 1}
"""It takes more time than all others together."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--environments", type=Path, default=Path(".peers"), help="where peers are installed")
    parser.add_argument("--make", action="store_true", help="make the environments that are missing")
    parser.add_argument("--quiet-seeds", type=int, default=12, help="seeds of quiet streams for trimtab")
    parser.add_argument("--harm-seeds", type=int, default=5, help="seeds of harmful streams for trimtab")
    parser.add_argument("--peer-seeds", type=int, default=2, help="seeds for everyone, Evidently one")
    parser.add_argument("--years", type=int, default=2000, help="simulated model-years of the promise")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the cost")
    parser.add_argument("--jobs", type=int, default=1, help="tools that judge at the same time")
    parser.add_argument("--only", action="append", help="tools to run, such as trimtab; others are left out")
    parser.add_argument(
        "--keep", type=Path, help="a folder that keeps answers, and from which they are taken"
    )
    return parser.parse_args()


def kept(folder, name, make_answer):
    """An answer from the folder, or made and put there."""
    path = None if folder is None else folder / f"{name}.json"
    if path is not None and path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    answer = make_answer()
    if path is not None:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(answer), encoding="utf-8")
    return answer


def asked(options, seed):
    """The scenarios of a seed: for trimtab, and the part of them that peers get, too."""
    shared = (*QUIET, *HARM) if seed < options.peer_seeds else ()
    own = (*QUIET, *HARM, *CURVE, *BELOW) if seed < options.harm_seeds else QUIET
    return list(dict.fromkeys((*own, *shared))), shared


def judged_seed(options, running, seed):
    """All answers to the streams of one seed: {tool: {scenario: {detector: ...}}}, versions, and the truth."""
    own, shared = asked(options, seed)
    with tempfile.TemporaryDirectory() as folder:
        paths, truth, worlds = {}, {}, {}

        def saved():
            for place, scenario in enumerate(own):
                stream = make(scenario, seed, worlds)
                paths[scenario.name] = Path(folder) / f"{place}.npz"
                stream.save(paths[scenario.name])
                truth[scenario.name] = stream.error_gained
            return truth

        def wanted(tool):
            given = () if seed >= SEEDS_AT_MOST.get(tool.name, seed + 1) else shared
            names = [scenario.name for scenario in (own if tool.name == "trimtab" else given)]
            return names, f"{tool.name}-{seed}-{len(names)}"

        def answer(tool):
            names, label = wanted(tool)
            return kept(options.keep, label, lambda: _named(tool, paths, names)) if names else {}

        needed = [wanted(tool)[1] for tool in running if wanted(tool)[0]]
        if options.keep and all((options.keep / f"{name}.json").exists() for name in needed):
            truth = kept(options.keep, f"truth-{seed}-{len(own)}", saved)
        else:
            truth = saved()
            kept(options.keep, f"truth-{seed}-{len(own)}", lambda: truth)
        with ThreadPoolExecutor(options.jobs) as pool:
            answers = dict(zip((tool.name for tool in running), pool.map(answer, running), strict=True))
    print(f"seed {seed} is judged", flush=True)
    return {"answers": answers, "truth": truth}


def _named(tool, paths, names):
    found = tool.answer([paths[name] for name in names], WINDOWS)
    streams = {name: found["streams"][paths[name].stem] for name in names}
    return {"versions": found["versions"], "streams": streams}


def costs(options, running):
    """CPU seconds of single windows, tools taking turns: {detector: [mean of each round]}."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "quiet.npz"
        make(QUIET[0], 0, {}).save(path)
        for _ in range(options.rounds):
            for tool in running:
                for name, one in tool.answer([path], COST_WINDOWS)["streams"]["quiet"].items():
                    found.setdefault(name, []).append(one)
    return found


def main():
    options = arguments()
    if options.make:
        environments.make(options.environments)
    tools = environments.tools(options.environments)
    running = [tool for tool in tools if not tool.missing and (not options.only or tool.name in options.only)]
    seeds = range(max(options.quiet_seeds, options.harm_seeds, options.peer_seeds))
    judged = [judged_seed(options, running, seed) for seed in seeds]
    promised = kept(options.keep, "promises", lambda: promises(options.years))
    spent = kept(options.keep, "costs", lambda: costs(options, running))
    absent = {tool.name: tool.missing for tool in tools if tool.missing}
    absent |= {tool.name: "left out by --only" for tool in tools if tool not in running and not tool.missing}
    text = page(judged, promised, spent, absent)
    print(text)
    if not options.only:
        (HERE / "RESULTS.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
