"""Durations as people write them: ``60s``, ``5m``, ``1h``."""

from __future__ import annotations

import math
import re
from typing import Any

from bridle.checks import problem
from bridle.errors import PlanError

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def seconds_of(duration: Any, where: str = "compare") -> float:
    """Return a duration in seconds: ``60s``, ``5m``, ``1h``, ``1.5h``, or a number of seconds.

    Raises
    ------
    PlanError
        If it is none, or not above 0.

    Examples
    --------
    >>> seconds_of("5m"), seconds_of("300"), seconds_of(7.5)
    (300.0, 300.0, 7.5)
    """
    found = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(s|m|min|h|)\s*", str(duration))
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not (seconds > 0 and math.isfinite(seconds)) or isinstance(duration, bool):
        hint = "Give a number and its unit: 60s, 5m or 1h."
        raise PlanError(problem(where, "time_budget", "a duration above 0", duration, hint))
    return seconds
