"""The engine: plans, members and the two ways to train them, by reference and as one compiled population."""

from bridle.engine.layers import Conv, Dense, GlobalPool, Pool, Residual, ResidualConv
from bridle.engine.members import Members
from bridle.engine.outcome import Outcome
from bridle.engine.pixels import Pictures
from bridle.engine.plan import Plan
from bridle.engine.recorded import Recorded
from bridle.engine.training import Progress, prepare, train

__all__ = [
    "Conv",
    "Dense",
    "GlobalPool",
    "Members",
    "Outcome",
    "Pictures",
    "Plan",
    "Pool",
    "Progress",
    "Recorded",
    "Residual",
    "ResidualConv",
    "prepare",
    "train",
]
