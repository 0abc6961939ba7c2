"""What a script needs to know of a trained network, and what it cannot express.

A script is refused, with a reason, rather than written so that it trains something else: a regularizer that a
library does not have, layers or normalization that it does not have, or schedules.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NoReturn

from bridle.checks import one_of, problem
from bridle.engine.layers import Dense
from bridle.engine.plan import Plan
from bridle.errors import PlanError
from bridle.study.model import Model
from bridle.study.prepare import Preparation

RUNNING = "Running statistics begin at 0 and 1 here; bridle's begin as plain means of ten batches."
"""What scripts say of batch normalization."""


@dataclass(frozen=True)
class Library:
    """What a library's script can express; ``title`` is what messages call it."""

    title: str
    regularizers: Collection[str]
    activations: Collection[str]
    layers: tuple[type, ...] = (Dense,)
    normalizations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """A network's plan and its strengths by name, those that are on; ``classes`` is 0 for a regression.

    ``pixels`` are the mean and the deviation of each channel, where rows are images.
    """

    plan: Plan
    strengths: dict[str, float]
    learning_rate: float
    seed: int
    regularizer: str
    data: str
    target: str
    classes: int
    pixels: tuple[list[float], list[float]] | None = None

    def strength(self, name: str) -> float:
        """Return a strength, 0 where it is off."""
        return self.strengths.get(name, 0.0)

    @property
    def l1(self) -> float:
        """The factor of ``sum |W|``, the elastic net's part included."""
        return self.strength("l1") + self.strength("elastic_net") * self.strength("elastic_net_ratio")

    @property
    def l2(self) -> float:
        """The factor of ``1/2 sum W^2``, the elastic net's part included."""
        return self.strength("l2") + self.strength("elastic_net") * (1 - self.strength("elastic_net_ratio"))

    @property
    def normalizations(self) -> set[str]:
        """The kinds of normalization in the network."""
        return {stage.normalization for stage in self.plan.stages if stage.normalization is not None}

    @property
    def has_shortcuts(self) -> bool:
        """Whether there are residual blocks."""
        return any(stage.closes for stage in self.plan.stages)

    @property
    def title(self) -> str:
        """What this is, in one line."""
        settings = ", ".join(f"{name} {value:g}" for name, value in self.strengths.items())
        network = " - ".join(map(str, self.plan.sizes))
        how = f"{self.regularizer} ({settings})" if settings else self.regularizer
        return f"{network}, {how}, learning rate {self.learning_rate:g}"


def recipe_of(model: Model, library: Library) -> Recipe:
    """Return a model's recipe.

    Parameters
    ----------
    model
        A trained network.
    library
        What its script can express.

    Raises
    ------
    PlanError
        If the script would train something else.
    """
    plan = model.plan
    hint = "Export to ONNX to use the trained network itself."

    def refuse(what: str, allowed: str, value: Any) -> NoReturn:
        raise PlanError(problem("export", what, f"{allowed} for {library.title}", value, hint))

    strengths: dict[str, float] = {}
    for record in plan.records:
        if model.settings.get(record.strength.name, record.strength.off) == record.strength.off:
            continue
        if record.name not in library.regularizers:
            refuse("regularizer", one_of(library.regularizers), record.name)
        strengths |= {one.name: float(model.settings.get(one.name, one.default)) for one in record.settings}
    for layer in plan.layers:
        if not isinstance(layer, library.layers):
            refuse("layers", one_of([one.__name__ for one in library.layers]), layer)
    for stage in plan.stages:
        if stage.normalization not in (None, *library.normalizations):
            refuse("normalization", one_of(["None", *library.normalizations]), stage.normalization)
        if stage.activation not in library.activations:
            refuse("activation", one_of(library.activations), stage.activation)
    if plan.stages[0].opens and "input_noise" in strengths:
        refuse("layers", "dense at first with input_noise", plan.layers[0])
    if plan.schedule != "constant" or plan.strength_schedules or plan.loss == "poisson":
        refuse("schedules", "constant, with a loss of classes or squares,", plan.schedule)
    return Recipe(
        plan=plan,
        strengths=strengths,
        learning_rate=model.learning_rate,
        seed=model.seed,
        regularizer=model.regularizer,
        data=model.data,
        target=model.target,
        classes=0 if model.classes is None else len(model.classes),
        pixels=_pixels(model.preparation),
    )


def _pixels(preparation: Preparation) -> tuple[list[float], list[float]] | None:
    image, learned = preparation.structure.image, preparation.learned
    if image is None or learned is None:
        return None
    first = slice(None, None, image[1] * image[2])
    means, scales = (one[first].round(4).tolist() for one in (learned.numbers.means, learned.numbers.scales))
    return means, scales


def heading(recipe: Recipe, library: str, notes: Collection[str] = ()) -> list[str]:
    """Return the docstring of a script, line by line; nothing of it comes from a user's file."""
    width = recipe.plan.inputs
    truth = (
        "values with mean 0 and variance 1"
        if not recipe.classes
        else f"class indices 0 to {recipe.classes - 1}"
    )
    inputs = [
        f"X: {width} columns as bridle prepares them, Model.load(...).preparation.transform(rows), float32."
    ]
    if recipe.pixels is not None and recipe.plan.image is not None:
        form = " x ".join(map(str, recipe.plan.image))
        means, scales = recipe.pixels
        inputs = [
            f"X: rows of {width} pixels, {form} (channels, rows, columns), float32, standardized:",
            f"(pixel - mean) / deviation with means {means} and deviations {scales}.",
        ]
    return [
        f'"""{recipe.title}, in {library}.',
        "",
        *inputs,
        f"y: {truth}.",
        *([""] if notes else []),
        *notes,
        '"""',
        "",
    ]
