"""Where the members of a population lie: slots, dealt out over the devices."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Slots(NamedTuple):
    """Where members lie: member m is in slot ``of_member[m]``; ``total`` slots over all devices."""

    of_member: np.ndarray
    total: int
    devices: int


def place_members(members: int, device_count: int) -> Slots:
    """Deal members out to the devices in turn; slots a device are a power of two, so few shapes compile."""
    slots = 1
    while slots * device_count < members:
        slots *= 2
    m = np.arange(members)
    return Slots((m % device_count) * slots + m // device_count, slots * device_count, device_count)
