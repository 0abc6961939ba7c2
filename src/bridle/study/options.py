"""What a comparison may be asked for, and what it does where nobody asks.

Defaults follow the data: their size decides how many splits, epochs and rows a batch, the synthetic problems
have their own. ``settle`` turns wishes into numbers, once, so that everything after it has no defaults.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridle.checks import Problems, did_you_mean, one_of
from bridle.engine.layer_admission import NORMALIZATIONS
from bridle.engine.networks import NETWORKS
from bridle.ops import ACTIVATIONS
from bridle.registry import REGISTRY
from bridle.rules.steps import OPTIMIZERS
from bridle.study.defaults import (
    default_batch_size,
    default_epochs,
    default_hidden,
    default_learning_rates,
    default_metric,
    default_regularizers,
    default_seeds,
    default_splits,
    default_strengths,
    validated_every,
)
from bridle.study.duration import seconds_of
from bridle.study.learned import SCALES
from bridle.study.names import PLAIN, Setting, check_names, expanded, left_out, parts_of
from bridle.study.scores import SCORES
from bridle.study.split import Shares, default_shares
from bridle.study.tables import Table

CHOICES = ("best", "one-se")


@dataclass(frozen=True)
class Options:
    """How to compare; None stands for a default that follows the data.

    Parameters
    ----------
    hidden
        Units of the hidden layers. None: (64, 64), or (20, 3) for two inputs.
    activation
        Of the hidden layers: relu, tanh, selu ...
    normalization
        Of the hidden layers: "batch", "layer" or None.
    residual
        Whether the hidden layers after the first are residual blocks, of two maps and a shortcut each.
    epochs
        None: enough for about 3,000 updates, between 10 and 200. With all rows in one batch 1,500, and
        5,000 for synthetic data, whose networks are small.
    splits
        Repetitions: each splits the rows (or draws the data) anew. None: 10 up to 2,000 rows, 6 for images
        and up to 20,000 rows, else 1.
    seeds
        Networks trained with each split, differing in initial weights and the noise of training; averaged
        before splits are compared. None: 1, or 3 and 2 for large data with one split.
    regularizers
        Names from the registry, combinations ``a+b``, "all" for every name that the data and the network
        allow, and "plain", which is always compared. None: those of :mod:`bridle.study.defaults`.
    learning_rates
        The grid from which every entry chooses. None: by optimizer, three for tables and two for images.
    optimizer
        "adam" or "sgd".
    batch_size
        0: all rows. None: all up to 256 training rows, 128 up to 20,000, else 256.
    metric
        A name from ``SCORES``. None: accuracy, or rmse for regression.
    shares
        Training, validation and test shares. None: by size. Without validation rows nothing is chosen: one
        strength of each regularizer and one learning rate are trained and compared.
    strengths
        Strengths tried for each regularizer, at least 1. None: 6, for images 3, or 1 without validation rows.
    choose
        How a strength is chosen on validation rows: "best", the lowest loss; or "one-se", the strongest
        regularization whose loss is within one standard error of it.
    fixed
        Strengths that are given instead of tried, by regularizer: ``(("l2", 0.01), ("dropout", 0.3))``.
    scale
        Of numbers: "standard" (mean 0, variance 1) or "quantile" (a normal distribution, by quantiles).
    class_weight
        "balanced": in training every class counts the same, however rare. None: every row does.
    network
        Of images: a convolutional network by name, from ``NETWORKS``. None: dense layers, ``hidden``.
    inspect
        Of images: keep those that the recommended network mistakes most surely, for the report.
    time_budget
        Seconds, or ``"60s"``, ``"5m"``, ``"1h"``: training goes in rounds that discard and refine, and
        everything ends within the budget (:mod:`bridle.study.tournament`). None: all is trained to the end.
    """

    hidden: tuple[int, ...] | None = None
    normalization: str | None = None
    residual: bool = False
    activation: str = "relu"
    epochs: int | None = None
    splits: int | None = None
    seeds: int | None = None
    regularizers: tuple[str, ...] | None = None
    learning_rates: tuple[float, ...] | None = None
    optimizer: str = "adam"
    batch_size: int | None = None
    metric: str | None = None
    shares: Shares | None = None
    strengths: int | None = None
    choose: str = "best"
    fixed: tuple[tuple[str, float], ...] = ()
    scale: str = "standard"
    class_weight: str | None = None
    network: str | None = None
    inspect: bool = False
    time_budget: float | str | None = None


@dataclass(frozen=True)
class Settled:
    """Options without defaults; ``batch_size`` None means all rows.

    ``left_out`` names what "all" could not have, with reasons.
    """

    hidden: tuple[int, ...]
    epochs: int
    splits: int
    seeds: int
    regularizers: tuple[str, ...]
    learning_rates: tuple[float, ...]
    optimizer: str
    batch_size: int | None
    metric: str
    shares: Shares
    strengths: int
    evaluate_every: int
    choose: str = "best"
    fixed: tuple[tuple[str, float], ...] = ()
    scale: str = "standard"
    class_weight: str | None = None
    left_out: tuple[str, ...] = ()
    normalization: str | None = None
    residual: bool = False
    activation: str = "relu"
    network: str | None = None
    inspect: bool = False
    time_budget: float | None = None

    @property
    def chooses(self) -> bool:
        """Whether there are validation rows, on which strengths, rates and epochs can be chosen."""
        return self.shares[1] > 0


def settle(options: Options, table: Table) -> Settled:
    """Return the options with every default filled in.

    Raises
    ------
    PlanError
        Naming every option that is out of range or does not fit the task.
    """
    _check(options, table)
    shares = _settle_shares(options, table)
    train_rows = int(table.rows * shares[0])
    batch_size = options.batch_size
    if batch_size is None:
        batch_size = default_batch_size(table, train_rows)
    if batch_size >= train_rows:
        batch_size = 0
    epochs = options.epochs or default_epochs(table, train_rows, batch_size)
    splits = options.splits or default_splits(table)
    names = expanded(_names(options, table), _setting(options, table))
    rates = tuple(sorted(set(options.learning_rates or default_learning_rates(table, options.optimizer))))
    return Settled(
        hidden=options.hidden if options.hidden is not None else default_hidden(table),
        epochs=epochs,
        splits=splits,
        seeds=options.seeds or default_seeds(table.rows, splits),
        regularizers=(PLAIN, *(name for name in names if name != PLAIN)),
        learning_rates=rates if _chooses(options) else rates[len(rates) // 2 :][:1],
        optimizer=options.optimizer,
        batch_size=batch_size or None,
        metric=options.metric or default_metric(table, options.class_weight),
        shares=shares,
        strengths=options.strengths or (default_strengths(table) if _chooses(options) else 1),
        choose=options.choose,
        evaluate_every=validated_every(epochs),
        fixed=options.fixed,
        scale=options.scale,
        class_weight=options.class_weight,
        left_out=left_out(_names(options, table), _setting(options, table)),
        normalization=options.normalization,
        residual=options.residual,
        activation=options.activation,
        network=options.network,
        inspect=options.inspect,
        time_budget=None if options.time_budget is None else seconds_of(options.time_budget),
    )


def _setting(options: Options, table: Table) -> Setting:
    return Setting(
        table.task, options.activation, _chooses(options), table.image, options.network is not None
    )


def _chooses(options: Options) -> bool:
    return options.shares is None or options.shares[1] > 0


def _names(options: Options, table: Table) -> tuple[str, ...]:
    """Return the regularizers asked for; by default none that need validation rows where there are none."""
    if options.regularizers is not None:
        return options.regularizers
    names = default_regularizers(table)
    return names if _chooses(options) else tuple(name for name in names if name != "early_stopping")


def _settle_shares(options: Options, table: Table) -> Shares:
    """Return the shares; where the test rows are sealed, the others are split in proportion."""
    train, validation, test = options.shares or default_shares(table.rows)
    if table.sealed is None:
        return train, validation, test
    return train / (train + validation), validation / (train + validation), 0.0


def _check(options: Options, table: Table) -> None:
    problems = Problems("compare")
    for units in options.hidden or ():
        problems.check_integer("hidden", units, hint="Name the units of each hidden layer, as in 20,3.")
    if options.normalization is not None:
        problems.check_choice("normalization", options.normalization, NORMALIZATIONS)
    for name in ("epochs", "splits", "seeds", "strengths"):
        value = getattr(options, name)
        if value is not None:
            problems.check_integer(name, value)
    if options.batch_size is not None:
        problems.check_integer("batch_size", options.batch_size, 0, hint="0 means all rows.")
    problems.check_choice("optimizer", options.optimizer, OPTIMIZERS)
    for rate in options.learning_rates or ():
        if not rate > 0 or rate == float("inf"):
            problems.add("learning_rates", "numbers above 0", rate)
    if options.metric is not None:
        problems.check_choice(
            "metric", options.metric, [name for name, score in SCORES.items() if score.task == table.task]
        )
    if not _chooses(options):
        _check_nothing_to_choose(options, table, problems)
    if options.shares is not None and not options.shares[2] > 0 and table.sealed is None:
        problems.add("the test share", "above 0", options.shares[2], "Give three shares, as in 60/20/20.")
    problems.check_choice("scale", options.scale, SCALES)
    problems.check_choice("choose", options.choose, CHOICES)
    if options.class_weight is not None:
        problems.check_choice("class_weight", options.class_weight, ("balanced",))
        if table.task == "regression":
            problems.add("class_weight", "left out in a regression", options.class_weight)
    problems.check_choice("activation", options.activation, ACTIVATIONS)
    if options.residual and not options.network and options.hidden is not None and len(options.hidden) < 2:
        problems.add("residual", "left out with fewer than two hidden layers", options.residual)
    check_names(_names(options, table), _setting(options, table), problems)
    _check_fixed(options, table, problems)
    if options.inspect and (table.image is None or table.classes is None):
        problems.add("inspect", "left out where rows are no images of classes", options.inspect)
    if options.network is not None:
        _check_network(options, table, problems)
    problems.raise_if_any()


def _check_network(options: Options, table: Table, problems: Problems) -> None:
    problems.check_choice("network", options.network, NETWORKS)
    if table.image is None:
        problems.add("network", "left out where rows are no images", options.network, "Use --hidden.")
    for name in ("hidden", "activation", "normalization", "residual"):
        if getattr(options, name) != getattr(Options(), name):
            problems.add(name, "left out with a network by name", getattr(options, name))


def _check_nothing_to_choose(options: Options, table: Table, problems: Problems) -> None:
    hint = "Without validation rows nothing can be chosen; give three shares, as in 60/20/20, to choose."
    if (options.strengths or 1) > 1:
        problems.add("strengths", "1 without validation rows", options.strengths, hint)
    if len(set(options.learning_rates or ())) > 1:
        problems.add("learning_rates", "one without validation rows", options.learning_rates, hint)
    if options.time_budget is not None:
        problems.add("time_budget", "left out without validation rows", options.time_budget, hint)
    if any("early_stopping" in parts_of(name) for name in _names(options, table)):
        problems.add("regularizers", "without early_stopping where no rows validate", "early_stopping", hint)


def _check_fixed(options: Options, table: Table, problems: Problems) -> None:
    names = expanded(_names(options, table), _setting(options, table))
    compared = {part for name in names for part in parts_of(name)} - {PLAIN}
    for name, value in options.fixed:
        if name not in compared:
            problems.add("fixed", one_of(sorted(compared)), name, did_you_mean(name, compared))
        elif name in REGISTRY and not REGISTRY[name].strength.admits(value):
            problems.add(f"fixed {name}", REGISTRY[name].strength.allowed, value)
