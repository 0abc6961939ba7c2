"""From named arrays, as .npz and .mat files hold them, to one table.

Such files hold inputs X and a target y, often a second pair for validation, under names that vary; and
MATLAB users keep rows first or columns first. The names are settled by ``Layout.keys`` or by a list of usual
ones, the orientation by the length of y. The second pair becomes the *sealed* test rows: somebody has already
decided on what models are judged, and that is not for us to shuffle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bridle.checks import did_you_mean, one_of
from bridle.study.readers.layout import ROLES, Layout, Raw
from bridle.study.readers.limits import Refusal, check_cells

USUAL = {
    "X": ("X", "x", "data", "features", "inputs", "images", "X_train", "x_train", "Xtrain"),
    "y": ("y", "Y", "target", "targets", "label", "labels", "y_train", "ytrain"),
    "Xval": ("Xval", "xval", "X_val", "x_val", "X_test", "x_test", "Xtest"),
    "yval": ("yval", "Yval", "y_val", "y_test", "ytest"),
}
"""What each array is usually called; the first name found is taken."""


def choose_keys(names: Sequence[str], layout: Layout, refuse: Refusal) -> dict[str, str]:
    """Return which of a file's arrays play which role; X is always among them.

    Raises
    ------
    DataError
        If a key that was named is not there, or nothing looks like X.
    """
    for role, key in layout.keys.items():
        if role not in ROLES:
            refuse("keys", f"given for {one_of(ROLES)}", role, did_you_mean(role, ROLES))
        if key not in names:
            refuse(f"key for {role}", f"one of {_listed(names)}", key, did_you_mean(key, names))
    found = dict(layout.keys)
    for role, usual in USUAL.items():
        if role not in found:
            name = next((name for name in usual if name in names), None)
            if name is not None and name not in found.values():
                found[role] = name
    if "X" not in found and len(names) == 1:
        found["X"] = names[0]
    if "X" not in found:
        hint = f"It holds {_listed(names)}. Say which: --keys X=...,y=... (Layout(keys=...))."
        refuse("arrays", "named X and y", "others", hint)
    for one, other in (("Xval", "yval"), ("yval", "Xval")):
        if one in found and other not in found:
            if one in layout.keys:
                refuse("keys", "given for Xval and yval together", one)
            del found[one]
    if "y" not in found:
        found = {"X": found["X"]}
    return found


def to_table(arrays: Mapping[str, np.ndarray], keys: Mapping[str, str], refuse: Refusal) -> Raw:
    """Return the table of arrays by role; without y, the columns of X.

    Raises
    ------
    DataError
        If shapes do not fit together.
    """
    notes: list[str] = []
    y = None if "y" not in arrays else _target(arrays["y"], keys["y"], refuse)
    x = _inputs(arrays["X"], keys["X"], y, notes, refuse)
    frame = _frame(x, refuse)
    if y is None:
        return Raw(frame, notes=tuple(notes))
    title = keys["y"]
    sealed = 0
    if "Xval" in arrays:
        y_sealed = _target(arrays["yval"], keys["yval"], refuse)
        x_sealed = _inputs(arrays["Xval"], keys["Xval"], y_sealed, notes, refuse, columns=x.shape[1])
        sealed = len(y_sealed)
        frame = pd.concat([frame, _frame(x_sealed, refuse)], ignore_index=True)
        y = np.concatenate([y, y_sealed])
        notes.append(f"The {sealed:,} rows of {keys['Xval']!r} are the test rows of every seed.")
    return Raw(frame.assign(**{title: y}), title, sealed, tuple(notes))


def _target(y: np.ndarray, name: str, refuse: Refusal) -> np.ndarray:
    longest = max(y.shape, default=0)
    if y.size != longest or y.size == 0:
        hint = "One value a row; of one-hot rows, keep the position of the 1."
        refuse(f"array {name!r}", "one-dimensional", y.shape, hint)
    return y.reshape(-1)


def _inputs(
    x: np.ndarray,
    name: str,
    y: np.ndarray | None,
    notes: list[str],
    refuse: Refusal,
    columns: int | None = None,
) -> np.ndarray:
    """Return (N, D), whichever axis of a file's array runs over rows."""
    if x.ndim == 1:
        x = x.reshape(-1, 1)
    if x.ndim == 0 or x.size == 0:
        refuse(f"array {name!r}", "two-dimensional, rows by features", x.shape)
    rows = len(x) if y is None else len(y)
    fits = [x.shape[0] == rows, x.shape[-1] == rows]
    if columns is not None and x.ndim == 2 and all(fits) is False and any(fits):
        fits = [fits[0] and x.shape[1] == columns, fits[1] and x.shape[0] == columns]
    if not any(fits):
        wanted = "" if columns is None else f" and {columns} columns"
        refuse(f"array {name!r}", f"of {rows} rows{wanted}, as its target", x.shape)
    if not fits[0]:
        x = np.moveaxis(x, -1, 0)
        notes.append(f"The array {name!r} holds a row in each column; it was turned.")
    if x.ndim > 2:
        notes.append(f"Each row of the array {name!r}, of shape {x.shape[1:]}, was laid out flat.")
        x = x.reshape(len(x), -1)
    if columns is not None and x.shape[1] != columns:
        refuse(f"array {name!r}", f"of {columns} columns, as X", x.shape)
    return x


def _frame(x: np.ndarray, refuse: Refusal) -> pd.DataFrame:
    check_cells(x.shape[0], x.shape[1], refuse)
    return pd.DataFrame(x, columns=[f"x{k}" for k in range(x.shape[1])])


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:10])
    return (shown or "none") + (", ..." if len(names) > 10 else "")
