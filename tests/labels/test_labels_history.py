import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trimtab.labels.history import (
    CENSORED,
    MATURE,
    PENDING,
    PROVISIONAL,
    LabelHistory,
    as_known,
    revised_after_maturity,
)

NAN = float("nan")


def history(versions, matures_at, silence=NAN):
    versions = sorted(versions)
    row, known, value = (np.array([v[i] for v in versions]) for i in range(3))
    return LabelHistory(
        row.astype(np.int64),
        known.astype(np.int64),
        value.astype(float),
        np.array(matures_at, dtype=np.int64),
        silence,
    )


def test_states_follow_the_clock():
    labels = history([(0, 10, 1.0), (1, 50, 0.0)], [20, 20, 20])
    assert as_known(labels, 10).state.tolist() == [PENDING, PENDING, PENDING]
    assert as_known(labels, 15).state.tolist() == [PROVISIONAL, PENDING, PENDING]
    assert as_known(labels, 20).state.tolist() == [MATURE, CENSORED, CENSORED]
    assert as_known(labels, 60).state.tolist() == [MATURE, MATURE, CENSORED]


def test_silence_may_be_an_answer():
    view = as_known(history([(0, 10, 1.0)], [20, 20], silence=0.0), 20)
    assert view.value.tolist() == [1.0, 0.0]
    assert view.mature.all()


def test_the_version_known_at_t_counts_and_revisions_are_told():
    labels = history([(0, 10, 1.0), (0, 30, 0.0)], [20])
    assert as_known(labels, 30).value.tolist() == [1.0]
    assert as_known(labels, 31).value.tolist() == [0.0]
    assert revised_after_maturity(labels) == 1


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 30), st.sampled_from([0.0, 1.0])),
        max_size=15,
        unique_by=lambda v: v[:2],
    ),
    st.lists(st.integers(0, 30), min_size=5, max_size=5),
    st.integers(0, 31),
)
def test_as_known_equals_the_obvious_loop(versions, matures_at, now):
    view = as_known(history(versions, matures_at), now) if versions else None
    for row in range(5) if view else ():
        seen = [value for r, known, value in sorted(versions) if r == row and known < now]
        expected = MATURE if seen and matures_at[row] <= now else PROVISIONAL if seen else PENDING
        if not seen and matures_at[row] <= now:
            expected = CENSORED
        assert view.state[row] == expected
        assert (np.isnan(view.value[row]) and not seen) or view.value[row] == seen[-1]


def test_early_positives_would_double_the_rate_and_maturity_prevents_it():
    """The trap: positives are known at once, negatives only when the window closes."""
    rng = np.random.default_rng(5)
    rows = 20_000
    at = np.sort(rng.integers(0, 100, rows))
    positive = rng.random(rows) < 0.15
    known = np.where(positive, at + 1, at + 30)
    labels = history(list(zip(range(rows), known, positive.astype(float), strict=True)), at + 30)
    view = as_known(labels, 60)
    early = view.value[~np.isnan(view.value)].mean()
    mature = view.value[view.mature].mean()
    assert abs(mature - 0.15) < 0.01
    assert early > 0.22
