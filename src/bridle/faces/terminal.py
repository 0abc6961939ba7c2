"""What the commands print: the table and the verdict of a comparison, the registry, and one of its records.

Text that may come from a user's file is printed as it is, without markup and without control characters.
Off a terminal nothing is colored, and lines are as long as they need to be.
"""

from __future__ import annotations

import math
import sys
import textwrap
from typing import TYPE_CHECKING

import click

from bridle.registry import REGISTRY, Regularizer, Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from bridle.study.findings import Findings, Verdict

_PIPED_WIDTH = 200
_LINE = 88


def show_findings(findings: Findings) -> None:
    """Print the table and the verdict."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from bridle.faces import wording
    from bridle.study.names import in_words
    from bridle.study.scores import SCORES

    scores, differences = wording.score_ruler(findings), wording.difference_ruler(findings)
    metric = SCORES[findings.metric].words
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("regularizer", no_wrap=True)
    table.add_column(f"test {metric}{f', {scores.unit}' if scores.unit else ''}", justify="right")
    table.add_column(f"difference{f', {differences.span}' if differences.span else ''}", justify="right")
    table.add_column("p", justify="right", no_wrap=True)
    table.add_column("zeros", justify="right", no_wrap=True)
    table.add_column("setting")
    for entry in wording.ranked(findings):
        bold = "bold" if wording.is_sure(entry) else ""
        change, p = "", ""
        if entry.difference is not None:
            bounds = differences.bounds(entry.difference, signed=True)
            change = differences.bare(entry.difference.mean, signed=True) + (f" ({bounds})" if bounds else "")
            p = wording.p_value(entry.adjusted_p)
        bounds = scores.bounds(entry.test)
        best = entry.name == findings.best and findings.best_model is not None
        rate = f"learning rate {wording.number(entry.learning_rate)}"
        table.add_row(
            Text(f"{'*' if best else ' '} {in_words(entry.name)}", style="bold" if best else ""),
            Text(scores.bare(entry.test.mean) + (f" ({bounds})" if bounds else "")),
            Text(change, style=bold),
            Text(p, style=bold),
            Text(wording.share(entry.zero_share)),
            Text(", ".join(part for part in (wording.settings_words(entry.settings), rate) if part)),
        )
    if findings.choice is not None and len(findings.entries) > 1:
        chosen = findings.choice
        bounds, gains = scores.bounds(chosen.test), differences.bounds(chosen.difference, signed=True)
        table.add_section()
        table.add_row(
            Text("  chosen by validation"),
            Text(scores.bare(chosen.test.mean) + (f" ({bounds})" if bounds else "")),
            Text(differences.bare(chosen.difference.mean, signed=True) + (f" ({gains})" if gains else "")),
        )
    if findings.references:
        table.add_section()
    for one in findings.references:
        bounds = scores.bounds(one.test)
        table.add_row(
            Text(f"  {one.name}"), Text(scores.bare(one.test.mean) + (f" ({bounds})" if bounds else ""))
        )
    show_table(table)
    if findings.heats:
        show_table(_rounds(findings))
    show_words(findings.verdict, findings.notes)


def _rounds(findings: Findings) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from bridle.faces.rounds import round_rows

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("round", no_wrap=True)
    for title in ("networks", "to epoch", "discarded", "time"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("best over all splits, where it changed")
    for row in round_rows(findings):
        cells = (f"{row['number']} {row['kind']}", *(row[k] for k in ("networks", "epochs", "discarded")))
        table.add_row(*map(Text, (*cells, row["seconds"], row["best"] or "as before")))
    return table


def show_table(table: Table) -> None:
    """Print a table and an empty line."""
    console = _console()
    with console.capture() as printed:
        console.print(table)
    # Rich pads every line to the full width, which only makes a pipe's lines longer.
    click.echo("\n".join(line.rstrip() for line in printed.get().splitlines()).strip("\n") + "\n")


def show_words(verdict: Verdict, notes: Sequence[str]) -> None:
    """Print a verdict, notes and an empty line."""
    from bridle.faces.wording import tidy, typeset

    for sentence in (verdict.headline, *verdict.sentences):
        _paragraph(typeset(tidy(sentence, 5000)))
    for note in notes:
        _paragraph(typeset(f"Note: {tidy(note, 5000)}"))
    click.echo()


def show_registry() -> None:
    """Print all regularizers."""
    if not sys.stdout.isatty():
        for record in REGISTRY.values():
            click.echo(f"{record.name}\t{record.sentence}")
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("name", "kind", "what it does"):
        table.add_column(title, no_wrap=title != "what it does")
    for record in REGISTRY.values():
        table.add_row(Text(record.name, style="bold"), Text(record.family), Text(record.sentence))
    _console().print(table)
    click.echo("bridle explain NAME says more. Join names with + to combine them: l2+dropout.")


def show_regularizer(record: Regularizer) -> None:
    """Print one regularizer's record."""
    click.echo(f"{click.style(record.name, bold=True)} ({record.family})")
    _paragraph(record.sentence)
    click.echo(f"\n  {record.formula}")
    for setting in record.settings:
        click.echo(f"\n{click.style(setting.name, bold=True)}: {setting.sentence}")
        for label, value in _about(setting):
            click.echo(f"  {label:<8} {value}")
    if record.notes:
        click.echo()
        _paragraph(f"Notes: {record.notes}")
    if record.requires:
        _paragraph(f"Requires: {record.requires}")
    _paragraph(f"Source: {record.source}.")


def _about(setting: Setting) -> list[tuple[str, str]]:
    found = [("range", setting.allowed), ("unit", setting.unit), ("default", _number(setting.default))]
    if setting.off is not None:
        found.append(("off at", _number(setting.off)))
    if setting.grid:
        found.append(("tried", ", ".join(_number(value) for value in setting.grid)))
    return found


def _number(value: float) -> str:
    return "infinity" if math.isinf(value) else f"{value:g}"


def _paragraph(text: str) -> None:
    together = text.replace(" %", "\N{NO-BREAK SPACE}%")
    click.echo(textwrap.fill(together, _LINE, break_long_words=False).replace("\N{NO-BREAK SPACE}", " "))


def _console() -> Console:
    from rich.console import Console

    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else _PIPED_WIDTH, highlight=False)
