"""Text tables: CSV and its dialects.

Nothing in a CSV file says how it is to be read. Encoding and separator are found out, in a fixed order, and
can be told (``Layout``). What is never done is guess a *cell*: a row with fewer or more cells than the others
is refused with its line, because filling or cutting it would be a wrong table that looks right.

Two passes: Python's ``csv`` counts the cells of every record and finds the lines at fault; pandas then reads
the same bytes, fast, into typed columns. That they agree on the number of rows is checked.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Collection, Iterator

import pandas as pd

from bridle.study.readers.header import looks_like_data, name_columns
from bridle.study.readers.layout import Layout, Raw
from bridle.study.readers.limits import Refusal, check_cells

SEPARATORS = (",", ";", "\t", "|", " ")
_SAMPLE = 200
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_POINT_NUMBER = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")


def read_text(raw: bytes, layout: Layout, refuse: Refusal, text: Collection[str] = ()) -> Raw:
    """Return the table in a CSV file's bytes.

    Parameters
    ----------
    raw
        The file, unpacked.
    layout
        What is known about it.
    refuse
        Raises the messages.
    text
        Columns whose cells stay text even where all of them are numbers.

    Raises
    ------
    DataError
        If it is no text, or no table: one message with the line at fault.
    """
    if not raw.strip():
        refuse("file", "a table with a header and rows", "an empty file")
    content, notes = decode(raw, layout, refuse)
    separator = layout.separator or _separator(content)
    if len(separator) != 1 or not separator.isascii() or separator in '"\r\n':
        refuse("separator", "one character of ASCII, and no quote", separator, "A tab is '\\t'.")
    stream = io.StringIO(content, newline="")
    records = _records(stream, separator, refuse)
    header = next(records, [])
    has_header = layout.header is not False
    start = stream.tell() if has_header else 0
    names, width, rows = _measure(header, records, has_header, separator, refuse)
    check_cells(rows, width, refuse)
    sample = _sample(content, separator)
    if layout.header is None and looks_like_data(header, sample[1:]):
        hint = "If the file has no header, say --no-header (header=False); if these are names, --header."
        refuse("header", "names of columns", header, hint)
    last_is_named = has_header and bool(names[-1].strip())
    names = name_columns(names, refuse)
    stream.seek(start)
    commas = _has_decimal_comma(sample, separator)
    frame = _parse(stream, separator, names, rows, layout, text, commas, refuse)
    if not last_is_named and frame.iloc[:, -1].isna().all():
        frame = frame.iloc[:, :-1]  # separators at the ends of lines make no column
    if commas:
        notes = (*notes, "Commas within numbers were read as decimal points.")
    return Raw(frame, notes=notes)


def decode(raw: bytes, layout: Layout, refuse: Refusal) -> tuple[str, tuple[str, ...]]:
    """Return a file's text, and a note where its encoding had to be guessed."""
    marked = next((encoding for mark, encoding in _MARKS if raw.startswith(mark)), None)
    encoding = layout.encoding or marked or "utf-8"
    notes: tuple[str, ...] = ()
    hint = "Save it as CSV, UTF-8, or name its encoding: --encoding."
    if marked != "utf-16" and layout.encoding is None and b"\0" in raw:
        refuse("file", "a table in text", "binary data", hint)
    try:
        content = raw.decode(encoding)
    except LookupError:
        refuse("encoding", "one that Python knows", encoding, "For example 'utf-8', 'cp1252' or 'latin-1'.")
    except UnicodeError as error:
        if layout.encoding or marked:
            damaged, at = (error.object, error.start) if isinstance(error, UnicodeDecodeError) else (raw, 0)
            line = damaged.count(b"\n", 0, at) + 1  # the mark at the file's beginning is not counted in `at`
            refuse("file", f"text in {encoding}", damaged[at : at + 1], f"See line {line}.")
        try:
            content = raw.decode("cp1252")
        except UnicodeError:
            refuse("file", "text in UTF-8", "text in another encoding", hint)
        notes = ("The file is not in UTF-8; it was read as Windows-1252. Name another by its encoding.",)
    found = _CONTROL.search(content)
    if found:
        line = content.count("\n", 0, found.start()) + 1
        refuse("file", "a table in text", found.group(), f"See line {line}. {hint}")
    return content, notes


def _records(stream: io.StringIO, separator: str, refuse: Refusal) -> Iterator[list[str]]:
    """Yield the records that are not blank."""
    reader = csv.reader(stream, delimiter=separator, skipinitialspace=True)
    try:
        for record in reader:
            if len(record) > 1 or (record and record[0].strip()):
                yield _trimmed(record, separator)
    except csv.Error as error:
        refuse("cells", "of at most 131,072 characters", f"line {reader.line_num}: {error}")


