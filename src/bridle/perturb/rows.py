"""Training rows with parts cut out, columns of a table or a square of a picture; draws hash the row's id."""

from __future__ import annotations

from bridle.perturb.about import About
from bridle.perturb.boxes import around, erased
from bridle.perturb.draws import columns_kept, row_uniform
from bridle.streams import Key
from bridle.types import Array, namespace


def cut_out(x: Array, t: Array, key: Key, rows: Array, strength: Array, about: About) -> tuple[Array, Array]:
    """Return rows with a part of 0, the mean of standardized inputs (cutout).

    With probability ``strength`` a row takes part. Of a picture, a square is 0 whose side is half the
    picture's shorter side, rounded, and whose middle is any pixel; what reaches outside is lost. Of a table's
    row a share s ~ U(0, 1/2) is drawn, and each column is 0 with probability s. Targets stay.

    Source: DeVries and Taylor (2017), Cutout, section 3, with their 16 of 32 pixels for CIFAR-10; on table
    rows, Kadra et al. (2021), section 3.

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
        Whether rows are pictures.
    """
    xp = namespace(x)
    if about.image is not None:
        size = about.image[1:]
        takes_part, middle_y, middle_x = (row_uniform(key, which, rows, x) for which in range(3))
        side = xp.full_like(middle_y, min(size) / 2)
        box = around(middle_y, middle_x, side, side, size)
        cut = erased(xp.reshape(x, (*about.image, x.shape[1])), box)
        return xp.where(takes_part < strength, xp.reshape(cut, x.shape), x), t
    share = 0.5 * row_uniform(key, x.shape[0], rows, x)
    takes_part = row_uniform(key, x.shape[0] + 1, rows, x) < strength
    rate = xp.where(takes_part, share, xp.zeros_like(share))
    return xp.where(columns_kept(key, x, rows, rate), x, xp.zeros_like(x)), t
