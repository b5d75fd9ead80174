"""What a server does with its memory once it has started."""

import ctypes
import gc
from contextlib import suppress

_OFTEN = (700, 10, 10)
"""Python's own: little garbage at a time, so that to look for it keeps nobody waiting."""


def settle() -> None:
    """What was loaded up to now stays for good: the collector need not look through it each time, which would stop
    everything for a third of a second; and what a start used by the way goes back to the system."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_OFTEN)
    with suppress(OSError, AttributeError):  # glibc's alone
        ctypes.CDLL(None).malloc_trim(0)
