"""Synthetic classification problems whose truth is known, drawn from a seed.

Regularization is best seen where the noise is known: two inputs make a picture, fresh rows cost nothing,
and every seed can draw its own data, so that the spread over seeds is the spread over data sets. Each
problem is one record in ``GENERATORS``: where its classes lie without noise, and how much noise makes a
flexible network overfit at the default number of rows. The shapes never depend on the seed; two draws with
different seeds are independent samples of one distribution. Only NumPy is needed, so listing them is fast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bridle.checks import Problems, did_you_mean, one_of, problem
from bridle.errors import DataError

# The streams of a seed are separated by purpose: a split that shuffled with the very numbers that shuffled
# the generated rows would not be a random split at all.
_PURPOSE = 0x6472_6177
OUTLIERS = 0.03
"""The share of a pitch's rows that change sides."""

BOARD = 4
"""Fields along each side of a checkerboard."""

Draw = Callable[[int, float, int, np.random.Generator], tuple[np.ndarray, np.ndarray]]
Place = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Generator:
    """One synthetic problem.

    ``sample(rows, noise, classes, random)`` draws it; ``rows``, ``noise`` and ``classes`` are the defaults.
    ``armed`` says whether the number of classes may be chosen (as the spiral's arms).
    """

    name: str
    sentence: str
    sample: Draw
    rows: int
    noise: float
    features: tuple[str, ...] = ("x1", "x2")
    classes: int = 2
    armed: bool = False


