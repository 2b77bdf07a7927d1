"""What the suite says of a candidate at the gate of a live system, and what people have accepted of it."""

from __future__ import annotations

from dataclasses import replace

from trimtab.evaluation.acceptances import settled
from trimtab.evaluation.evaluated import Floats
from trimtab.finding import by_severity
from trimtab.release.gate import GateResult
from trimtab.release.state import Candidate
from trimtab.runtime.auditing.acceptances import read_acceptances
from trimtab.runtime.evaluating.split import Split
from trimtab.runtime.evaluating.trainer import Trainer
from trimtab.runtime.gate_suite import Shown, asks, joined, suite_findings
from trimtab.runtime.live_loop import gating
from trimtab.runtime.live_loop.carrying import stored_versions
from trimtab.runtime.live_loop.past import Past
from trimtab.runtime.loop import Declared
from trimtab.runtime.training_set import Version


def look(past: Past, candidate: Candidate, declared: Declared) -> GateResult:
    """The gate's findings with those of the suite; what people have accepted blocks nothing until it expires."""
    found = gating.look(past, candidate, declared)
    if asks(past.means.system):
        version = stored_versions(past.means.ledger)[candidate.version]
        found = joined(found, tuple(suite_findings(_shown(past, version))))
    told = settled(found.findings, read_acceptances(past.means.ledger), past.now)
    return replace(found, findings=by_severity(told))


def _shown(past: Past, version: Version) -> Shown:
    """A stored version; its recipe is trained anew where rows with labels are to judge it."""

    def rehearse(split: Split) -> Floats:
        trainer = Trainer.of(past.history, split)
        return trainer.score(trainer.fit().predictor, split.judged)

    return Shown(
        past.history,
        past.now,
        past.recipe,
        past.metric,
        predictor=lambda: past.predictor(version),
        features=past.features,
        stored=lambda: (version.format, past.means.blobs.get(version.artifact)),
        rehearse=rehearse,
    )