def _trimmed(record: list[str], separator: str) -> list[str]:
    # Blanks at the end of a line are no cell where blanks separate.
    return record[:-1] if separator == " " and len(record) > 1 and not record[-1] else record


def _sample(content: str, separator: str) -> list[list[str]]:
    stream, found = io.StringIO(content, newline=""), []
    try:
        for record in _records(stream, separator, Refusal("")):
            found.append(record)
            if len(found) == _SAMPLE:
                break
    except ValueError:  # quotes of something that is no table; whoever reads on says so
        return found
    return found


def _separator(content: str) -> str:
    """Return the separator under which the first records are equally wide, the widest; else the widest."""
    best, score = ",", (False, 0)
    for mark in SEPARATORS:
        widths = [len(record) for record in _sample(content, mark)]
        if not widths:
            continue
        equal = widths[0] > 1 and len(set(widths[:-1] if len(widths) == _SAMPLE else widths)) == 1
        # A blank separates only where it is the only explanation: names and dates have blanks inside.
        if mark == " " and (score[0] or not equal):
            continue
        if (equal, widths[0]) > score:
            best, score = mark, (equal, widths[0])
    return best


def _measure(
    header: list[str], records: Iterator[list[str]], has_header: bool, separator: str, refuse: Refusal
) -> tuple[list[str], int, int]:
    """Return the names, the number of cells of every row, and the number of rows."""
    width, rows, open_end = len(header), 0, True
    first = None
    row_names: set[str] = set()
    for record in records:
        rows += 1
        first = first or len(record)
        if len(record) != first or first not in (width, width + 1) or (not has_header and first != width):
            _refuse_ragged(header, record, rows + has_header, first, refuse)
        open_end = open_end and not record[-1].strip()
        if first > width and not open_end:
            row_names.add(record[0])
    if len(header) < 2:
        value = f"{len(header)} cell{'s' if len(header) != 1 else ''}, separated by {separator!r}"
        hint = "Name what separates the cells: --separator."
        refuse("first row", "of at least two cells", value, hint)
    if not has_header:
        return [f"c{k + 1}" for k in range(width)], width, rows + 1
    if not rows:
        refuse("file", "a table with rows below the header", "a header without rows")
    if first == width:
        return header, width, rows
    if open_end:  # every row ends with a separator, the header does not
        return [*header, ""], width + 1, rows
    if len(row_names) < rows:  # else they begin with a name, for which R's header has none
        value = f"{width} in the header, {width + 1} in every row"
        refuse("cells", "as many in a row as in the header", value, "Which column has no name?")
    return ["", *header], width + 1, rows


def _refuse_ragged(header: list[str], record: list[str], row: int, first: int, refuse: Refusal) -> None:
    value = f"{len(record)} in row {row} (the first row counts 1)"
    hint = f"It begins with {record[0][:40]!r}. A cell that holds the separator needs quotes around it."
    refuse("cells of every row", f"as many as in the first, {len(header)},", value, hint)


def _has_decimal_comma(sample: list[list[str]], separator: str) -> bool:
    if separator != ";":  # with tabs, 1,234 may as well be a thousand
        return False
    cells = [cell.strip() for record in sample for cell in record]
    return any(map(_COMMA_NUMBER.fullmatch, cells)) and not any(map(_POINT_NUMBER.fullmatch, cells))


def _parse(
    stream: io.StringIO,
    separator: str,
    names: list[str],
    rows: int,
    layout: Layout,
    text: Collection[str],
    decimal_comma: bool,
    refuse: Refusal,
) -> pd.DataFrame:
    positions = range(len(names) + (separator == " "))  # one more for blanks at the end of lines
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            frame = pd.read_csv(
                stream,
                sep=separator,
                header=None,
                names=list(positions),
                index_col=False,
                skipinitialspace=True,
                na_values=list(layout.missing) or None,
                decimal="," if decimal_comma else ".",
                dtype={k: str for k in positions[: len(names)] if names[k] in text},
                low_memory=False,
            )
        except (ValueError, OverflowError, Warning) as error:
            refuse("rows", f"of {len(names)} cells each", str(error), "Mend quotes that do not close.")
    frame = frame.iloc[:, : len(names)]
    if len(frame) != rows:
        refuse("quotes", "closed in every cell", f"{len(frame)} rows or {rows}, depending on the reading")
    return frame.set_axis(names, axis=1)
