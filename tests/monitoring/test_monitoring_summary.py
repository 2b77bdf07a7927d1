"""What a window comes down to: summaries of any parts merge to that of the whole, bit by bit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joined_world import BY_ROW, DAY, DAYS, MONDAY, TEXTS, accepted, log_of

from trimtab.monitoring.counts import Columns
from trimtab.monitoring.options import Options
from trimtab.monitoring.summary import summarise_inputs, summarise_outcomes

patient = settings(deadline=None, max_examples=15)
START = MONDAY + DAYS * DAY
SLICED = replace(BY_ROW, slices=("word",))
kinds = st.sampled_from([(SLICED, False), (SLICED, True), (Options(slices=("word",)), True)])
parting = st.lists(st.integers(0, 2), min_size=120, max_size=120)


def window(paired, zones=None):
    """A day of 120 rows, some without label, score or answer of the other model."""
    log = log_of(5, DAYS, 1, rows=120, paired=paired)
    score, label = log.score.copy(), log.label.copy()
    score[::17], label[::13] = np.nan, np.nan
    other = log.reference_score
    if other is not None:
        other[::11] = np.nan
    offset = None if zones is None else np.where(np.arange(120) < zones, 3, 2) * 3_600_000_000
    return replace(log, score=score, label=label, reference_score=other, zone_offset=offset)


def plain(summary):
    """A summary's values as what can be compared."""
    values = dict(vars(summary))
    if "counts" in values:
        values["counts"] = {name: np.asarray(each).tolist() for name, each in vars(values["counts"]).items()}
        values["counts"] = str(values["counts"])
    return values


@patient
@given(kinds, parting, st.none() | st.integers(0, 120))
def test_summaries_of_parts_merge_to_that_of_the_whole(kind, part, zones):
    reference, rows = accepted(kind[0], paired=kind[1]), window(kind[1], zones)
    chosen = [rows.take(np.flatnonzero(np.array(part) == each)) for each in (2, 0, 1)]
    for of in (summarise_outcomes, lambda *given: summarise_inputs(*given, uncertainty=0.01)):
        first, second, third = (of(reference, each, START) for each in chosen)
        whole = plain(of(reference, rows, START))
        assert plain(first.merge(second).merge(third)) == whole
        assert plain(third.merge(first.merge(second))) == whole


@patient
@given(st.permutations(TEXTS["word"]), st.booleans())
def test_shuffled_dictionaries_and_columns_change_nothing(words, turned):
    rows = window(paired=False)
    code = np.array([words.index(word) for word in TEXTS["word"]], float)
    values = rows.columns.values.copy()
    values[:, -1] = code[values[:, -1].astype(int)]
    order = list(range(values.shape[1]))[:: -1 if turned else 1]
    names = tuple(rows.columns.names[place] for place in order)
    same = replace(rows, columns=Columns(names, values[:, order], {"word": tuple(words)}))
    reference = accepted(SLICED)
    for of in (summarise_inputs, summarise_outcomes):
        assert plain(of(reference, same, START)) == plain(of(reference, rows, START))


def test_words_never_seen_and_text_for_a_number_are_missing_to_the_error_model():
    rows, reference = window(paired=False), accepted()

    def estimated(column, words):
        values = rows.columns.values.copy()
        values[:, rows.columns.names.index(column)] = np.nan if words is None else 5.0
        texts = TEXTS if words is None else {**TEXTS, column: (*TEXTS["word"], "new")}
        columns = Columns(rows.columns.names, values, texts)
        return summarise_inputs(reference, replace(rows, columns=columns), START).estimated

    assert estimated("word", "new") == estimated("word", None)
    assert estimated("z0", "text") == estimated("z0", None)
    numbers = Columns(rows.columns.names, rows.columns.values, {})
    found = summarise_inputs(reference, replace(rows, columns=numbers), START).estimated
    assert found == estimated("word", None)


def test_what_was_summarised_is_not_changed():
    rows = window(paired=False)
    before = rows.columns.values.copy()
    columns = replace(rows.columns, dictionaries={"word": (*TEXTS["word"], "new")})
    columns.values[0, -1] = 5.0
    before[0, -1] = 5.0
    summarise_inputs(accepted(), replace(rows, columns=columns), START)
    assert np.array_equal(rows.columns.values, before)


def test_losses_are_those_of_rows_with_score_and_label():
    rows, reference = window(paired=True), accepted(paired=True)
    found = summarise_outcomes(reference, rows, START)
    known = ~np.isnan(rows.score) & ~np.isnan(rows.label)
    both = known & ~np.isnan(rows.reference_score)
    wrong = (rows.score >= 0.5) != rows.label
    assert (found.loss.rows, found.loss.total) == (known.sum(), wrong[known].sum())
    others = (rows.reference_score >= 0.5) != rows.label
    assert (found.reference_loss.rows, found.reference_loss.total) == (both.sum(), others[both].sum())
    assert found.parts["realised"].total == wrong[both].sum() - others[both].sum()


def test_windows_without_rows_or_labels_are_empty():
    nothing = window(paired=False).take(slice(0))
    inputs, outcomes = (
        summarise_inputs(accepted(), nothing, START),
        summarise_outcomes(accepted(), nothing, START),
    )
    assert (inputs.rows, inputs.estimated.rows, inputs.counts.rows) == (0, 0, 0)
    assert (outcomes.parts, outcomes.loss.rows) == ({}, 0)


@pytest.mark.parametrize(("rows", "weighed"), [(499, False), (500, True)])
def test_few_rows_are_not_worth_the_second_estimate(rows, weighed):
    found = summarise_inputs(accepted(), log_of(5, DAYS, 1, rows=rows), START, weigh=True)
    assert (found.reweighted is not None) is weighed
