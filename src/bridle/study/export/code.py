"""The scripts by library, and why one is missing."""

from __future__ import annotations

from collections.abc import Callable

from bridle.errors import PlanError
from bridle.study.export.keras_code import keras_code
from bridle.study.export.sklearn_code import sklearn_code
from bridle.study.export.torch_code import torch_code
from bridle.study.model import Model

LIBRARIES: dict[str, tuple[str, Callable[[Model], str]]] = {
    "torch": ("PyTorch", torch_code),
    "keras": ("Keras", keras_code),
    "sklearn": ("scikit-learn", sklearn_code),
}
"""By the name that the command takes: what the library is called, and what writes its script."""


def scripts(model: Model) -> dict[str, tuple[str, bool]]:
    """Return each library's script, or the reason why there is none, by the library's name.

    Returns
    -------
    scripts
        From a name for reading to the text and whether it is a script.
    """
    found = {}
    for title, write in LIBRARIES.values():
        try:
            found[title] = (write(model), True)
        except PlanError as error:
            found[title] = (str(error), False)
    return found
