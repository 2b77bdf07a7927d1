"""The declaration of a release: defaults that can be kept to, and mistakes told where they were written."""

import pytest

from trimtab.declare.releasing import Release
from trimtab.errors import DeclarationError
from trimtab.units import days


def test_the_defaults_are_fine_and_equal_wherever_they_are_written():
    assert Release() == Release(shadow=days(14), canary=(0.25,))


@pytest.mark.parametrize(
    "wrong",
    [
        {"shadow": days(13)},
        {"deadline": days(14)},
        {"watch_after": days(7)},
        {"canary": (0.25, 0.05)},
        {"canary": (0.5, 1.0)},
        {"exposures": 0},
        {"margin": -0.1},
        {"margin": 1.0},
        {"harmful_promotions_per_year": 0},
        {"false_rollbacks_per_year": 50},
        {"approval": ("canry",)},
        {"shadow": 14},
    ],
)
def test_what_cannot_be_kept_to_is_told_with_its_place(wrong):
    with pytest.raises(DeclarationError, match=r"test_release_declared.py:\d+") as caught:
        Release(**wrong)
    assert "do: " in str(caught.value) or "did you mean 'canary'" in str(caught.value)
