"""Validation in one grammar, with all problems at once.

A message says where, what, what is allowed, what was given, and what to do next. ``Problems`` collects
them so that a plan with three mistakes is mended in one go instead of three.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

from bridle.errors import BridleError, PlanError

_LONGEST_VALUE = 80


def problem(where: str, what: str, allowed: str, value: Any, hint: str = "") -> str:
    """Return ``{where}: {what} must be {allowed}; got {value!r}. {hint}``, on one line, long values cut."""
    shown = re.sub(r"\s*\n\s*", " ", repr(value))
    if len(shown) > _LONGEST_VALUE:
        shown = shown[: _LONGEST_VALUE - 3] + "..."
    return f"{where}: {what} must be {allowed}; got {shown}.{' ' + hint if hint else ''}"


def did_you_mean(value: Any, options: Iterable[str]) -> str:
    """Return ``Did you mean 'dropout'?`` for the closest option, or an empty string when none is close.

    The only option that begins with the value is closer than all others.
    """
    names = [str(option) for option in options]
    folded = {name.casefold(): name for name in reversed(names)}
    given = str(value).casefold()
    begun = [name for name in folded if len(given) > 1 and name.startswith(given)]
    close = begun if len(begun) == 1 else difflib.get_close_matches(given, folded, n=1, cutoff=0.6)
    return f"Did you mean {folded[close[0]]!r}?" if close else ""


def one_of(options: Iterable[str]) -> str:
    """Return the options as English: ``one of 'a', 'b' or 'c'``."""
    quoted = [repr(option) for option in options]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"one of {', '.join(quoted[:-1])} or {quoted[-1]}"


class Problems:
    """Collects messages about one object and raises them together.

    Parameters
    ----------
    where
        What is being checked; the first word of every message.
    error
        The exception to raise, a :class:`~bridle.errors.BridleError`.
    """

    def __init__(self, where: str, error: type[BridleError] = PlanError) -> None:
        self.where = where
        self.error = error
        self.messages: list[str] = []

    def add(self, what: str, allowed: str, value: Any, hint: str = "") -> None:
        """Note one problem."""
        self.messages.append(problem(self.where, what, allowed, value, hint))

    def check_choice(self, what: str, value: Any, options: Iterable[str]) -> None:
        """Note a problem unless the value is one of the options."""
        options = list(options)
        if value not in options:
            self.add(what, one_of(options), value, did_you_mean(value, options))

    def check_integer(self, what: str, value: Any, low: int = 1, hint: str = "") -> None:
        """Note a problem unless the value is a whole number of at least ``low``."""
        if isinstance(value, bool) or not isinstance(value, Integral) or value < low:
            self.add(what, f"a whole number of at least {low}", value, hint)

    def check_number(
        self,
        what: str,
        value: Any,
        low: float = -math.inf,
        high: float = math.inf,
        *,
        open_high: bool = False,
    ) -> None:
        """Note a problem unless the value is a finite number in [low, high], or [low, high) if open."""
        fits = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
        if not fits or value < low or value > high or (open_high and value == high):
            self.add(what, interval(low, high, open_high), value)

    def raise_if_any(self) -> None:
        """Raise all the problems noted so far as one error, a line each."""
        if self.messages:
            raise self.error("\n".join(self.messages))


def interval(low: float, high: float, open_high: bool = False) -> str:
    """Return a range in words: ``a number of at least 0``, ``a number in [0, 1)``."""
    if math.isinf(low) and math.isinf(high):
        return "a finite number"
    if math.isinf(high):
        return f"a number of at least {low:g}"
    return f"a number in [{low:g}, {high:g}{')' if open_high else ']'}"
