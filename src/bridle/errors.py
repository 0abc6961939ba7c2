"""What can go wrong, in words a user can act on.

Every message follows one grammar, built by :func:`bridle.checks.problem`:
``{where}: {what} must be {allowed}; got {value!r}. {next step or did-you-mean}``.
Inside the engine nothing raises on numbers: a member that diverges ends with a :class:`Status` and its
neighbors go on. Only the faces turn a status into an exit code.
"""

from __future__ import annotations

from enum import Enum


class BridleError(Exception):
    """The root of all errors that bridle raises on purpose; its text is meant for users."""


class PlanError(BridleError, ValueError):
    """A plan or its members ask for something that does not exist or cannot be."""


class DataError(BridleError, ValueError):
    """The data cannot be used as given."""


class OutputError(BridleError, OSError):
    """A result cannot be written where it was asked for."""


class Status(Enum):
    """How a member's training ended; the text is the message.

    The order of definition is the code used inside the compiled program: see :attr:`code`.
    """

    RUNNING = "still in training"
    COMPLETED = "trained for all its epochs"
    STOPPED = "stopped early: the monitored value no longer improved"
    DIVERGED = "diverged: the training loss is no longer finite; try a lower learning rate"
    INTERRUPTED = "interrupted before its last epoch"

    @property
    def code(self) -> int:
        """The integer that stands for this status inside the compiled program."""
        return list(Status).index(self)
