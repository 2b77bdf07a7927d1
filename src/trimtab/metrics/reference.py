"""How much better than a reference, on the same rows: the measure that survives a moving base rate."""

import numpy as np
from numpy.typing import ArrayLike

from trimtab.metrics.rows import weighted_mean


def skill(losses: ArrayLike, reference_losses: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return 1 - mean loss / mean reference loss: 1 is perfect, 0 as good as the reference, below 0 worse.

    Both are per-row losses (n,) of the same rows. NaN when the reference loses nothing or there is no row.
    Raises ValueError when the shapes differ. Source: Murphy 1988.

    >>> skill([0.25, 0.5], [0.5, 1.0])
    0.5
    """
    mean, reference = _means(losses, reference_losses, weight)
    return 1 - mean / reference if reference > 0 else float("nan")


def loss_difference(losses: ArrayLike, reference_losses: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return mean loss - mean reference loss on the same rows, in the loss's unit; below 0 is better.

    NaN when there is no row. Raises ValueError when the shapes differ.

    >>> loss_difference([0.2, 0.4], [0.5, 0.7]).__round__(3)
    -0.3
    """
    mean, reference = _means(losses, reference_losses, weight)
    return mean - reference


def _means(losses: ArrayLike, reference: ArrayLike, weight: ArrayLike | None) -> tuple[float, float]:
    if np.shape(losses) != np.shape(reference):
        raise ValueError(
            f"losses are of the same rows; got shapes {np.shape(losses)} and {np.shape(reference)}"
        )
    return weighted_mean(losses, weight), weighted_mean(reference, weight)
