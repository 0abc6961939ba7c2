"""Signs of life: a bar with the time left on a terminal, a few lines elsewhere, both on the error stream.

Long runs are trusted when they move. The bar turns from the first moment, also while programs compile and
nothing can be counted; a log file gets a line when the phase changes, at every tenth, and now and then in
between. Results go to the other stream, so they can be piped.
"""

from __future__ import annotations

import math
import sys
import time
from types import TracebackType
from typing import Self, TextIO

_EVERY = 30.0
_TENTHS = 10
_FROM = 0.02  # a time left that is guessed from less than this share is worth nothing


class Lines:
    """Progress as sparse lines, for files and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._phase = ""
        self._tenth = 0
        self._last = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        return None

    def __call__(self, phase: str, fraction: float, seconds_left: float) -> None:
        """Tell of a phase, the share done and the seconds left."""
        now, tenth = time.monotonic(), int(_TENTHS * fraction)
        if phase == self._phase and tenth <= self._tenth and now - self._last < _EVERY:
            return
        self._phase, self._tenth, self._last = phase, tenth, now
        left = f", {time_left(fraction, seconds_left)}" if time_left(fraction, seconds_left) else ""
        share = f" {100 * fraction:.0f} %{left}" if fraction > 0 else ""
        print(f"bridle: {phase}{share}", file=self._stream, flush=True)


class Bar:
    """Progress as one line that moves, for terminals."""

    def __init__(self, stream: TextIO) -> None:
        # Rich takes as long to import as bridle --help may take in all.
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=32),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[left]}", markup=False),
            console=Console(file=stream),
            transient=True,
        )
        self._task = self._progress.add_task("starting", total=None, left="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, phase: str, fraction: float, seconds_left: float) -> None:
        """Tell of a phase, the share done and the seconds left."""
        left = time_left(fraction, seconds_left)
        total = 1.0 if fraction > 0 else None  # without a share the bar only swings
        self._progress.update(self._task, description=phase, completed=fraction, total=total, left=left)


def progress_on(stream: TextIO | None = None) -> Bar | Lines:
    """Return the progress display that suits a stream, by default the error stream."""
    stream = sys.stderr if stream is None else stream
    return Bar(stream) if stream.isatty() else Lines(stream)


def time_left(fraction: float, seconds: float) -> str:
    """Return the time left in words, or nothing where it is not known or not to be trusted yet."""
    return f"{duration(seconds)} left" if math.isfinite(seconds) and _FROM <= fraction < 1 else ""


def duration(seconds: float) -> str:
    """Return a duration as people say it.

    Examples
    --------
    >>> duration(8.4), duration(80), duration(3720)
    ('8 s', '1 min 20 s', '1 h 2 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
