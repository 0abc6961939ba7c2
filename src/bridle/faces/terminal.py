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

    from bridle.faces import wording
    from bridle.study.findings import Findings, Verdict
    from bridle.study.statistics import Interval

_PIPED_WIDTH = 200
_LINE = 88
_WIDE = 130


def show_findings(findings: Findings) -> None:
    """Print the table and the verdict."""
    show_table(_entries(findings))
    if findings.heats:
        show_table(_rounds(findings))
    show_words(findings.verdict, findings.notes)


def _entries(findings: Findings) -> Table:
    """Return the table of entries; where there is little room, without what the verdict says too."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from bridle.faces import wording
    from bridle.study.names import in_words
    from bridle.study.scores import SCORES

    scores, differences = wording.score_ruler(findings), wording.difference_ruler(findings)
    log_losses, is_wide = wording.log_loss_ruler(findings), _console().width >= _WIDE
    has_log_loss = is_wide and any(entry.log_loss_gain for entry in findings.entries)
    has_zeros = is_wide and any(entry.zero_share > 0 for entry in findings.entries)

    def pair(interval: Interval | None, ruler: wording.Ruler, signed: bool = True, style: str = "") -> Text:
        if interval is None:
            return Text("")
        bounds = ruler.bounds(interval, signed=signed)
        mean = ruler.bare(interval.mean, signed=signed)
        return Text(f"{mean} ({bounds})" if bounds else mean, style=style)

    unit, span = (f",\n{one}" if one else "" for one in (scores.unit, differences.span))
    titles = [
        f"test {SCORES[findings.metric].words}{unit}",
        f"difference{span}",
        "p",
        *(["log loss,\nlower by"] if has_log_loss else []),
        *(["zeros"] if has_zeros else []),
    ]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1 if is_wide else 0))
    for title in ("regularizer", *titles):
        table.add_column(title, justify="left" if title == "regularizer" else "right", no_wrap=True)
    table.add_column("setting at\nlearning rate")
    for entry in wording.ranked(findings):
        bold = "bold" if wording.is_sure(entry) else ""
        by_log_loss = "bold" if entry.log_loss_p is not None and entry.log_loss_p < wording.SURE else ""
        best = entry.name == findings.best and findings.best_model is not None
        setting = wording.settings_words(entry.settings)
        rate = f"at {wording.number(entry.learning_rate)}"
        table.add_row(
            Text(f"{'*' if best else ' '} {in_words(entry.name)}", style="bold" if best else ""),
            pair(entry.test, scores, signed=False),
            pair(entry.difference, differences, style=bold),
            Text("" if entry.difference is None else wording.p_value(entry.adjusted_p), style=bold),
            *([pair(entry.log_loss_gain, log_losses, style=by_log_loss)] if has_log_loss else []),
            *([Text(wording.share(entry.zero_share))] if has_zeros else []),
            Text(f"{setting} {rate}".strip()),
        )
    if findings.choice is not None and len(findings.entries) > 1:
        chosen = findings.choice
        cells = pair(chosen.test, scores, signed=False), pair(chosen.difference, differences)
        table.add_section()
        table.add_row(Text("  chosen by validation"), *cells)
    if findings.references:
        table.add_section()
    for one in findings.references:
        table.add_row(Text(f"  {one.name}"), pair(one.test, scores, signed=False))
    return table


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
