from dataclasses import replace

import numpy as np
import pytest
from evaluation_worlds import asking, truth, world

from trimtab.errors import LearnerError
from trimtab.evaluation.contracts import contract_findings, reloaded
from trimtab.evaluation.evaluated import Rows
from trimtab.finding import Severity


def test_a_good_predictor_keeps_every_promise():
    found = world()
    findings = contract_findings(found.rows, found.predict, "binary")
    assert len(findings) == 10
    assert not asking(findings)


def by_position(rows):
    return truth(replace(rows, names=tuple(f"c{place}" for place in range(len(rows.names)))))


def with_a_coin():
    generator = np.random.default_rng(0)
    return lambda rows: generator.random(len(rows))


def refusing_gaps(rows):
    if np.isnan(rows.values).any():
        raise LearnerError("no gaps, please")
    return truth(rows)


def refusing_nothing(rows):
    if not len(rows):
        raise LearnerError("no rows, please")
    return truth(rows)


BROKEN = {
    "finite": (lambda rows: np.full(len(rows), np.nan), "finite numbers"),
    "probabilities": (lambda rows: truth(rows) * 3, "probabilities"),
    "coin": (with_a_coin(), "the same answer twice"),
    "batch": (lambda rows: truth(rows) * (1 - 1 / (1 + len(rows))), "in a batch"),
    "rows": (lambda rows: np.arange(len(rows)) / 1e4, "order of rows"),
    "columns": (by_position, "order of columns"),
    "gaps": (refusing_gaps, "every column is missing"),
    "empty": (refusing_nothing, "no rows with no scores"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_promise_blocks(name):
    predict, words = BROKEN[name]
    findings = contract_findings(world().rows, predict, "binary")
    assert any(words in what for what in asking(findings)), asking(findings)


def test_words_that_were_never_seen_must_be_answered():
    def strict(rows):
        if len(rows.dictionaries.get("shop", ())) > 2:
            raise LearnerError("which shop?")
        return np.full(len(rows), 0.5)

    rows = Rows(("shop",), np.zeros((50, 1)), {"shop": ("north", "south")})
    assert any("never saw" in what for what in asking(contract_findings(rows, strict, "binary")))


def test_a_reloaded_model_must_answer_bit_by_bit():
    score = np.array([0.1, 0.2])
    assert reloaded(score, score.copy()).severity is Severity.OK
    assert reloaded(score, np.nextafter(score, 1)).severity is Severity.ACT
