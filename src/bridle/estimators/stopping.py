"""scikit-learn's rules over epochs: when training has stalled, and what the learning rate is.

They differ from the engine's early stopping: here the best value moves with every small improvement, so a
loss that creeps down by less than ``tol`` an epoch counts as stalled. The count of stalled epochs also says
for how many epochs training can run without being looked at.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

SMALLEST_RATE = 1e-6


@dataclass
class Stall:
    """Epochs in a row without an improvement of at least ``tol`` over the best value so far."""

    tol: float
    patience: float
    count: int = 0

    def see_loss(self, loss: float, best: float) -> float:
        """Note a training loss and return the best one; NaN never counts as stalled."""
        self.count = self.count + 1 if loss > best - self.tol else 0
        return min(best, loss) if loss < best else best

    def see_score(self, score: float, best: float) -> float:
        """Note a validation score and return the best one."""
        self.count = self.count + 1 if score < best + self.tol else 0
        return score if score > best else best

    @property
    def is_over(self) -> bool:
        """Whether more than ``patience`` epochs were stalled."""
        return self.count > self.patience

    def sure_epochs(self, most: int) -> int:
        """Return how many epochs at least pass before it can be over, at most ``most``."""
        return int(min(most, max(1, self.patience + 1 - self.count)))


@dataclass
class Rate:
    """The learning rate of gradient descent under scikit-learn's three schedules; adam's is constant."""

    initial: float
    schedule: str = "constant"
    power: float = 0.5
    value: float = 0.0

    def __post_init__(self) -> None:
        self.value = float(self.initial)

    def end_epoch(self, samples: int) -> None:
        """Fall with the number of samples seen: initial / (samples + 1)^power under "invscaling"."""
        if self.schedule == "invscaling":
            self.value = self.initial / (samples + 1) ** self.power

    def ahead(self, epochs: int, samples: int, per_epoch: int) -> list[float]:
        """Return the rates of the next epochs, when so many samples were seen, and none of them stalls."""
        if self.schedule != "invscaling":
            return [self.value] * epochs
        found, coming = [], copy(self)
        for epoch in range(1, epochs + 1):
            found.append(coming.value)
            coming.end_epoch(samples + epoch * per_epoch)
        return found

    def under(self, rule: Rate, samples: int) -> Rate:
        """Return this rate, or, where the rule is another one by now, what that one gives after samples."""
        if (self.initial, self.schedule, self.power) == (rule.initial, rule.schedule, rule.power):
            return self
        rule.end_epoch(samples)
        return rule

    def falls_instead_of_stopping(self) -> bool:
        """Return whether a stalled training goes on with a fifth of the rate, under "adaptive"."""
        if self.schedule != "adaptive" or self.value <= SMALLEST_RATE:
            return False
        self.value /= 5
        return True
