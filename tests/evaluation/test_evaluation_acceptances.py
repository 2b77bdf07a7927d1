import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.errors import UsageError
from trimtab.evaluation.acceptances import Acceptance, name_of, named, settled
from trimtab.finding import Finding, Severity

DAY = 86_400_000_000
WEAK = Finding("weak slice: the model loses more than it expects where wind is above 12.5", Severity.WATCH)
LEAK = Finding("leak: 3.1% of the rows are older than what the candidate learned from", Severity.ACT)


def taken(finding, *, at=0, until=DAY, severity=None):
    return Acceptance(name_of(finding.what), severity or finding.severity, "Ann Lee", "a pilot", at, until)


def test_figures_are_no_part_of_a_name_but_the_rows_that_it_is_about_are():
    assert name_of(LEAK.what) == name_of(
        "leak: 40% of the rows are older than what the candidate learned from"
    )
    other = "weak slice: the model loses more than it expects where wind is above 20"
    assert name_of(WEAK.what) != name_of(other)


def test_an_accepted_finding_says_by_whom_until_when_and_why():
    (found,) = settled([LEAK], [taken(LEAK)], now=5)
    assert found.severity is Severity.INFO
    assert found.what.endswith("(accepted by Ann Lee until 1970-01-02)")
    assert ("accepted because", "a pilot") in found.evidence
    assert ("without the acceptance", "ACT") in found.evidence


def test_what_comes_worse_than_it_was_accepted_comes_back():
    worse = Finding(WEAK.what, Severity.ACT)
    assert settled([worse], [taken(WEAK)], now=5) == (worse,)


def test_what_could_not_run_is_never_settled():
    unknown = Finding(WEAK.what, Severity.NOT_RUN)
    assert settled([unknown], [taken(WEAK, severity=Severity.ACT)], now=5) == (unknown,)


FINDINGS = st.builds(
    Finding, st.sampled_from(["a is weak", "b is weak", "2 of 3 are wrong"]), st.sampled_from(list(Severity))
)
TAKEN = st.builds(
    Acceptance,
    st.sampled_from(["a-is-weak", "b-is-weak", "of-are-wrong"]),
    st.sampled_from([Severity.WATCH, Severity.ACT]),
    st.just("Ann"),
    st.just("why"),
    st.integers(0, 5),
    st.integers(0, 9),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(FINDINGS, max_size=4), st.lists(TAKEN, max_size=4), st.integers(0, 9))
def test_a_finding_is_settled_just_when_some_acceptance_in_force_covers_it(findings, acceptances, now):
    for before, after in zip(findings, settled(findings, acceptances, now), strict=True):
        naive = any(
            each.name == name_of(before.what)
            and each.at <= now < each.until
            and before.severity in {Severity.WATCH, Severity.ACT}
            and not (before.severity is Severity.ACT and each.severity is Severity.WATCH)
            for each in acceptances
        )
        assert (after != before) is naive
        assert after.severity is (Severity.INFO if naive else before.severity)


def test_a_finding_is_named_by_its_sentence_its_name_or_its_beginning():
    both = [WEAK, LEAK]
    for given_ in (LEAK.what, name_of(LEAK.what), "leak", "leak: 9% of the rows"):
        assert named(both, given_) is LEAK


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        ("weka slice", "weak-slice"),
        ("", "no finding on record begins"),
        ("all is well", "it asks for nothing"),
        ("not tried", "missing evidence never promotes"),
    ],
)
def test_what_cannot_be_accepted_is_refused_in_words(given_, told):
    known = [
        WEAK,
        LEAK,
        Finding("all is well", Severity.OK),
        Finding("not tried", Severity.NOT_RUN, cause="too few days"),
    ]
    with pytest.raises(UsageError, match=told):
        named(known, given_)


def test_a_beginning_that_several_share_is_refused_with_their_names():
    with pytest.raises(UsageError, match="several findings begin") as refused:
        named([Finding("a is weak", Severity.ACT), Finding("a is wrong", Severity.ACT)], "a is")
    assert "a-is-weak; a-is-wrong" in str(refused.value)
