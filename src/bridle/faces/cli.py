"""The command line: ``bridle compare`` and what goes with it, each command described in its ``--help``.

Everything heavy is imported inside the commands, so that ``bridle --help`` answers at once. Exit codes: 0 all
is well, 1 the run failed, 2 the request or the data cannot be used, 130 interrupted. What the user can mend
is said in one message without a traceback; a bug in bridle shows its traceback with ``--debug``.
"""

from __future__ import annotations

import math
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import bridle
from bridle.faces.augment import augment
from bridle.faces.diagnose import diagnose
from bridle.faces.export import export
from bridle.faces.parameters import (
    DEBUG,
    Duration,
    Fixed,
    Place,
    debuggable,
    generator_options,
    several,
    training_options,
)
from bridle.faces.predict import inspect, predict
from bridle.faces.reproduce import reproduce
from bridle.faces.runs import runs
from bridle.faces.tabular import column_options, layout_options, take_columns, take_layout

if TYPE_CHECKING:
    from bridle.study.findings import Findings

_RUN_FAILED, _UNUSABLE, _INTERRUPTED = 1, 2, 130


class Guarded(click.Group):
    """A group of commands, in the order of their use, whose failures become messages and exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names as they were added."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        from bridle.errors import BridleError, DataError, OutputError, PlanError

        try:
            return super().invoke(ctx)
        except BridleError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(_UNUSABLE if isinstance(error, (PlanError, DataError, OutputError)) else _RUN_FAILED)
        except KeyboardInterrupt:
            click.echo("Interrupted: nothing was written.", err=True)
            ctx.exit(_INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.meta.get(DEBUG):
                traceback.print_exc()
            else:
                text = " ".join(str(error).split())[:300]
                click.echo(f"Error: unexpected {type(error).__name__}: {text}", err=True)
                click.echo("This is a bug in bridle; --debug shows where it happened.", err=True)
            ctx.exit(_RUN_FAILED)


@click.group(cls=Guarded, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(bridle.__version__, prog_name="bridle")
def main() -> None:
    """Which regularization does a neural network need on your data, how strong, and how sure are we?

    \b
    bridle compare moons                        two half circles; writes bridle-report/report.html
    bridle compare table.csv --target price     your own data
    bridle diagnose table.csv --target price    bias or variance, and what would help
    bridle predict MODEL new.csv                labels and probabilities of new rows
    bridle explain dropout                      what a regularizer does
    bridle augment photos --out more --ops flip more images, off line
    """  # noqa: D301  (click wants the character)


@main.command(short_help="Train every regularizer and say which helps.")
@click.argument("data")
@click.option("--target", metavar="COLUMN", help="Column to predict, or -1 for the last; needed for a file.")
@click.option(
    "--regularizers",
    type=several(str, "names"),
    metavar="NAMES",
    help="Which to compare, as in l1,dropout,l2+dropout, or all; see bridle list. Plain is always there.  "
    "[default: l1, l2, elastic_net, weight_decay, dropout, early_stopping; others for images]",
)
@click.option(
    "--strengths",
    type=int,
    metavar="N",
    help="Strengths tried for each regularizer.  [default: 6; 3 for images]",
)
@click.option(
    "--choose",
    type=click.Choice(["best", "one-se"]),
    help="Take the strength of lowest validation loss, or the strongest within one standard error of it.  "
    "[default: best]",
)
@click.option(
    "--fix",
    "fixed",
    type=Fixed(),
    metavar="l2=0.01,...",
    help="Strengths that are given instead of tried.",
)
@click.option(
    "--time-budget",
    type=Duration(),
    metavar="60s|5m|1h",
    help="End within this time: settings are discarded by halving, and grids refine around the best.",
)
@click.option(
    "--out",
    type=Place(),
    default="bridle-report",
    metavar="FOLDER",
    show_default=True,
    help="Where the report, the results and the best network go.",
)
@click.option(
    "--inspect", is_flag=True, help="Show the images that the recommended network mistakes most surely."
)
@click.option("--fresh", is_flag=True, help="Begin anew instead of going on where this command was stopped.")
@training_options
@generator_options
@column_options
@layout_options
@debuggable
def compare(
    data: str,
    target: str | None,
    rows: int | None,
    noise: float | None,
    out: Path,
    fresh: bool,
    **options: Any,
) -> None:
    """Train every regularizer, and say which helps, how strong, and how sure that is.

    The plain network and every regularizer are trained at many strengths and over many splits. Validation
    rows choose the strengths, test rows judge.

    DATA is a file (CSV, TSV, ARFF, .npz, .mat or Parquet, also gzipped; with --target), a data set (iris,
    wine, breast_cancer, digits, diabetes) or a synthetic problem (moons, circles, spiral, blobs, xor,
    checkerboard, pitch). Images are a folder of classes with PNG or JPEG pictures, idx files (MNIST), or an
    .npz with X of (N, H, W) or (N, H, W, C). What is not given follows the data.

    \b
    Examples:
      bridle compare moons --rows 300 --noise 0.5 --hidden 20,3
      bridle compare patients.csv --target outcome --regularizers l2,dropout,l2+dropout --out study
    """  # noqa: D301  (click wants the character)
    from bridle.faces.progress import progress_on

    began = time.monotonic()
    with progress_on() as progress:
        progress("loading", 0.0, math.inf)
        from bridle.faces import files
        from bridle.faces.comparison import make_options
        from bridle.study.tables import load

        columns, layout = take_columns(options), take_layout(options)
        table = load(data, target, rows=rows, noise=noise, layout=layout, **columns)
        chosen = make_options(options)
        files.check_folder(out)
        from bridle.study.compare import compare as run

        findings = run(table, chosen, progress, out / "store", fresh, began)
        progress("writing the report", 1.0, 0.0)
        report = files.save(findings, out)
    _finish(findings, report)


def _finish(findings: Findings, report: Path) -> None:
    from bridle.faces.terminal import show_findings

    show_findings(findings)
    click.echo(f"Report: {report}")
    if findings.interrupted:
        click.echo("Interrupted: the report shows what was done; the same command goes on.", err=True)
        sys.exit(_INTERRUPTED)


@main.command("list", short_help="List the regularizers.")
@debuggable
def list_() -> None:
    """List the regularizers.

    On a terminal that is a table, else one a line: the name, a tab, and what it does.
    """
    from bridle.faces.terminal import show_registry

    show_registry()


@main.command(short_help="Explain one regularizer.")
@click.argument("name")
@debuggable
def explain(name: str) -> None:
    """Explain a regularizer: what it does, its formula, its settings and where it comes from."""
    from bridle.faces.terminal import show_regularizer
    from bridle.registry import find

    show_regularizer(find(name, "explain"))


for command in (diagnose, predict, inspect, export, runs, augment, reproduce):
    main.add_command(debuggable(command))


if __name__ == "__main__":
    main()
