"""bridle regularizes neural networks: which regularization, how strong, and how sure are we?

Names are imported when they are first used, so that ``import bridle`` and ``bridle --help`` stay quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "Conv": "bridle.engine",
    "Dense": "bridle.engine",
    "GlobalPool": "bridle.engine",
    "Members": "bridle.engine",
    "Outcome": "bridle.engine",
    "Pictures": "bridle.engine",
    "Plan": "bridle.engine",
    "Pool": "bridle.engine",
    "Progress": "bridle.engine",
    "Recorded": "bridle.engine",
    "Residual": "bridle.engine",
    "ResidualConv": "bridle.engine",
    "train": "bridle.engine",
    "trace": "bridle.experiments.trace",
    "BridleError": "bridle.errors",
    "Status": "bridle.errors",
    "Checkup": "bridle.faces.checkup",
    "Comparison": "bridle.faces.comparison",
    "compare": "bridle.faces.comparison",
    "diagnose": "bridle.faces.checkup",
    "runs": "bridle.study.runs",
    "REGISTRY": "bridle.registry",
    "MLPClassifier": "bridle.estimators",
    "MLPRegressor": "bridle.estimators",
    "RegularizationPathClassifier": "bridle.estimators",
    "RegularizationPathClassifierCV": "bridle.estimators",
    "RegularizationPathRegressor": "bridle.estimators",
    "RegularizationPathRegressorCV": "bridle.estimators",
}

__all__ = ["__version__", *_HOMES]

if TYPE_CHECKING:
    from bridle.engine import Conv as Conv
    from bridle.engine import Dense as Dense
    from bridle.engine import GlobalPool as GlobalPool
    from bridle.engine import Members as Members
    from bridle.engine import Outcome as Outcome
    from bridle.engine import Pictures as Pictures
    from bridle.engine import Plan as Plan
    from bridle.engine import Pool as Pool
    from bridle.engine import Progress as Progress
    from bridle.engine import Recorded as Recorded
    from bridle.engine import Residual as Residual
    from bridle.engine import ResidualConv as ResidualConv
    from bridle.engine import train as train
    from bridle.errors import BridleError as BridleError
    from bridle.errors import Status as Status
    from bridle.registry import REGISTRY as REGISTRY


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'bridle' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
