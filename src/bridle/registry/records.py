"""What a regularizer's record holds; the records themselves lie beside this module, a family a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bridle.checks import interval
from bridle.perturb.about import About
from bridle.perturb.motions import Motion
from bridle.streams import Key, Purpose
from bridle.types import Array

Family = Literal["penalty", "constraint", "decay", "noise", "images", "rows", "targets", "gradient", "time"]
Requirement = Literal[
    "", "classification", "selu", "pictures", "pictures in color", "pictures in convolutions"
]


@dataclass(frozen=True)
class Setting:
    """One number that a regularizer takes for each member.

    ``off`` is the value at which the regularizer is the identity to the bit (None for a setting that only
    shapes it); ``default`` is used where members do not name it. ``slots`` says what a value a layer means.
    """

    name: str
    sentence: str
    unit: str
    default: float
    low: float = 0.0
    high: float = math.inf
    open_high: bool = False
    off: float | None = None
    grid: tuple[float, ...] = ()
    slots: Literal["layer", "layer inputs", "none"] = "layer"

    @property
    def allowed(self) -> str:
        """The range in words."""
        return interval(self.low, self.high, self.open_high)

    def admits(self, value: float) -> bool:
        """Return whether a number is in the range; infinity is where that means off."""
        below = value < self.high if self.open_high else value <= self.high
        return self.low <= value and below and (math.isfinite(value) or value == self.off)


@dataclass(frozen=True)
class Term:
    """One penalty term ``strength * Omega(parameters)`` on the weights, biases or outputs of each layer.

    On outputs ("activations") the strength comes as one a row, (1, B), and the term has a gradient. Otherwise
    a term has a gradient, or a proximal operator (and then a subgradient for comparison). The proximal
    operator takes a threshold that is a scalar, or one a coordinate. ``grouped_by`` says what reaches zero
    together. ``per`` "batch" divides the strength by the weights of the current mini-batch's rows, whatever
    the plan's ``penalty_scale``.
    """

    on: Literal["weights", "biases", "activations"]
    strength: Callable[[Mapping[str, Array]], Array]
    value: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array] | None = None
    prox: Callable[[Array, Array], Array] | None = None
    subgradient: Callable[[Array, Array, float], Array] | None = None
    first_layer_only: bool = False
    grouped_by: Literal["coordinates", "neurons", "inputs"] = "coordinates"
    per: Literal["objective", "batch"] = "objective"


@dataclass(frozen=True)
class Injection:
    """Noise on what enters a layer, or on its weights, in training alone.

    ``forward(a, draws, strength)`` returns the noisy array and a cache, ``backward(dout, cache)`` the
    gradient. ``draws`` are "keep" (True with probability 1 - strength) or "normal". ``where`` is "inputs" (of
    the network), "layer inputs" (with one strength for all, those of the hidden layers' outputs; with a
    strength a layer, the network's inputs too) or "weights". ``per`` says what has a draw of its own for each
    row: a unit, or a channel of what enters a layer as pictures, and nothing else.
    """

    forward: Callable[[Array, Array, Array], tuple[Array, Any]]
    backward: Callable[[Array, Any], Array]
    draws: Literal["keep", "normal"]
    where: Literal["inputs", "layer inputs", "weights"]
    purpose: Purpose
    per: Literal["unit", "channel"] = "unit"


@dataclass(frozen=True)
class Perturbation:
    """What training does to a batch's rows and targets before the forward pass.

    ``apply(x, t, key, rows, strength, about)`` returns new inputs (D, B) and targets (K, B); ``key`` is the
    update's stream of this purpose, ``rows`` are the words of the row ids, (1, B), and ``about`` says what
    rows and targets are. ``motion(key, rows, strength, image)`` says where a picture's pixels come from: the
    motions of all perturbations are composed and the picture is read once, before anything is applied
    (:func:`bridle.engine.perturbing.perturbed_rows`). ``couples`` tells whether what becomes of a row depends
    on which others are in its batch.
    """

    purpose: Purpose
    apply: Callable[[Array, Array, Key, Array, Array, About], tuple[Array, Array]] | None = None
    motion: Callable[[Key, Array, Array, tuple[int, int, int]], Motion] | None = None
    couples: bool = False


@dataclass(frozen=True)
class Regularizer:
    """One regularizer's record; see the module's opening paragraph.

    ``requires`` names what a plan must have for it to make sense: a loss of classes ("classification",
    without which the plan is refused), an activation, or inputs that are pictures, in some cases of three
    channels (a plan without them is refused), in others as convolutions hand them on (elsewhere it does
    nothing). ``attack(x, dx, strength)`` returns inputs moved
    against the network by their gradient, (D, B).
    """

    name: str
    family: Family
    formula: str
    settings: tuple[Setting, ...]
    sentence: str
    source: str
    notes: str = ""
    terms: tuple[Term, ...] = ()
    injection: Injection | None = None
    perturbation: Perturbation | None = None
    attack: Callable[[Array, Array, Array], Array] | None = None
    project: Callable[[Array, Array], Array] | None = None
    requires: Requirement = ""

    @property
    def strength(self) -> Setting:
        """The setting that says how strong it is: the first one."""
        return self.settings[0]

    @property
    def reaches_rows(self) -> bool:
        """Whether it changes what enters products over rows, where off to the bit means to be left out."""
        hooks = (self.injection, self.perturbation, self.attack)
        return any(hook is not None for hook in hooks) or any(term.on == "activations" for term in self.terms)


PENALTY_UNIT = "per unit of the mean loss"
STRENGTHS = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
BOOK = "Goodfellow, Bengio and Courville (2016), Deep Learning"


def named(name: str) -> Callable[[Mapping[str, Array]], Array]:
    """Return how a term finds its strength: the setting of this name."""
    return lambda settings: settings[name]


def strength_setting(name: str, sentence: str, grid: tuple[float, ...], unit: str = PENALTY_UNIT) -> Setting:
    """Return a strength: at least 0, off at 0, which is also its default."""
    return Setting(name, sentence, unit, default=0.0, off=0.0, grid=grid)
