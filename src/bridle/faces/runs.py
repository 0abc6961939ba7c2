"""``bridle runs``: the comparisons that a folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bridle.study.runs import StoredComparison


@click.command(short_help="List the comparisons that a folder holds.")
@click.argument("folder", type=click.Path(path_type=Path), default="bridle-report")
def runs(folder: Path) -> None:
    """List the comparisons that a folder holds, the oldest first, and what is kept of each.

    FOLDER is that of bridle compare --out, bridle-report if none is named. A finished comparison keeps, of
    every entry, the networks that each split and seed chose and scored; bridle.runs(FOLDER) reads them in
    Python.

    \b
    Examples:
      bridle runs
      bridle runs study
    """  # noqa: D301  (click wants the character)
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from bridle.faces.terminal import show_table
    from bridle.study.names import in_words
    from bridle.study.runs import runs as stored

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("run", justify="right")
    for name in ("begun (UTC)", "data", "compared", "state", "best"):
        table.add_column(name)
    table.add_column("networks kept", justify="right")
    table.add_column("table's hash")
    for one in stored(folder):
        kept = f"{one.kept:,} ({_size(one.size)})" if one.kept else ""
        cells = (str(one.number), one.begun[:16].replace("T", " "), one.data, _compared(one), one.state)
        table.add_row(*map(Text, (*cells, in_words(one.best), kept, one.table_sha256[:12])))
    show_table(table)


def _compared(one: StoredComparison) -> str:
    from bridle.study.names import in_words

    names, splits = one.options["regularizers"], one.options["splits"]
    shown = ", ".join(map(in_words, names[:4])) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return f"{shown}; {splits} split{'' if splits == 1 else 's'}"


def _size(count: int) -> str:
    """Return a number of bytes for people.

    Examples
    --------
    >>> _size(900), _size(2_340_000)
    ('0.9 kB', '2.3 MB')
    """
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
