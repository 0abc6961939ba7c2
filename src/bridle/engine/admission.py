"""What a plan may hold: every check of :class:`bridle.engine.plan.Plan`, reported all at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridle.checks import Problems
from bridle.engine.layer_admission import check_layers
from bridle.ops import ACTIVATIONS, LOSSES
from bridle.perturb.warps import FILLS, SAMPLINGS
from bridle.registry import REGISTRY, Term
from bridle.rules.decay import UNITS
from bridle.rules.schedules import SCHEDULES, STRENGTH_SCHEDULES
from bridle.rules.steps import OPTIMIZERS

INITIALIZERS = ("he", "glorot", "lecun", "he_uniform", "glorot_uniform", "lecun_uniform", "normal")
MONITORS = ("validation_loss", "validation_accuracy", "train_loss")
SCHEDULED = ("penalty", "decay", "noise", "images", "rows", "targets")
"""Families whose strengths may follow a schedule: 0 is off, and every update asks for them anew."""
TRACKS = ("penalty", "weight_norm", "update_loss", "update_penalty")


def check_plan(plan: Any) -> None:
    """Raise one error with everything that is wrong with a :class:`~bridle.engine.plan.Plan`.

    Raises
    ------
    PlanError
        A line for every parameter that is out of range or does not go with another.
    """
    problems = Problems("Plan")
    problems.check_integer("inputs", plan.inputs)
    check_layers(plan, problems)
    problems.check_choice("resampling", plan.resampling, SAMPLINGS)
    problems.check_choice("fill", plan.fill, FILLS)
    problems.check_choice("loss", plan.loss, LOSSES)
    problems.check_choice("optimizer", plan.optimizer, OPTIMIZERS)
    problems.check_number("momentum", plan.momentum, 0, 1)
    for name in ("beta1", "beta2", "warmup"):
        problems.check_number(name, getattr(plan, name), 0, 1, open_high=True)
    problems.check_number("decay", plan.decay, 0)
    problems.check_number("epsilon", plan.epsilon, 0)
    if plan.epsilon == 0:
        problems.add("epsilon", "above 0", plan.epsilon, "A gradient of 0 would be divided by 0.")
    for name in ("nesterov", "decay_biases"):
        if not isinstance(getattr(plan, name), bool):
            problems.add(name, "True or False", getattr(plan, name))
    problems.check_number("initializer_factor", plan.initializer_factor, 0)
    problems.check_number("l1_at_zero", plan.l1_at_zero, -1, 1)
    problems.check_choice("epsilon_place", plan.epsilon_place, ("after_correction", "before_correction"))
    problems.check_choice("schedule", plan.schedule, SCHEDULES)
    problems.check_integer("epochs", plan.epochs)
    if plan.batch_size is not None:
        problems.check_integer("batch_size", plan.batch_size, hint="None means all rows in one batch.")
    if plan.initializer is not None:
        problems.check_choice("initializer", plan.initializer, INITIALIZERS)
    problems.check_choice("dtype", plan.dtype, ("float32", "float64"))
    problems.check_choice("penalty_scale", plan.penalty_scale, ("objective", "batch"))
    problems.check_choice("l1_form", plan.l1_form, ("prox", "subgradient"))
    problems.check_choice("weight_decay_unit", plan.weight_decay_unit, UNITS)
    problems.check_choice("monitor", plan.monitor, MONITORS)
    _check_against_loss(plan, problems)
    problems.check_integer("evaluate_every", plan.evaluate_every)
    problems.check_integer("cycles", plan.cycles)
    _check_names("regularizers", plan.regularizers, REGISTRY, problems)
    _check_names("track", plan.track, TRACKS, problems)
    _check_requirements(plan, problems)
    _check_momentum(plan, problems)
    _check_strength_schedules(plan.strength_schedules, plan.regularizers, problems)
    problems.raise_if_any()


def _check_against_loss(plan: Any, problems: Problems) -> None:
    if plan.loss == "cross_entropy" and plan.layers and getattr(plan.layers[-1], "units", 2) == 1:
        problems.add(
            "units of the last layer",
            "at least 2 with 'cross_entropy'",
            1,
            "Did you mean 'binary_cross_entropy'?",
        )
    last = (
        getattr(plan.layers[-1], "activation", "") if isinstance(plan.layers, tuple) and plan.layers else ""
    )
    if plan.loss in LOSSES and plan.loss != "squared_error" and last in {*ACTIVATIONS} - {"linear"}:
        hint = "The loss takes raw outputs, and turns them into predictions itself."
        problems.add("activation of the last layer", f"'linear' with {plan.loss!r}", last, hint)
    if plan.monitor == "validation_accuracy" and plan.loss in LOSSES and not plan.classifies:
        problems.add("monitor", f"a loss with {plan.loss!r}, which knows no accuracy", plan.monitor)


def _check_names(what: str, names: Any, options: Iterable[str], problems: Problems) -> None:
    if not isinstance(names, tuple):
        problems.add(what, "a tuple of names", names)
        return
    for name in names:
        problems.check_choice(what, name, options)
    if len(set(map(str, names))) < len(names):
        problems.add(what, "names without repetition", names)


def _check_requirements(plan: Any, problems: Problems) -> None:
    names = plan.regularizers if isinstance(plan.regularizers, tuple) else ()
    channels = plan.image[0] if isinstance(plan.image, tuple) and plan.image else 0
    for name in (one for one in names if isinstance(one, str) and one in REGISTRY):
        requires = REGISTRY[name].requires
        if requires == "classification" and plan.loss in LOSSES and not plan.classifies:
            hint = "Its targets are probabilities of classes."
            problems.add("regularizers", f"without {name!r} where the loss is {plan.loss!r}", name, hint)
        elif requires.startswith("pictures") and plan.image is None:
            hint = "Say how the inputs are pictures: Plan(image=(channels, height, width))."
            problems.add("regularizers", f"without {name!r} where inputs are no pictures", name, hint)
        elif requires == "pictures in color" and channels != 3:
            hint = "Color is red, green and blue."
            problems.add("channels of image", f"3 with {name!r}", channels, hint)


def _check_momentum(plan: Any, problems: Problems) -> None:
    """A velocity that never dies down has no effective step, which proximal operators need."""
    if plan.optimizer != "sgd" or plan.momentum != 1 or not isinstance(plan.regularizers, tuple):
        return
    for name in plan.regularizers:
        terms = REGISTRY[name].terms if name in REGISTRY else ()
        if any(term.gradient is None and not _is_replaced(term, plan.l1_form) for term in terms):
            hint = "Its proximal operator takes learning_rate / (1 - momentum) as its step."
            problems.add("momentum", f"below 1 with {name!r}", plan.momentum, hint)


def _is_replaced(term: Term, l1_form: str) -> bool:
    """Return whether a subgradient stands for a term's proximal operator."""
    return l1_form == "subgradient" and term.subgradient is not None


def _check_strength_schedules(pairs: Any, regularizers: Any, problems: Problems) -> None:
    what = "strength_schedules"
    if not isinstance(pairs, tuple) or not all(isinstance(one, tuple) and len(one) == 2 for one in pairs):
        problems.add(what, "a mapping of names to schedules, as {'l2': 'cosine'}", pairs)
        return
    names = [name for name, _ in pairs]
    _check_names(what, tuple(names), REGISTRY, problems)
    for name, schedule in pairs:
        problems.check_choice(f"{what} of {name}", schedule, STRENGTH_SCHEDULES)
        if name in REGISTRY and REGISTRY[name].family not in SCHEDULED:
            problems.add(what, f"of regularizers that are one of {', '.join(SCHEDULED)}", name)
        elif name in REGISTRY and isinstance(regularizers, tuple) and name not in regularizers:
            problems.add(what, "of the plan's regularizers", name, f"Add {name!r} to regularizers.")
