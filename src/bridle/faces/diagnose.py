"""``bridle diagnose``: what ails the plain network on a table, and what to do about it."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridle.faces.parameters import Place, generator_options, training_options
from bridle.faces.tabular import column_options, layout_options, take_columns, take_layout

if TYPE_CHECKING:
    from bridle.study.diagnosis.findings import Examination

_INTERRUPTED = 130


class ErrorShare(click.ParamType):
    """An error that can be reached: a number in the metric's unit, or a percentage, ``0.05`` or ``5%``."""

    name = "error"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the error as a number."""
        if isinstance(value, float):
            return value
        text = value.strip()
        try:
            number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or number < 0:
            self.fail(f"must be an error of at least 0, as 0.05 or 5%; got {value!r}.", param, ctx)
        return number


@click.command(short_help="Say whether a network over- or underfits, and what would help.")
@click.argument("data")
@click.option("--target", metavar="COLUMN", help="Column to predict, or -1 for the last; needed for a file.")
@click.option(
    "--target-error",
    type=ErrorShare(),
    metavar="ERROR",
    help="The error that can be reached, as 0.05 or 5%.  [default: what the best reference reaches]",
)
@column_options
@layout_options
@training_options
@generator_options
@click.option(
    "--out",
    type=Place(),
    default="bridle-diagnosis",
    metavar="FOLDER",
    show_default=True,
    help="Where the report and the results go.",
)
def diagnose(
    data: str,
    target: str | None,
    target_error: float | None,
    rows: int | None,
    noise: float | None,
    out: Path,
    **options: Any,
) -> None:
    """Say whether the plain network has high bias or high variance, and what would help most.

    Its training and validation errors are set beside those of strong references (or --target-error). A
    learning curve tells whether twice the data would help, bootstrap samples how much of the loss is
    variance, and other networks are tried. Test rows are not looked at: bridle compare judges with them.

    DATA is what bridle compare takes: a file with --target, a data set, or a synthetic problem.

    \b
    Examples:
      bridle diagnose moons --rows 200 --noise 0.3
      bridle diagnose patients.csv --target outcome --target-error 5%
    """  # noqa: D301  (click wants the character)
    from bridle.faces.progress import progress_on

    with progress_on() as progress:
        progress("loading", 0.0, math.inf)
        from bridle.faces import files
        from bridle.faces.comparison import make_options
        from bridle.study.tables import load

        columns, layout = take_columns(options), take_layout(options)
        table = load(data, target, rows=rows, noise=noise, layout=layout, **columns)
        chosen = make_options(options, "diagnose")
        files.check_folder(out)
        from bridle.study.diagnosis.examine import examine

        found = examine(table, chosen, target_error, progress)
        progress("writing the report", 1.0, 0.0)
        from bridle.faces.checkup import Checkup

        report = Checkup(found).save(out)
    _show(found)
    click.echo(f"Report: {report}")
    if found.interrupted:
        click.echo("Interrupted: the report shows what was done until then.", err=True)
        sys.exit(_INTERRUPTED)


def _show(found: Examination) -> None:
    """Print the verdict, and the advice as a table."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from bridle.faces.terminal import show_table, show_words
    from bridle.faces.wording import gain_ruler

    show_words(found.verdict, found.notes)
    if not found.advice:
        return
    ruler = gain_ruler(found.metric, [one.gain.mean for one in found.advice])
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("what to do next")
    table.add_column(f"gain{f', {ruler.span}' if ruler.span else ''}", justify="right")
    table.add_column("evidence")
    table.add_column("how")
    for one in found.advice:
        bounds = ruler.bounds(one.gain, signed=True)
        gain = ruler.bare(one.gain.mean, signed=True) + (f" ({bounds})" if bounds else "")
        table.add_row(
            Text(one.what), Text(gain, style="bold" if one.sure else ""), Text(one.basis), Text(one.how)
        )
    show_table(table)
