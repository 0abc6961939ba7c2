"""What the commands that train may be told: types of values, and options that they share.

One decorator for how networks are trained and one for synthetic data, so that ``compare`` and ``diagnose``
call the same thing by the same name and read it in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

DEBUG = "bridle.debug"
"""Where a context remembers that tracebacks were asked for."""


def several(convert: Callable[[str], Any], metavar: str) -> click.ParamType:
    """Return the type of a list with commas between its items, each converted."""

    class Several(click.ParamType):
        name = metavar

        def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
            if isinstance(value, tuple):
                return value
            try:
                return tuple(convert(one.strip()) for one in value.split(",") if one.strip())
            except ValueError:
                self.fail(f"must be {metavar} with commas between; got {value!r}.", param, ctx)

    return Several()


class Place(click.Path):
    """Where something is written: any name but the empty one, which would be the folder one is in."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        if not str(value).strip():
            self.fail(f"must be a name; got {str(value)!r}. A dot is the folder you are in.", param, ctx)
        return super().convert(value, param, ctx)


class Shares(click.ParamType):
    """Shares of training, validation and test rows, ``60/20/20``, or of training and test rows, ``70/30``."""

    name = "shares"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the shares as fractions of 1."""
        from bridle.errors import DataError
        from bridle.study.split import parse_shares

        if isinstance(value, tuple):
            return value
        try:
            return parse_shares(value)
        except DataError as error:
            self.fail(str(error), param, ctx)


class Fixed(click.ParamType):
    """Strengths by regularizer: ``l2=0.01,dropout=0.3``."""

    name = "strengths"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return pairs of names and numbers."""
        if isinstance(value, tuple):
            return value
        try:
            pairs = [part.split("=") for part in value.split(",")]
            given = tuple((name.strip(), float(strength)) for name, strength in pairs)
        except ValueError:
            self.fail(f"must be names and strengths, as in l2=0.01,dropout=0.3; got {value!r}.", param, ctx)
        if len(dict(given)) < len(given):
            self.fail(f"must be one strength for each name; got {value!r}.", param, ctx)
        return given


class BatchSize(click.ParamType):
    """A whole number of rows, or ``full`` for all of them (0)."""

    name = "rows"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number of rows, 0 for all."""
        if isinstance(value, int):
            return value
        if value.casefold() == "full":
            return 0
        try:
            rows = int(value)
        except ValueError:
            rows = 0
        if rows < 1:
            self.fail(f"must be a whole number of at least 1, or full; got {value!r}.", param, ctx)
        return rows


class Duration(click.ParamType):
    """A duration in seconds: ``60s``, ``5m``, ``1h``, or a number of seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the seconds."""
        from bridle.errors import PlanError
        from bridle.study.duration import seconds_of

        try:
            return seconds_of(value)
        except PlanError:
            self.fail(f"must be a duration above 0, as in 60s, 5m or 1h; got {value!r}.", param, ctx)


def training_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how networks are trained and scored."""
    options = (
        click.option(
            "--hidden",
            type=several(int, "whole numbers"),
            metavar="20,3",
            help="Units of each hidden layer.  [default: 64,64; 20,3 for a synthetic problem]",
        ),
        click.option(
            "--network",
            type=click.Choice(["lenet", "small_residual"]),
            help="A convolutional network for images, instead of --hidden.",
        ),
        click.option(
            "--activation",
            metavar="NAME",
            help="Activation of hidden layers, as relu, tanh, selu.  [default: relu]",
        ),
        click.option(
            "--normalization",
            type=click.Choice(["batch", "layer"]),
            help="Normalize hidden layers over the rows of a batch, or over the units of a row.",
        ),
        click.option(
            "--residual", is_flag=True, help="Make every hidden layer but the first a residual block."
        ),
        click.option(
            "--epochs",
            type=int,
            metavar="N",
            help="Passes over the training rows.  [default: by rows; 5,000 for a synthetic problem]",
        ),
        click.option(
            "--splits",
            type=int,
            metavar="R",
            help="Repetitions: each splits the rows (or draws data) anew.  [default: by rows; 10, 6 or 1]",
        ),
        click.option(
            "--seeds",
            type=int,
            metavar="S",
            help="Networks trained and averaged with each split.  [default: 1; 3 or 2 if there is one split]",
        ),
        click.option(
            "--learning-rate",
            "learning_rates",
            type=several(float, "numbers"),
            metavar="0.001,0.003",
            help="Learning rates to choose from.  [default: two or three, by optimizer]",
        ),
        click.option(
            "--optimizer",
            type=click.Choice(["adam", "sgd"]),
            help="How weights are updated.  [default: adam]",
        ),
        click.option(
            "--batch-size",
            type=BatchSize(),
            metavar="N|full",
            help="Rows of an update.  [default: full up to 256 training rows, then 128 or 256]",
        ),
        click.option(
            "--metric",
            metavar="NAME",
            help="Score to go by, as accuracy, log_loss, rmse.  [default: accuracy, or rmse for numbers]",
        ),
        click.option(
            "--split",
            "shares",
            type=Shares(),
            metavar="60/20/20",
            help="Shares of training, validation and test rows; after 70/30 nothing is chosen.  "
            "[default: 60/20/20; of more than 10,000 rows more train]",
        ),
        click.option(
            "--scale",
            type=click.Choice(["standard", "quantile"]),
            help="How numbers are scaled: mean 0 and variance 1, or to a normal distribution.  "
            "[default: standard]",
        ),
        click.option(
            "--class-weight",
            type=click.Choice(["balanced"]),
            help="Let rare classes count the same.  [default: every row does]",
        ),
    )
    return _with(command, options)


def generator_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of synthetic data."""
    options = (
        click.option(
            "--rows",
            type=int,
            metavar="N",
            help="How many rows to generate, for synthetic data.  [default: the problem's own]",
        ),
        click.option(
            "--noise",
            type=float,
            metavar="X",
            help="Noise of synthetic data, a standard deviation.  [default: the problem's own]",
        ),
    )
    return _with(command, options)


def debuggable(command: Any) -> Any:
    """Add the flag that shows the traceback of an unexpected failure."""

    def remember(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        ctx.meta[DEBUG] = value

    return click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=remember,
        help="Show the traceback of an unexpected failure.",
    )(command)


def _with(command: Callable[..., Any], options: tuple[Callable[..., Any], ...]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command
