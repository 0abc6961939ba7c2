"""The plan: everything about a training that is the same for all members of a population.

A plan is static, frozen, hashable and survives a round trip through JSON; the compiled program depends on it
and on array shapes, on nothing else. What varies between members (seeds, learning rates, strengths, rows) is
data and lives in :class:`~bridle.engine.members.Members`.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bridle.checks import did_you_mean, problem
from bridle.engine.admission import check_plan
from bridle.engine.hooks import Hooks, hooks_of
from bridle.engine.layers import AnyLayer, layer_from_record, layer_record, use_python_numbers
from bridle.engine.stages import Pair, Stage, unrolled
from bridle.errors import PlanError
from bridle.ops import LOSSES
from bridle.perturb.about import About
from bridle.registry import PLACES, REGISTRY, Regularizer, Setting
from bridle.rules.schedules import Timing
from bridle.rules.steps import Constants


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a population trains.

    The objective of every member is

        J(theta) = (1/W) sum_i w_i loss(f(x_i; theta), y_i) + sum_k strength_k Omega_k(theta),  W = sum_i w_i.

    Parameters
    ----------
    inputs
        D, at least 1.
    layers
        From the first hidden layer to the output, at least one: :class:`Dense` or :class:`Residual`, and
        before them, with an ``image``, :class:`Conv`, :class:`ResidualConv`, :class:`Pool` or
        :class:`GlobalPool`; the last one dense.
    image
        (C, H, W), when the inputs are pictures of C channels, H rows and W columns of pixels; ``inputs`` is
        their product. A picture's values lie in that order: channel by channel, each row by row.
    resampling
        How moved pictures are read between their pixels: "bilinear" or "nearest".
    fill
        What moved pictures show outside of themselves: "edge" (the nearest pixel), "constant" (0, the mean of
        standardized inputs) or "reflect" (mirrored at the border).
    loss
        "binary_cross_entropy" and "cross_entropy" on logits, "squared_error" (1/2 (z - y)^2) or "poisson"
        (exp(z) - y z), summed over outputs.
    optimizer
        "sgd" (with ``momentum`` in [0, 1] and ``nesterov``), "rmsprop" (``beta2``) or "adam" (with
        ``beta1``, ``beta2``, ``epsilon`` and ``epsilon_place``: "after_correction", Kingma and Ba's, or
        "before_correction", scikit-learn's). AdamW is adam with the regularizer "weight_decay".
    schedule
        Of the learning rate: "constant", "inverse_time" (1 / (1 + ``decay`` t) after t updates),
        "exponential" (exp(-``decay`` t)), "cosine" (with ``warmup``, a share of all updates in [0, 1)) or
        "cosine_restarts" (a cosine in each of ``cycles``).
    cycles
        Equal parts of the training, at least 1: what "cosine_restarts" and "snapshots" go by.
    epochs
        Passes over the training rows, at least 1.
    batch_size
        Rows of an update; None: all of them. The last batch of an epoch may be smaller.
    regularizers
        Names from the registry, each with a strength per member.
    strength_schedules
        How strengths vary over the updates, as in ``{"weight_decay": "cosine"}``: "constant", "linear" and
        "cosine" (down to 0), "flat_then_cosine" (the first half flat) or "warm_up" (rising over the first
        fifth), a factor of each member's own strength. For penalties, decay, noise,
        images, rows and targets.
    dtype
        "float32" or "float64".
    initializer
        None: He for relu, Glorot otherwise. Or "he", "glorot", "lecun" (normal), "he_uniform" ...,
        or "normal" with standard deviation 1; all times ``initializer_factor``. Biases start at 0.
    penalty_scale
        "objective", or "batch": strengths are divided by the rows (weights) of the current mini-batch, as
        scikit-learn's MLP and some tutorials do. For parity only.
    decay_biases
        Whether weight decay shrinks biases as well.
    l1_form
        "prox" reaches exact zeros; "subgradient" (with ``l1_at_zero`` in [-1, 1]) is for comparison.
    weight_decay_unit
        "learning_rate": theta - learning_rate decay theta - step; "update": (1 - decay) theta - step.
    monitor
        What early stopping and the best weights watch: "validation_loss", "validation_accuracy" or
        "train_loss". Without validation rows nothing is watched unless it is the training loss. That is
        measured in an epoch's own pass, before its updates, while the weights are kept after them: the best
        weights are one epoch ahead of the best training loss.
    evaluate_every
        Epochs between validations, at least 1; the last epoch is always validated.
    track
        Further curves, of the weights that an epoch begins with: "penalty", the penalties' part of J
        (undivided under ``penalty_scale="batch"``; that of activations is of the epoch's batches), and
        "weight_norm", the root of the sum of all W^2. Or J's two parts as the updates see them, "update_loss"
        and "update_penalty": means over an epoch's updates, each before it moves the weights and counted by
        its rows.

    Raises
    ------
    PlanError
        Naming every parameter that is out of range.
    """

    inputs: int
    layers: tuple[AnyLayer, ...]
    image: tuple[int, int, int] | None = None
    resampling: str = "bilinear"
    fill: str = "edge"
    loss: str = "binary_cross_entropy"
    optimizer: str = "sgd"
    momentum: float = 0.0
    nesterov: bool = False
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    epsilon_place: str = "after_correction"
    schedule: str = "constant"
    decay: float = 0.0
    warmup: float = 0.0
    cycles: int = 5
    epochs: int = 100
    batch_size: int | None = None
    regularizers: tuple[str, ...] = ()
    strength_schedules: tuple[tuple[str, str], ...] = ()
    dtype: str = "float32"
    initializer: str | None = None
    initializer_factor: float = 1.0
    penalty_scale: str = "objective"
    decay_biases: bool = False
    l1_form: str = "prox"
    l1_at_zero: float = 0.0
    weight_decay_unit: str = "learning_rate"
    monitor: str = "validation_loss"
    evaluate_every: int = 1
    track: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("layers", "regularizers", "track", "image"):
            value = getattr(self, name)
            if isinstance(value, Iterable) and not isinstance(value, str):
                object.__setattr__(self, name, tuple(value))
        schedules: Any = self.strength_schedules
        if isinstance(schedules, Mapping):
            schedules = schedules.items()
        if isinstance(schedules, Iterable) and not isinstance(schedules, str):
            pairs = sorted((tuple(one) if isinstance(one, list) else one for one in schedules), key=str)
            object.__setattr__(self, "strength_schedules", tuple(pairs))
        use_python_numbers(self)
        check_plan(self)

    @property
    def outputs(self) -> int:
        """K, the units of the last layer."""
        return self.stages[-1].units

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths from the inputs to the outputs, L + 1 of them: what layers with weights hand on."""
        widths = {stage.layer: stage.units for stage in self.stages}
        return (self.inputs, *widths.values())

    @property
    def depth(self) -> int:
        """L, the layers with weights, which is what a strength a layer counts."""
        return self.stages[-1].layer + 1

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The maps with what follows each, in order."""
        return unrolled(self.inputs, self.image, self.layers)[0]

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """What the network's parameters are: (w, b) of every map, then what normalization adds."""
        return unrolled(self.inputs, self.image, self.layers)[1]

    @cached_property
    def maps(self) -> int:
        """How many maps there are: ``weights[: plan.maps]`` are their (w, b)."""
        return sum(pair.kind == "affine" for pair in self.pairs)

    @cached_property
    def connections(self) -> int:
        """How many multiplications the maps need for a row."""
        maps = [one for stage in self.stages for one in (stage.map, stage.shortcut) if one is not None]
        return sum(math.prod(one.shape) * one.places for one in maps)

    @cached_property
    def normalizes_batches(self) -> bool:
        """Whether there are running statistics."""
        return any(pair.kind == "statistics" for pair in self.pairs)

    @cached_property
    def convolves(self) -> bool:
        """Whether there are convolutions."""
        return any(stage.map.image is not None for stage in self.stages)

    @cached_property
    def classifies(self) -> bool:
        """Whether the outputs are logits of classes."""
        return LOSSES[self.loss].hits is not None

    @property
    def about(self) -> About:
        """What perturbations know of rows and targets."""
        even = 1 / self.outputs if self.loss == "cross_entropy" else 0.5
        return About(even, self.image, self.resampling, self.fill)  # type: ignore[arg-type]

    @cached_property
    def constants(self) -> Constants:
        """The optimizer's constants."""
        return Constants(
            self.momentum, self.nesterov, self.beta1, self.beta2, self.epsilon, self.epsilon_place
        )

    @cached_property
    def timing(self) -> Timing:
        """The schedule's constants."""
        return Timing(self.decay, self.warmup, self.cycles)

    @cached_property
    def records(self) -> tuple[Regularizer, ...]:
        """The regularizers' records, in the registry's order, so that the order of naming changes no bit."""
        return tuple(REGISTRY[name] for name in sorted(self.regularizers, key=PLACES.__getitem__))

    @cached_property
    def update_track(self) -> tuple[str, ...]:
        """The tracked curves that are means over an epoch's updates."""
        return tuple(name for name in self.track if name.startswith("update_"))

    @cached_property
    def hooks(self) -> Hooks:
        """Where the regularizers take hold of an update."""
        at_zero = self.l1_at_zero if self.l1_form == "subgradient" else None
        return hooks_of(self.records, self.pairs, at_zero, self.decay_biases)

    @property
    def settings(self) -> dict[str, Setting]:
        """The settings that members may carry, by name."""
        return {setting.name: setting for record in self.records for setting in record.settings}

    def has(self, name: str) -> bool:
        """Return whether a regularizer is part of the plan."""
        return name in self.regularizers

    def without(self, names: Iterable[str]) -> Plan:
        """Return the plan without some regularizers and their schedules."""
        left_out = set(names)
        return dataclasses.replace(
            self,
            regularizers=tuple(name for name in self.regularizers if name not in left_out),
            strength_schedules=tuple(pair for pair in self.strength_schedules if pair[0] not in left_out),
        )

    def to_json(self) -> str:
        """Return the plan as JSON; :meth:`from_json` gives an equal plan back."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return json.dumps(fields | {"layers": [layer_record(layer) for layer in self.layers]})

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Return the plan that :meth:`to_json` wrote.

        Raises
        ------
        PlanError
            If the text is not JSON of a plan, or a field is unknown or out of range.
        """
        try:
            fields = json.loads(text)
            layers = tuple(layer_from_record(layer) for layer in fields.pop("layers"))
            fields["inputs"]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise PlanError(problem("Plan.from_json", "text", "a plan written by to_json", text)) from error
        known = {field.name for field in dataclasses.fields(cls)}
        for name in fields:
            if name not in known:
                raise PlanError(
                    problem("Plan.from_json", "field", "a parameter of Plan", name, did_you_mean(name, known))
                )
        return cls(layers=layers, **fields)