@dataclass(frozen=True)
class Recipe:
    """A generator with its settings: what is needed to draw the same problem again with another seed."""

    generator: Generator
    rows: int
    noise: float
    arms: int | None = None

    @property
    def classes(self) -> int:
        """K, the number of classes."""
        return self.generator.classes if self.arms is None else self.arms

    @property
    def counts(self) -> np.ndarray:
        """How many rows each class has where classes are balanced, (K,)."""
        return np.bincount(_balanced(self.rows, self.classes), minlength=self.classes)

    def draw(self, seed: int, rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return independent rows of this problem, X (N, D) and y (N,); ``rows`` overrides the number."""
        return draw(self.generator.name, self.rows if rows is None else rows, self.noise, seed, self.arms)


def draw(
    name: str, rows: int | None = None, noise: float | None = None, seed: int = 0, arms: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a synthetic classification problem.

    The rows are shuffled, and classes differ by one row at most (except in ``pitch``, where the teams'
    numbers are left to chance).

    Parameters
    ----------
    name
        A key of ``GENERATORS``.
    rows
        How many rows, at least the number of classes; None takes the generator's own.
    noise
        Standard deviation of the Gaussian noise on the inputs (in ``pitch``, on the border), at least 0;
        None takes the generator's own.
    seed
        Any whole number of at least 0. The same seed gives the same bits.
    arms
        Number of arms, hence classes, of the spiral, at least 2; None takes its own.

    Returns
    -------
    X, y
        Inputs (N, D), float64, and class indices (N,), int64.

    Raises
    ------
    DataError
        If there is no such generator, or a setting is out of its range.

    Examples
    --------
    >>> X, y = draw("moons", rows=100, seed=3)
    >>> X.shape, int(y.sum())
    ((100, 2), 50)
    """
    generator = find_generator(name)
    classes = generator.classes if arms is None else arms
    found = Problems(f"generator {name!r}", DataError)
    if arms is not None and not generator.armed:
        found.add("arms", "left out, since only the spiral has them", arms)
    else:
        found.check_integer("arms", classes, 2)
    found.raise_if_any()
    rows = generator.rows if rows is None else rows
    noise = generator.noise if noise is None else noise
    found.check_integer("rows", rows, classes, f"It has {classes} classes, and each needs a row.")
    found.check_number("noise", noise, 0.0)
    found.check_integer("seed", seed, 0)
    found.raise_if_any()
    random = np.random.default_rng([_PURPOSE, int(seed)])
    return generator.sample(int(rows), float(noise), int(classes), random)


def find_generator(name: str) -> Generator:
    """Return a generator's record.

    Raises
    ------
    DataError
        If there is none of this name.
    """
    if name not in GENERATORS:
        hint = did_you_mean(name, GENERATORS)
        raise DataError(problem("generator", "name", one_of(GENERATORS), name, hint))
    return GENERATORS[name]


def _scattered(place: Place) -> Draw:
    """Return the generator that puts balanced classes in their places and blurs them with Gaussian noise."""

    def sample(
        rows: int, noise: float, classes: int, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        y = np.sort(_balanced(rows, classes))
        X = place(y, classes, random) + noise * random.standard_normal((rows, 2))
        order = random.permutation(rows)
        return X[order], y[order]

    return sample


def _balanced(rows: int, classes: int) -> np.ndarray:
    """Return as many rows of each class; spare rows go to the last, as in scikit-learn's make_moons."""
    return classes - 1 - np.arange(rows) % classes


def _pair(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.stack([first, second], axis=1)


def _moons(y: np.ndarray, classes: int, random: np.random.Generator) -> np.ndarray:
    # The angles are evenly spaced, not drawn: make_moons of scikit-learn has them so.
    angle = np.concatenate([np.linspace(0, np.pi, count) for count in np.bincount(y, minlength=2)])
    lower = y == 1
    return _pair(
        np.where(lower, 1 - np.cos(angle), np.cos(angle)), np.where(lower, 0.5 - np.sin(angle), np.sin(angle))
    )


def _circles(y: np.ndarray, classes: int, random: np.random.Generator) -> np.ndarray:
    angle = random.uniform(0, 2 * np.pi, y.size)
    radius = np.where(y == 1, 0.5, 1.0)
    return _pair(radius * np.cos(angle), radius * np.sin(angle))


def _spiral(y: np.ndarray, classes: int, random: np.random.Generator) -> np.ndarray:
    radius = random.uniform(0.1, 1, y.size)
    angle = 2 * np.pi * (y / classes + radius)
    return _pair(radius * np.cos(angle), radius * np.sin(angle))


def _blobs(y: np.ndarray, classes: int, random: np.random.Generator) -> np.ndarray:
    angle = 2 * np.pi * y / classes
    return _pair(np.cos(angle), np.sin(angle))


def _xor(y: np.ndarray, classes: int, random: np.random.Generator) -> np.ndarray:
    first = random.uniform(-1, 1, y.size)
    side = np.where(y == 1, -np.sign(first), np.sign(first))
    return _pair(first, side * random.uniform(0, 1, y.size))


def _checkerboard(y: np.ndarray, classes: int, random: np.random.Generator) -> np.ndarray:
    column = random.integers(0, BOARD, y.size)
    # In a column, the fields of one color lie on every second line.
    line = 2 * random.integers(0, BOARD // 2, y.size) + (column + y) % 2
    corner = _pair(column, line) - BOARD / 2
    return corner + random.uniform(0, 1, (y.size, 2))


def _pitch(
    rows: int, noise: float, classes: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw where the ball was won: two crowds on a pitch, and a border that bends between the teams.

    team = [position_y - 0.3 sin(5 position_x) + noise * normal > 0], and 3 % of the rows change sides.
    """
    crowd = random.integers(0, 2, rows)[:, None] * 2 - 1
    spot = crowd * np.array([-0.15, 0.12]) + 0.25 * random.standard_normal((rows, 2))
    X = 0.5 * np.tanh(2 * spot)  # nobody leaves the pitch
    margin = X[:, 1] - 0.3 * np.sin(5 * X[:, 0]) + noise * random.standard_normal(rows)
    return X, ((margin > 0) ^ (random.random(rows) < OUTLIERS)).astype(np.int64)


GENERATORS: dict[str, Generator] = {
    generator.name: generator
    for generator in (
        Generator("moons", "two interleaving half circles", _scattered(_moons), 300, 0.5),
        Generator("circles", "a ring around a smaller ring", _scattered(_circles), 300, 0.25),
        Generator(
            "spiral", "arms that wind once around the center", _scattered(_spiral), 300, 0.15, armed=True
        ),
        Generator("blobs", "three round clouds", _scattered(_blobs), 300, 0.75, classes=3),
        Generator("xor", "opposite quadrants belong together", _scattered(_xor), 300, 0.25),
        Generator("checkerboard", "fields of a board of four by four", _scattered(_checkerboard), 400, 0.2),
        Generator(
            "pitch",
            "positions on a football pitch, two teams, a curved border and a few outliers",
            _pitch,
            400,
            0.1,
            features=("x position", "y position"),
        ),
    )
}
"""Every synthetic problem by name, in the order in which lists show them."""
