"""Memory that NumPy gives back is kept for the next array, not handed to the system and asked for again.

glibc fetches arrays above 128 kB from the system one by one and returns them at once, and the system hands
out pages by clearing them when they are first touched. On layers of a hundred units and two hundred rows that
took most of an update's time. glibc learns: after an array of a certain size was freed, ones up to that size
stay with the process. So one large array is made and freed, of which no page is ever touched.
"""

from __future__ import annotations

from functools import cache

import numpy as np

LARGEST = 2**25 - 2**16
"""Bytes; glibc learns nothing from more than 32 MiB."""


@cache
def keep_freed_memory() -> None:
    """Have arrays of up to 32 MiB reused from now on; where malloc is not glibc's, nothing happens."""
    np.empty(LARGEST, dtype=np.uint8)
