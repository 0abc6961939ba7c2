"""What the clock decided, written down before it is acted on.

A comparison with a time budget is determined by its request and by these decisions. They are kept with the
run in its store, so a run that goes on makes them again whatever the clock says by then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridle.study.budget import Clock
from bridle.study.store import StoredRun


class Ledger:
    """Decisions by name.

    Parameters
    ----------
    clock
        Goes on from what an earlier process had spent.
    run
        Where decisions are kept; None: in memory only.
    """

    def __init__(self, clock: Clock, run: StoredRun | None) -> None:
        self._clock, self._run = clock, run
        self._known: dict[str, Any] = {} if run is None else run.decisions()
        clock.take_up(max((one["elapsed"] for one in self._known.values()), default=0.0))

    def known(self, name: str) -> Any:
        """Return what was decided, None if nothing was."""
        return self._known[name]["what"] if name in self._known else None

    def note(self, name: str, what: Any) -> Any:
        """Write a decision down, in place of an earlier one of this name, and return it."""
        self._known[name] = {"what": what, "elapsed": self._clock.elapsed}
        if self._run is not None:
            self._run.decide(name, self._known[name])
        return what

    def decide(self, name: str, decide: Callable[[], Any]) -> Any:
        """Return what was decided, now if it was not before."""
        return self.known(name) if name in self._known else self.note(name, decide())
