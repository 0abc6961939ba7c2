"""Images to look at: what training sees at every strength, and what the recommended network mistakes.

An augmentation that turns one class into another, or leaves nothing to see, is noticed at a glance and by no
number. So the report shows a few training images of the first split through the very functions that changed
them in training. The mistakes are held-out images, those that the network was most sure of.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridle import streams
from bridle.engine.perturbing import perturbed_rows
from bridle.engine.pixels import numbers_of
from bridle.registry import REGISTRY
from bridle.study.candidates import Candidate, Company
from bridle.study.images import upright
from bridle.study.portrait import Sitter
from bridle.study.rounds import Part, Round
from bridle.study.selection import Pool
from bridle.study.tables import Table
from bridle.study.traits import Gallery, Mistake, Sheet, Strip

MOST_EXAMPLES = 6
MOST_STRIPS = 6
MOST_MISTAKES = 12
_SEED = 0


def gallery_of(
    table: Table, rounds: list[Round], companies: Sequence[Company], best: Pool, held_out: str, inspect: bool
) -> Gallery | None:
    """Return a comparison's images to look at, None where rows are no images.

    Parameters
    ----------
    table, rounds
        The data.
    companies
        Whose candidates' strengths are shown.
    best
        The recommended entry.
    held_out
        The part whose mistakes are shown, "validation" or "test".
    inspect
        Whether to keep mistakes.
    """
    if table.image is None:
        return None
    data = rounds[0]
    chosen = _examples(data.train.y)
    x = numbers_of(data.train.x[chosen]).T
    sheets = [_sheet(name, company, data, x, chosen) for company in companies for name in _visible(company)]
    mistakes = _mistakes(table, rounds, best, held_out) if inspect else ()
    return Gallery(_seen(data, x), tuple(sheets), mistakes)


def _examples(y: np.ndarray) -> np.ndarray:
    """Return the places of a few rows, of as many classes as there are places for."""
    _, first = np.unique(y, return_index=True)
    others = np.setdiff1d(np.arange(len(y)), first)
    return np.concatenate([np.sort(first), others])[:MOST_EXAMPLES]


def _visible(company: Company) -> list[str]:
    """Return the entries of which something can be seen: what perturbs inputs."""
    return [
        name
        for name in dict.fromkeys(one.name for one in company.candidates)
        if any(
            part in REGISTRY
            and REGISTRY[part].perturbation is not None
            and REGISTRY[part].family in ("images", "rows")
            for part in name.split("+")
        )
    ]


def _sheet(name: str, company: Company, data: Round, x: np.ndarray, rows: np.ndarray) -> Sheet:
    own = [one for one in company.candidates if one.name == name]
    each = {one.settings: one for one in own}
    ordered = [each[key] for key in sorted(each, key=lambda key: [value for _, value in key])]
    if len(ordered) > MOST_STRIPS:
        places = np.linspace(0, len(ordered) - 1, MOST_STRIPS).round().astype(int)
        ordered = [ordered[k] for k in places]
    strips = [Strip(dict(one.settings), _seen(data, _perturbed(one, company, x, rows))) for one in ordered]
    return Sheet(name, tuple(strips))


def _perturbed(one: Candidate, company: Company, x: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return rows (D, B) as the first update of a training of this seed would see them."""
    plan, given = company.plan, dict(one.settings)
    settings = {
        name: np.asarray(given.get(name, setting.default if setting.off is None else setting.off), x.dtype)
        for name, setting in plan.settings.items()
    }
    words = streams.row_words(rows.astype(np.uint32)[None])
    t = np.zeros((plan.outputs, x.shape[1]), dtype=x.dtype)
    seed, first = np.asarray(_SEED, dtype=np.uint32), np.asarray(0, dtype=np.int32)
    return np.asarray(perturbed_rows(plan.records, settings, seed, first, x, t, words, plan.about)[0])


def _seen(data: Round, x: np.ndarray) -> np.ndarray:
    """Return standardized rows (D, B) as 8-bit images (B, H, W, C)."""
    structure, learned = data.preparation.structure, data.preparation.learned
    assert structure.image is not None
    assert learned is not None
    raw = x.T * learned.numbers.scales + learned.numbers.means
    cells = data.whole.to_numpy()
    if cells.dtype != np.uint8:
        low, high = float(cells.min()), float(cells.max())
        raw = (raw - low) * (255 / (high - low) if high > low else 1.0)
    return upright(np.clip(np.rint(raw), 0, 255).astype(np.uint8), structure.image)


def _mistakes(table: Table, rounds: list[Round], best: Pool, held_out: str) -> tuple[Mistake, ...]:
    """Return the surest mistakes, each image once."""
    found: dict[int, tuple[float, Mistake]] = {}
    for one in rounds:
        part: Part = getattr(one, held_out)
        p = Sitter(best, one).predict(part.x)
        taken = np.argmax(p, axis=1)
        wrong = np.flatnonzero(taken != part.y)
        surest = wrong[np.argsort(-p[wrong, taken[wrong]], kind="stable")[:MOST_MISTAKES]]
        images = _seen(one, numbers_of(part.x[surest]).T)
        for k, image in zip(surest.tolist(), images, strict=True):
            row = k if part.rows is None else int(part.rows[k])
            sure = float(p[k, taken[k]])
            if row not in found or found[row][0] < sure:
                classes = table.classes or ()
                truth, guess = str(classes[int(part.y[k])]), str(classes[int(taken[k])])
                found[row] = (sure, Mistake(image, _name(table, part, row), truth, guess, sure))
    surest_first = sorted(found.values(), key=lambda pair: -pair[0])
    return tuple(mistake for _, mistake in surest_first[:MOST_MISTAKES])


def _name(table: Table, part: Part, row: int) -> str:
    return table.names[row] if part.rows is not None and row < len(table.names) else ""
