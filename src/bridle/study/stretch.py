"""One stretch of training under a guard: it shows progress, hears Ctrl-C, and notices that time runs out.

Machines become slower while they work. When what is left of a stretch, and of what must follow, no longer
fits, something is cut at once and written down: a round that only refines is given up, any other goes on
with one split, seed or regularizer less, until the rest fits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from bridle.engine.staged import Staged
from bridle.errors import Status
from bridle.study.budget import Clock, Reach, smaller
from bridle.study.ledger import Ledger
from bridle.study.straight import Report

TOLERANCE = 0.02
"""The share of the budget by which a stretch may look late: guesses of the time left are rough."""

_LOOK_SECONDS = 1.0
_LATE_LOOKS = 3  # in a row, before anything is cut: a busy second is no verdict
_TRUST_SECONDS = 3.0  # of training, after which what was measured before counts as much as what is measured


class InterruptedStretch(Exception):
    """Ctrl-C was heard."""


@dataclass(frozen=True, eq=False)
class Work:
    """Networks of one kind that are to be trained until an epoch, those that ``going`` says are in reach."""

    staged: Staged
    going: Callable[[Reach], np.ndarray]
    kind: str
    until: int

    def ahead(self, reach: Reach) -> int:
        """Return the member-epochs that are left to train."""
        running = self.going(reach) & (self.staged.status == Status.RUNNING)
        return int(np.sum(np.maximum(self.until - self.staged.epochs[running], 0)))


class Guard:
    """Watches over training.

    Parameters
    ----------
    clock
        What time is left.
    ledger
        Where cuts are written down.
    tell
        Progress.
    epoch
        Seconds of an epoch of a network, by kind; kept up to date with what is measured on the way.
    """

    def __init__(self, clock: Clock, ledger: Ledger, tell: Report, epoch: Mapping[str, float]) -> None:
        self.clock, self.ledger, self.tell = clock, ledger, tell
        self.epoch = dict(epoch)
        self.stop = threading.Event()

    def say(self, phase: str, needed: float = 0.0) -> None:
        """Tell of a phase, with the time left of the budget, or what is ``needed`` where that is more."""
        spent = self.clock.elapsed
        left = max(0.0, self.clock.seconds - spent, needed)
        self.tell(phase, min(0.99, spent / (spent + left)), left)

    def run(
        self,
        name: str,
        works: Sequence[Work],
        reach: Reach,
        after: Callable[[Reach], float],
        phase: str,
        may_end: bool = False,
    ) -> Reach | None:
        """Train until all is done, and return what is still in reach; None if the stretch was given up.

        Parameters
        ----------
        name
            Of the stretch, the same whenever it is repeated.
        works
            What to train.
        reach
            What is in reach now.
        after
            The seconds that must follow this stretch.
        phase
            What progress says.
        may_end
            Whether the stretch is given up where time runs out, instead of cutting what is in reach.

        Raises
        ------
        InterruptedStretch
            After Ctrl-C.
        """
        cut = self.ledger.known(f"cut {name}")
        if cut is not None:
            if not cut:
                return None
            reach = Reach.of(cut)
        watched = True
        while True:
            if self._train(works, reach, after, phase, watched):
                return reach
            if self.stop.is_set():
                raise InterruptedStretch
            if may_end:
                self.ledger.note(f"cut {name}", {})
                return None
            reach, watched = self._cut(works, reach, after)
            self.ledger.note(f"cut {name}", asdict(reach))

    def _train(
        self, works: Sequence[Work], reach: Reach, after: Callable[[Reach], float], phase: str, watched: bool
    ) -> bool:
        looked, late = self.clock.now(), 0
        for k, work in enumerate(works):
            before = self.epoch[work.kind]
            since, spent, done = self.clock.now(), 0.0, 0

            def advanced(member_epochs: int, k: int = k, work: Work = work, before: float = before) -> bool:
                nonlocal since, spent, done, looked, late
                now = self.clock.now()
                spent, done, since = spent + now - since, done + member_epochs, now
                self.epoch[work.kind] = blended(before, spent, done)
                self.say(phase, self.needed(works[k:], reach, after))
                if self.stop.is_set():
                    return False
                if watched and now - looked >= _LOOK_SECONDS:
                    looked = now
                    late = late + 1 if self.is_late(works[k:], reach, after) else 0
                return late < _LATE_LOOKS

            if not work.staged.advance(work.going(reach), work.until, advanced):
                return False
        return True

    def is_late(self, works: Sequence[Work], reach: Reach, after: Callable[[Reach], float]) -> bool:
        """Return whether what is left to train, and what must follow, does not fit into the time left."""
        return self.needed(works, reach, after) > self.clock.left + TOLERANCE * self.clock.seconds

    def needed(self, works: Sequence[Work], reach: Reach, after: Callable[[Reach], float]) -> float:
        """Return the seconds that are left to train, and that must follow."""
        return sum(self.epoch[work.kind] * work.ahead(reach) for work in works) + after(reach)

    def _cut(
        self, works: Sequence[Work], reach: Reach, after: Callable[[Reach], float]
    ) -> tuple[Reach, bool]:
        """Return what fits, and whether it does: the smallest is trained to its end whatever it costs."""
        while self.is_late(works, reach, after):
            less = smaller(reach)
            if less is None:
                return reach, False
            reach = less
        return reach, True


def blended(before: float, spent: float, done: int) -> float:
    """Return the seconds of an epoch of a network: those measured before, and now, as far as they go.

        w before + (1 - w) spent / done,   w = 3 / (3 + spent)

    Examples
    --------
    >>> blended(0.1, 0.0, 0), blended(0.1, 3.0, 10)
    (0.1, 0.2)
    """
    weight = _TRUST_SECONDS / (_TRUST_SECONDS + spent)
    return weight * before + (1 - weight) * spent / max(done, 1)
