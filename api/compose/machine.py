"""How the process uses the machine: its cores and its memory."""

import ctypes
import sys

import numpy  # noqa: F401 (its linear algebra can be limited when it is loaded)
from threadpoolctl import threadpool_limits


def one_thread_a_product() -> None:
    """Let NumPy work out each product of matrices in the thread that asks for it. A turn has many small ones, and the
    threads of OpenBLAS wait for work at full load: that took as long as all the rest of a turn. SciPy, by which the
    product learns, has a library of its own, which still uses all cores."""
    threadpool_limits(1, user_api="blas")


_MMAP_THRESHOLD = -3
"""The number of this setting in glibc's `mallopt`."""
_LARGE = 1 << 20


def large_arrays_returned() -> None:
    """Let memory of a megabyte and more go back to the system when it is freed. Where glibc is left to itself it raises
    that limit to the size of what was freed last, and keeps all that is smaller: a tenth of the process."""
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
        if mallopt is not None:
            mallopt(_MMAP_THRESHOLD, _LARGE)
