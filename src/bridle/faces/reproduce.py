"""What ``bridle reproduce`` does: list the experiments, or run one, print the results and write a report."""

from __future__ import annotations

import math
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridle.experiments.catalog import CATALOG
from bridle.faces.parameters import Place

if TYPE_CHECKING:
    from rich.table import Table

    from bridle.experiments.experiment import Experiment
    from bridle.experiments.results import Result

_LINE = 88
_PARTS = ("published", "corrected", "measured")
_PIPED_WIDTH = 130


@click.command(short_help="Run the tutorials' experiments.")
@click.argument("name", required=False)
@click.option(
    "--part", type=click.Choice([*_PARTS, "all"]), default="all", show_default=True, help="Which part to run."
)
@click.option(
    "--seeds", type=int, default=30, metavar="N", show_default=True, help="Seeds of what is measured."
)
@click.option("--epochs", type=int, metavar="N", help="Train for fewer epochs than the tutorial did.")
@click.option("--data", metavar="FILE", help="The .mat file of football; else a synthetic pitch stands in.")
@click.option(
    "--keys",
    default="X,y,Xval,yval",
    metavar="NAMES",
    show_default=True,
    help="What the file calls its training inputs and labels and its test inputs and labels.",
)
@click.option(
    "--out",
    type=Place(),
    default="bridle-reproduce",
    metavar="FOLDER",
    show_default=True,
    help="Where the report and the results go.",
)
def reproduce(
    name: str | None, part: str, seeds: int, epochs: int | None, data: str | None, keys: str, out: Path
) -> None:
    """Run one of the tutorials' experiments: as published, corrected, and measured over seeds.

    Without a NAME, list them. The numbers of an experiment's page in docs/experiments come from this command.

    \b
    Examples:
      bridle reproduce
      bridle reproduce moons-l2 --seeds 10
    """  # noqa: D301  (click wants the character)
    if name is None:
        show_list()
        return
    names = tuple(one.strip() for one in keys.split(",") if one.strip())
    run(name, _PARTS if part == "all" else (part,), out, seeds, epochs, data, names)


def show_list() -> None:
    """Print the experiments: on a terminal with their questions, else one a line with a tab between."""
    for line in CATALOG.values():
        if sys.stdout.isatty():
            click.echo(f"{click.style(line.name, bold=True)}: {line.sentence}\n    {line.question}")
        else:
            click.echo(f"{line.name}\t{line.sentence}\t{line.question}")
    if sys.stdout.isatty():
        click.echo("\nbridle reproduce NAME runs one: as published, corrected, and measured over 30 seeds.")


def run(
    name: str,
    parts: Sequence[str],
    out: Path,
    seeds: int,
    epochs: int | None,
    data: str | None,
    keys: tuple[str, ...],
) -> None:
    """Run an experiment, print what it found, and write its report.

    Raises
    ------
    DataError
        If there is no such experiment, or the data cannot be used.
    OutputError
        If the folder cannot be written; this is noticed before training.
    """
    from bridle.experiments import Request, find, reproduce
    from bridle.experiments.runs import run_part
    from bridle.faces import files
    from bridle.faces.progress import progress_on
    from bridle.faces.reproduce_report import notes_of, save

    experiment = find(name)
    request = Request(seeds=seeds, epochs=epochs, data=data, keys=keys)
    files.check_folder(out)
    with progress_on() as progress:
        results = reproduce(name, parts, request, progress)
        sweep = None
        if experiment.sweep is not None and "corrected" in results:
            progress("one strength after another", 1.0, 0.0)
            sweep = run_part(experiment.sweep(request))
        progress("writing the report", 1.0, 0.0)
        report = save(experiment, results, request, out, sweep)
    show(experiment, results, notes_of(experiment, results, request))
    click.echo(f"Report: {report}")


def show(experiment: Experiment, results: Mapping[str, Result], notes: Sequence[str]) -> None:
    """Print a table a part, the published figures beside those obtained, and the answer."""
    from rich.console import Console

    from bridle.experiments.published import obtained
    from bridle.faces.wording import NOTHING

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _PIPED_WIDTH, highlight=False)
    for result in results.values():
        console.print(_table(result))
        for figure in result.part.published:
            value = obtained(result, figure)
            shown = f"{value:.{figure.decimals}f}" if math.isfinite(value) else NOTHING
            why = f" ({figure.why})" if figure.why else ""
            click.echo(
                f"  {figure.variant}, {figure.quantity}: published {figure.value:.{figure.decimals}f}, "
                f"obtained {shown}{why}"
            )
    click.echo()
    for sentence in experiment.answer(results):
        click.echo(textwrap.fill(sentence, _LINE, break_long_words=False))
    for note in notes:
        click.echo(textwrap.fill(f"Note: {note}", _LINE, subsequent_indent="  ", break_long_words=False))


def _table(result: Result) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from bridle.faces.reproduce_report import TITLES, pair
    from bridle.faces.wording import p_value

    title = f"{TITLES[result.part.name]}, {result.seeds} seed{'s' if result.seeds > 1 else ''}"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=Text(title), title_justify="left")
    columns = ["variant", "test accuracy, %", "training accuracy, %", "difference, points", "p"]
    for column in columns if result.seeds > 1 else columns[:3]:
        table.add_column(column, justify="left" if column == "variant" else "right")
    compared = result.compared() if result.seeds > 1 else {}
    for name in result.variants:
        cells = [Text(name)]
        for score in ("test_accuracy", "train_accuracy"):
            mean, bounds = pair(result.interval(name, score))
            cells.append(Text(mean + (f" ({bounds})" if bounds else "")))
        if name in compared:
            base, difference, p = compared[name]
            mean, bounds = pair(difference, signed=True)
            cells += [Text(f"{mean} ({bounds}) to {base}"), Text(p_value(p))]
        table.add_row(*cells)
    return table
