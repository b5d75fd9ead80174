"""How the process uses the processor's cores."""

import numpy  # noqa: F401 (its linear algebra can be limited when it is loaded)
from threadpoolctl import threadpool_limits


def one_thread_a_product() -> None:
    """Let NumPy work out each product of matrices in the thread that asks for it. A turn has many small ones, and the
    threads of OpenBLAS wait for work at full load: that took as long as all the rest of a turn. SciPy, by which the
    product learns, has a library of its own, which still uses all cores."""
    threadpool_limits(1, user_api="blas")
