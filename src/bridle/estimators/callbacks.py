"""scikit-learn's callbacks: an estimator tells those that are set on it what happens, epoch by epoch.

The interface is that of ``sklearn.callback`` (1.9 and later). With an older scikit-learn there is none, and
estimators have no ``set_callbacks``. Callbacks may look at a fitted copy of the estimator after any epoch,
and may end the training; they change nothing else about it, so a fit with callbacks that only look gives the
same weights as one without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """No callbacks are set with a scikit-learn that has none."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "Listeners", "with_callbacks"]

Fitted = Callable[[], dict[str, list[np.ndarray]]]
"""Returns what is fitted as it is now, by attribute; called only where a callback asks for a fitted copy."""


class Listeners:
    """The callbacks of one call of ``fit``, and where in the fit they are.

    Parameters
    ----------
    model
        The estimator.
    X, y, weight
        The rows it trains on, with their weights or None.
    most
        The largest number of steps.
    step
        What a step is called: "epoch", or "iteration" of an optimizer that looks at all rows.
    """

    def __init__(self, model: Any, X: Any, y: Any, weight: np.ndarray | None, most: int, step: str) -> None:
        self.model, self.step, self.stopped = model, step, False
        self._told = {"estimator": model, "X": X, "y": y}
        if weight is not None:
            self._told["metadata"] = {"sample_weight": weight}
        self._root: Any = None
        self._now: Any = None
        if hasattr(model, "_init_callback_context"):
            self._root = model._init_callback_context(max_subtasks=most)
            self._root.call_on_fit_task_begin(**self._told)

    @property
    def any(self) -> bool:
        """Whether anybody listens, so that epochs must be trained one by one."""
        return bool(getattr(self.model, "_skl_callbacks", ()))

    def begin(self, fitted: Fitted) -> None:
        """Tell that a step begins, unless one has begun."""
        if self.any and self._now is None:
            self._now = self._root.subcontext(task_name=self.step)
            self._now.call_on_fit_task_begin(**self._told, reconstruction_attributes=fitted)

    def end(self, fitted: Fitted) -> bool:
        """Tell that the step has ended, and return whether a callback asks to stop."""
        if self._now is not None:
            now, self._now = self._now, None
            wish = now.call_on_fit_task_end(**self._told, reconstruction_attributes=fitted)
            self.stopped |= bool(wish)
        return self.stopped

    def finish(self, fitted: Fitted) -> None:
        """Tell that the fit has ended."""
        self.end(fitted)
        if self._root is not None:
            self._root.call_on_fit_task_end(**self._told, reconstruction_attributes=fitted)
