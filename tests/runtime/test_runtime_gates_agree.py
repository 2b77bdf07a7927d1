"""The gate beside a live system and the gate of a replay decide alike on the same evidence."""

from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.declare.policy import Policy, Retrain, never
from trimtab.declare.releasing import Release
from trimtab.release.state import Candidate
from trimtab.runtime.live_loop import gating
from trimtab.runtime.replay.examining import ReleaseExaminer
from trimtab.runtime.replay.paired import Paired, Slices

DAY = 86_400_000_000
MARGIN = 0.01


def replayed(candidate, rows, code):
    """What the gate of a replay says of a candidate."""
    answers = SimpleNamespace(at=np.arange(len(rows.new)))
    slices = (Slices("shop", ("a", "b"), code),)
    policy = Policy("own", Retrain(never()))
    examiner = ReleaseExaminer(answers, policy, Release(margin=MARGIN), 2 * DAY, {}, slices)
    return examiner._judged(candidate, 9, rows, learned_until=0).verdict


def live(candidate, rows, code):
    """What the gate beside a live system says of it."""
    found = gating._Judged(rows.rows, rows.new, rows.old, since=0)
    masks = {f"shop={name}": code == place for place, name in enumerate("ab") if (code == place).any()}
    watch = SimpleNamespace(slices=("shop",))
    past = SimpleNamespace(
        day=rows.day,
        slices=lambda *_: masks,
        means=SimpleNamespace(system=SimpleNamespace(watch=watch)),
    )
    with patch.object(gating, "_baseline", lambda *_: rows.constant):
        return gating._judged(past, candidate, found, (), MARGIN).verdict


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["refresh", "change"]),
    st.integers(0, 30),
    st.sampled_from([1, 5, 40]),
    st.sampled_from([-0.2, 0.0, 0.02, 0.3]),
    st.sampled_from([-0.4, 0.0, 0.4]),
    st.sampled_from([-0.3, 0.0, 0.6]),
    st.integers(0, 9),
)
def test_live_and_replay_say_the_same_of_a_candidate(kind, days, rows, worse, skill, in_slice, seed):
    """Each of: too few days, harm, no skill where the champion has it or has none, a harmed slice, large or small."""
    draw, count = np.random.default_rng(seed), days * rows
    old = 1.0 + 0.1 * draw.standard_normal(count)
    code = np.arange(count) % 2
    new = old + worse + np.where(code == 0, in_slice, 0.0) + 0.1 * draw.standard_normal(count)
    constant = old + skill + 0.1 * draw.standard_normal(count)
    paired = Paired(np.arange(count), np.repeat(np.arange(days), rows), new, old, constant)
    candidate = Candidate("v2", "r", kind, 0.01, 0)
    assert replayed(candidate, paired, code) == live(candidate, paired, code)
