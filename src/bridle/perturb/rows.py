"""Training rows with parts cut out; all draws hash the row's id."""

from __future__ import annotations

from bridle.perturb.about import About
from bridle.perturb.draws import columns_kept, row_uniform
from bridle.streams import Key
from bridle.types import Array, namespace


def cut_columns(
    x: Array, t: Array, key: Key, rows: Array, strength: Array, about: About
) -> tuple[Array, Array]:
    """Return rows some of whose columns are 0, the mean of standardized inputs (cutout).

    With probability ``strength`` a row takes part; then a share s ~ U(0, 1/2) is drawn, and each column is
    set to 0 with probability s. Targets stay.

    Source: DeVries and Taylor (2017), Cutout, section 3.1; on table rows, Kadra et al. (2021), section 3.

    Parameters
    ----------
    x
        Inputs, (D, B).
    t
        Targets, (K, B).
    key, rows
        The update's stream, and the rows' words, (1, B).
    strength
        Probability that a row takes part, in [0, 1], a scalar; at 0 rows stay exactly as they are.
    about
        Not used.
    """
    xp = namespace(x)
    share = 0.5 * row_uniform(key, x.shape[0], rows, x)
    takes_part = row_uniform(key, x.shape[0] + 1, rows, x) < strength
    rate = xp.where(takes_part, share, xp.zeros_like(share))
    return xp.where(columns_kept(key, x, rows, rate), x, xp.zeros_like(x)), t
