"""ARFF, the format of Weka and of many public data sets.

Own code, because SciPy's reader knows no text attributes and no sparse rows, and cuts rows that are too long
without a word. What an attribute declares is held against its cells: a number that is none, or a level that
was never declared, is refused with its line. Declared levels keep being levels even where they look like
numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bridle.checks import did_you_mean
from bridle.study.readers.header import refuse_duplicates
from bridle.study.readers.layout import Layout, Raw
from bridle.study.readers.limits import Refusal, check_cells, check_unpacked
from bridle.study.readers.text import decode

_QUOTED = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""
_ATTRIBUTE = re.compile(rf"@attribute\s+({_QUOTED}|[^\s{{]+)\s*(.*)", re.IGNORECASE)
_CELL = re.compile(rf"\s*({_QUOTED}|[^,'\"]*)\s*(?:,|$)")
_PAIR = re.compile(rf"\s*(\d{{1,9}})\s+({_QUOTED}|[^,'\"\s]+)\s*(?:,|$)")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_CELL_BYTES = 8
_TYPES = {
    "numeric": "number", "real": "number", "integer": "number", "string": "text", "date": "text"
}  # fmt: skip


@dataclass(frozen=True)
class Attribute:
    """A declared column: its name, "number", "text" or "level", and the levels."""

    name: str
    kind: str
    levels: tuple[str, ...] = ()


def is_arff(raw: bytes) -> bool:
    """Return whether the first line that is no comment begins as an ARFF file does."""
    lines = (line.strip() for line in raw[: 2**16].splitlines())
    first = next((line for line in lines if line and not line.startswith(b"%")), b"")
    return first.removeprefix(b"\xef\xbb\xbf").lower().startswith((b"@relation", b"@attribute"))


def read_arff(raw: bytes, layout: Layout, refuse: Refusal) -> Raw:
    """Return the table in an ARFF file's bytes.

    Raises
    ------
    DataError
        If a declaration or a row is not as the format wants it: one message with the line.
    """
    content, notes = decode(raw, layout, refuse)
    lines = re.split(r"\r\n|\n|\r", content)  # str.splitlines would cut at a form feed inside a cell
    attributes, start = _head(lines, refuse)
    refuse_duplicates([one.name for one in attributes], refuse)
    missing = frozenset(("", "?", *layout.missing))
    columns: list[list[str | None]] = [[] for _ in attributes]
    rows: list[int] = []
    for number, line in enumerate(lines[start:], start + 1):
        line = line.strip()
        if not line or line.startswith("%"):
            continue
        if line.startswith("{"):  # two characters may stand for a row of any width
            check_unpacked(len(raw), _CELL_BYTES * len(attributes) * (len(rows) + 1), "sparse rows", refuse)
            cells = _sparse(line, attributes, number, refuse)
        else:
            cells = cut(line)
        if cells is None or len(cells) != len(attributes):
            count = "quotes that do not close" if cells is None else f"{len(cells)} cells in line {number}"
            refuse(
                "rows", f"of {len(attributes)} cells, one for each attribute", count, f"See line {number}."
            )
        rows.append(number)
        for column, (cell, quoted) in zip(columns, cells, strict=True):
            column.append(None if cell in missing and not quoted else cell)
    if not rows:
        refuse("file", "a table with rows below @data", "a header without rows")
    check_cells(len(rows), len(attributes), refuse)
    typed = {
        one.name: _typed(one, cells, rows, refuse) for one, cells in zip(attributes, columns, strict=True)
    }
    return Raw(pd.DataFrame(typed), notes=notes)


def cut(line: str) -> list[tuple[str, bool]] | None:
    r"""Return the cells of a row, and whether each was quoted; None if quotes do not close.

    Examples
    --------
    >>> cut(r"1, 'it\'s', ?")
    [('1', False), ("it's", True), ('?', False)]
    """
    cells: list[tuple[str, bool]] = []
    at, ends = 0, False
    while not ends:
        found = _CELL.match(line, at)
        if found is None:
            return None
        cells.append(_plain(found[1]))
        at, ends = found.end(), not found[0].endswith(",")
        if not ends and at == len(line):
            return [*cells, ("", False)]
    return cells if at == len(line) else None


def _plain(cell: str) -> tuple[str, bool]:
    cell = cell.strip()
    if len(cell) > 1 and cell[0] in "'\"" and cell[-1] == cell[0]:
        return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), cell[1:-1]), True
    return cell, False


def _head(lines: Sequence[str], refuse: Refusal) -> tuple[list[Attribute], int]:
    attributes: list[Attribute] = []
    for number, line in enumerate(lines, 1):
        line = line.strip().removeprefix("\ufeff")
        word = line.split(maxsplit=1)[0].lower() if line else "%"
        if word == "@data":
            break
        if word == "@attribute":
            attributes.append(_attribute(line, number, refuse))
        elif word != "@relation" and not word.startswith("%"):
            refuse("header", "made of @relation, @attribute and @data", line, f"See line {number}.")
    else:
        refuse("file", "complete, with a line @data", "a header alone")
    if not attributes:
        refuse("attributes", "declared before @data", "none")
    return attributes, number


def _attribute(line: str, number: int, refuse: Refusal) -> Attribute:
    found = _ATTRIBUTE.fullmatch(line)
    if found is None:
        refuse("attribute", "declared by name and type", line, f"See line {number}.")
    name, kind = _plain(found[1])[0], found[2].strip()
    if not name.strip():
        refuse("attribute", "declared by name and type", line, f"See line {number}.")
    if kind.startswith("{"):
        cells = cut(kind[1:-1].strip()) if kind.endswith("}") else None
        if cells is None:
            refuse(f"levels of {name!r}", "listed between braces", kind, f"See line {number}.")
        return Attribute(name, "level", tuple(cell for cell, _ in cells))
    word = kind.split(maxsplit=1)[0].lower() if kind else ""
    if word not in _TYPES:
        hint = f"See line {number}. {did_you_mean(word, _TYPES)}".strip()
        refuse(f"type of {name!r}", "numeric, string, date or levels between braces", kind, hint)
    return Attribute(name, _TYPES[word])


def _sparse(
    line: str, attributes: Sequence[Attribute], number: int, refuse: Refusal
) -> list[tuple[str, bool]] | None:
    """Return a row ``{index value, ...}`` in full: what is not named is 0, or the first level."""
    row = [(one.levels[0] if one.levels else "0", False) for one in attributes]
    if not line.endswith("}"):
        return None
    inner, at = line[1:-1].strip(), 0
    while at < len(inner):
        found = _PAIR.match(inner, at)
        if found is None:
            return None
        at, index = found.end(), int(found[1])
        if index >= len(attributes):
            hint = f"See line {number}."
            refuse("index in a sparse row", f"below {len(attributes)}, the number of attributes", index, hint)
        row[index] = _plain(found[2])
    return row


def _typed(one: Attribute, cells: list[str | None], rows: list[int], refuse: Refusal) -> Any:
    if one.kind == "text":
        return pd.Series(cells, dtype=object)
    if one.kind == "level":
        known = set(one.levels)
        for cell, number in zip(cells, rows, strict=True):
            if cell is not None and cell not in known:
                hint = " ".join(filter(None, (f"See line {number}.", did_you_mean(cell, one.levels[:50]))))
                refuse(f"cells of {one.name!r}", "one of its declared levels", cell, hint)
        return pd.Categorical(cells, categories=list(dict.fromkeys(one.levels)))
    values = np.full(len(cells), np.nan)
    for k, cell in enumerate(cells):
        if cell is not None:
            try:
                values[k] = float(cell if "_" not in cell else "none")
            except ValueError:
                refuse(f"cells of {one.name!r}", "numbers or ?", cell, f"See line {rows[k]}.")
    return values
