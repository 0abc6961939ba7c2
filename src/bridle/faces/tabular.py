"""What commands may be told about a table: how its file is laid out, and which column is what.

One decorator for the layout, shared by ``compare`` and ``predict``, and one for the choice of columns, so
that both commands read a file in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bridle.study.readers import Layout

_LAYOUT = ("header", "missing", "separator", "encoding", "keys", "labels", "corrupt", "size")
_LARGEST_SIDE = 4096
_COLUMNS = ("drop", "group", "weights", "task")
_SEPARATORS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|", "blank": " "}


class Keys(click.ParamType):
    """What arrays are called: ``X=data,y=labels``, or four names in the order X, y, Xval, yval."""

    name = "keys"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the names by role."""
        if isinstance(value, dict):
            return value
        from bridle.study.readers.layout import ROLES

        parts = [part.strip() for part in value.split(",")]
        if all("=" in part for part in parts):
            named = {role.strip(): name.strip() for role, name in (part.split("=", 1) for part in parts)}
            if not set(named) <= set(ROLES):
                self.fail(f"must be of the roles {', '.join(ROLES)}; got {value!r}.", param, ctx)
            return named
        if len(parts) in (2, 4) and all(parts) and not any("=" in part for part in parts):
            return dict(zip(ROLES, parts, strict=False))
        return self.fail(f"must be roles and names, as in X=data,y=labels; got {value!r}.", param, ctx)


class Size(click.ParamType):
    """Height and width, ``32x32``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the two numbers."""
        if isinstance(value, tuple):
            return value
        sides = value.casefold().split("x")
        if len(sides) != 2 or not all(one.isdecimal() and 0 < int(one) <= _LARGEST_SIDE for one in sides):
            allowed = f"a height and a width of 1 to {_LARGEST_SIDE}, as in 32x32"
            self.fail(f"must be {allowed}; got {value!r}.", param, ctx)
        return int(sides[0]), int(sides[1])


def layout_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a file is laid out."""
    options = (
        click.option(
            "--header/--no-header",
            default=None,
            help="Whether the first row names the columns.  [default: it does]",
        ),
        click.option(
            "--missing",
            multiple=True,
            metavar="CELL",
            help="A cell that stands for a missing value, as '?'; may be repeated.",
        ),
        click.option(
            "--separator",
            metavar="CHAR",
            help="Between cells: a character, or tab, blank ...  [default: it tells]",
        ),
        click.option(
            "--encoding",
            metavar="NAME",
            help="Encoding of a text file, as utf-8, cp1252.  [default: it tells]",
        ),
        click.option(
            "--keys", type=Keys(), metavar="X=NAME,y=NAME", help="What an .npz or .mat file calls its arrays."
        ),
        click.option(
            "--labels", metavar="FILE", help="The labels of idx images.  [default: the file beside them]"
        ),
        click.option(
            "--corrupt",
            type=click.Choice(["refuse", "skip"]),
            help="What to do with pictures that cannot be read.  [default: refuse]",
        ),
        click.option(
            "--size", type=Size(), metavar="HxW", help="Bring all pictures of a folder to this size."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def column_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what columns are for."""
    options = (
        click.option(
            "--drop", multiple=True, metavar="COLUMN", help="A column to leave out; may be repeated."
        ),
        click.option(
            "--group", metavar="COLUMN", help="Keep rows of equal value on one side of every split."
        ),
        click.option(
            "--weights", metavar="COLUMN", help="What each row weighs, in training and in every score."
        ),
        click.option(
            "--task",
            type=click.Choice(["classification", "regression"]),
            help="What to do with the target.  [default: its values tell]",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def take_layout(given: dict[str, Any], source: dict[str, Any] | None = None) -> Layout:
    """Take the layout's options out of what was given; where nothing was, a model's source decides."""
    from bridle.study.readers import Layout

    header, missing, separator, encoding, keys, labels, corrupt, size = (given.pop(name) for name in _LAYOUT)
    source = source or {}
    if header is None:
        header = source.get("header")
    return Layout(
        header=header,
        missing=tuple(missing) or tuple(source.get("missing", ())),
        separator=_SEPARATORS.get(separator, separator),
        encoding=encoding,
        keys=keys or {},
        labels=labels,
        corrupt=corrupt or "refuse",
        size=size,
    )


def take_columns(given: dict[str, Any]) -> dict[str, Any]:
    """Take the columns' options out of what was given."""
    return {name: given.pop(name) for name in _COLUMNS}
