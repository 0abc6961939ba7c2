"""Names of columns: whether a first row is one of names at all, and what nameless columns are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bridle.study.readers.limits import Refusal


def looks_like_data(header: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Return whether a first row is more likely a row of the table than its names.

    It is, where it holds numbers above columns of numbers, and no such column has a name in words. Numbers
    that only count the columns, as in ``0,1,2``, are names.

    Examples
    --------
    >>> looks_like_data(["1.2", "3", "a"], [["0.7", "9", "b"], ["0.1", "8", "a"]])
    True
    >>> looks_like_data(["0", "1", "class"], [["0.7", "9", "b"], ["0.1", "8", "a"]])
    False
    """
    numeric = [k for k in range(len(header)) if _are_numbers([row[k] for row in body if k < len(row)])]
    as_numbers = [k for k in numeric if _are_numbers([header[k]])]
    counts = any(all(header[k].strip() == str(k + start) for k in as_numbers) for start in (0, 1))
    return (
        bool(as_numbers) and len(as_numbers) == len([k for k in numeric if header[k].strip()]) and not counts
    )


def name_columns(names: Sequence[str], refuse: Refusal) -> list[str]:
    """Return the names, each different; a column without one is called by its position.

    Raises
    ------
    DataError
        If two columns have the same name.
    """
    refuse_duplicates([name for name in names if name.strip()], refuse)
    taken, named = set(names), []
    for k, name in enumerate(names):
        if name.strip():
            named.append(name)
            continue
        unnamed = f"unnamed {k + 1}"
        while unnamed in taken:
            unnamed += "_"
        taken.add(unnamed)
        named.append(unnamed)
    return named


def refuse_duplicates(names: Sequence[str], refuse: Refusal) -> None:
    """Refuse names that occur twice."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        hint = "Rename them; if the file has no header, say --no-header (header=False)."
        refuse("column names", "all different", twice, hint)


def _are_numbers(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and all(map(_is_number, filled))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell
