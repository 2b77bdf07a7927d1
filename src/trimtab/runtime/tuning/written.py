"""A learner as a person writes it into a system file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def written(learner: Any, settings: Mapping[str, Any]) -> str:
    """The learner with some settings: its class, and every setting that is not the usual one, a line each.

    >>> from sklearn.linear_model import Ridge
    >>> print(written(Ridge(alpha=2.0, solver="svd"), {"alpha": 0.5}))
    Ridge(
        alpha=0.5,
        solver='svd',
    )
    """
    kind = type(learner)
    usual = _usual(kind)
    own = {**learner.get_params(deep=False), **settings}
    # by their text, for NaN is a usual value of some
    told = {name: value for name, value in own.items() if repr(value) != repr(usual.get(name, settings))}
    lines = "".join(f"\n    {name}={value!r}," for name, value in told.items())
    return f"{kind.__name__}({lines}\n)" if lines else f"{kind.__name__}()"


def _usual(kind: Any) -> dict[str, Any]:
    try:
        return dict(kind().get_params(deep=False))
    except TypeError:  # a learner that is made around another one has no usual settings
        return {}
