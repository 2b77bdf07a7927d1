"""How near are estimates of accuracy without labels to what the labels then say? Beside NannyML's CBPE.

`python benchmarks/estimated_performance/run.py --environment DIR` writes RESULTS.md beside itself.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before anything loads a thread pool

import argparse
import json
import platform
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

import environment
import numpy as np
from cases import all_cases
from sklearn.isotonic import IsotonicRegression

from trimtab.monitoring.estimated import fit_reference
from trimtab.monitoring.losses import decision_error
from trimtab.monitoring.residual import gap_totals, past_error
from trimtab.monitoring.reweighted import density_ratios, reweighted_estimate
from trimtab.monitoring.trust import trust

sys.path.append(str(Path(__file__).parents[1]))
from machine import processor  # beside all benchmarks

HERE, TOLERANCE, UNIT = Path(__file__).parent, 0.02, 1000
ERROR = decision_error()
ESTIMATES = ("reference accuracy", "CBPE", "PAPE-like", "running", "re-weighted")


def losses(rows):
    """The 0/1 loss of the decisions that were served."""
    return (rows.decision != rows.label).astype(float)


def pape(reference, rows, weights):
    """Calibration of the score alone, re-weighted, as M-CBPE/PAPE do: what a correction by features adds to."""
    curve = IsotonicRegression(out_of_bounds="clip", y_min=0, y_max=1)
    curve.fit(reference.score, reference.label, sample_weight=weights)
    positive = curve.predict(rows.score)
    return float(np.where(rows.decision == 1, positive, 1 - positive).mean())


def judged(case, cbpe):
    """All estimates of each chunk's accuracy, with the verdict on ours."""
    known, spent = case.reference, {"running": [], "re-weighted": []}
    unit = np.arange(len(known.label)) // UNIT if case.unit is None else case.unit
    began = time.process_time()
    reference = fit_reference(
        known.features, known.score, losses(known), unit=unit, categorical=case.categorical
    )
    fitting = time.process_time() - began
    past = past_error(gap_totals(reference.losses, reference.estimates, unit))
    lines = []
    for place, rows in enumerate(case.chunks):
        began = time.process_time()
        reference.model.estimate(rows.features, rows.score)
        spent["running"].append((time.process_time() - began) / len(rows.label) * 1000)
        began = time.process_time()
        ours = reweighted_estimate(reference, rows.features, rows.score)
        spent["re-weighted"].append(time.process_time() - began)
        weights = density_ratios(reference.inputs, reference.model.inputs(rows.features, rows.score), 0)
        realised = 1 - losses(rows).mean()
        verdict = trust(ours, past, TOLERANCE)
        sampling = np.sqrt(realised * (1 - realised) / len(rows.label))
        lines.append(
            {
                "realised": realised,
                "reference accuracy": 1 - reference.losses.mean(),
                "CBPE": cbpe["accuracy"][place],
                "PAPE-like": pape(known, rows, weights),
                "running": 1 - ours.running,
                "re-weighted": 1 - ours.estimate,
                "floor": 0.8 * sampling,
                "trusted": verdict.trusted,
                "within": abs(1 - ours.estimate - realised) <= verdict.uncertainty + 1.645 * sampling,
                "coverage": ours.coverage,
            }
        )
    return {
        "lines": lines,
        "fitting": fitting,
        "past": past.likely,
        "CBPE seconds": float(np.median(cbpe["seconds"])),
        **{name: float(np.median(seconds)) for name, seconds in spent.items()},
    }


def errors(lines, name):
    return np.array([abs(line[name] - line["realised"]) for line in lines])


def table(found):
    """One row a case: mean absolute error of accuracy, by estimate."""
    text = [
        "| chunks | realised accuracy | sampling floor | reference accuracy | NannyML CBPE | PAPE-like | running | re-weighted | CBPE / running | CBPE / re-weighted | coverage | past error | silent | within stated uncertainty |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, case in found.items():
        lines = case["lines"]
        real = [line["realised"] for line in lines]
        mae = {one: errors(lines, one).mean() for one in ESTIMATES}
        seen = [line["coverage"] for line in lines]
        silent = sum(not line["trusted"] for line in lines)
        spoken = [line["within"] for line in lines if line["trusted"]]
        text.append(
            f"| {name} ({len(lines)}) | {min(real):.3f} to {max(real):.3f} "
            f"| {np.mean([line['floor'] for line in lines]):.4f} | "
            + " | ".join(f"{mae[one]:.4f}" for one in ESTIMATES)
            + f" | {mae['CBPE'] / mae['running']:.1f} | {mae['CBPE'] / mae['re-weighted']:.1f} "
            f"| {min(seen):.2f} to {max(seen):.2f} | {case['past']:.3f} | {silent} of {len(lines)} "
            f"| {f'{sum(spoken)} of {len(spoken)}' if spoken else '-'} |"
        )
    return "\n".join(text)


def costs(found):
    """CPU on one thread."""
    text = ["| chunks | fit, s | running, ms per 1,000 rows | re-weighted, ms a chunk | CBPE, ms a chunk |"]
    text.append("|---|---|---|---|---|")
    for name, case in found.items():
        text.append(
            f"| {name} | {case['fitting']:.1f} | {case['running'] * 1e3:.1f} "
            f"| {case['re-weighted'] * 1e3:.0f} | {case['CBPE seconds'] * 1e3:.0f} |"
        )
    return "\n".join(text)


def page(found):
    """What is written to RESULTS.md."""
    own = ", ".join(f"{name} {metadata.version(name)}" for name in ("numpy", "scikit-learn"))
    pins = ", ".join(f"{name} {version}" for name, version in environment.PINS.items())
    return f"""# Accuracy estimated without labels

`python benchmarks/estimated_performance/run.py` wrote this page. [README.md](README.md) says what is compared.

Mean absolute error of the estimated accuracy of a chunk against what its labels say. The sampling floor is what a
perfect estimate of the expected accuracy would still be off. `silent`: chunks for which trimtab gave no estimate, at a
tolerance of {TOLERANCE}, because `coverage` by the reference was below 0.8, its own `past error` (of out-of-fold
estimates on the reference, nine of ten units) or its disagreement above the tolerance, or the ground too little. Errors
are over all chunks, silent ones included. The last column counts the others whose realised accuracy lies within the
stated uncertainty and sampling error (at least nine of ten are meant to).

{os.cpu_count()} cores of {processor()}, one thread, Python {platform.python_version()}, {own}. NannyML in its own
environment: {pins}.

{table(found)}

## CPU

{costs(found)}
"""


def main():
    """Make the cases, let the peer estimate them, estimate them, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", type=Path, default=HERE / ".nannyml")
    place = parser.parse_args().environment.absolute()
    program = environment.prepare(place)
    cases = all_cases(environment.data_files(place))
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases):
            parts = [case.reference, *case.chunks]
            arrays = {
                name: np.concatenate([getattr(part, name) for part in parts])
                for name in ("label", "score", "decision")
            }
            bounds = np.cumsum([len(part.label) for part in parts])
            np.savez(Path(folder) / f"{number:02}.npz", bounds=bounds, **arrays)
        environment.run(program, HERE / "peer.py", folder)
        peer = json.loads((Path(folder) / "cbpe.json").read_text())
    found = {case.name: judged(case, peer[f"{number:02}"]) for number, case in enumerate(cases)}
    text = page(found)
    (HERE / "RESULTS.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
