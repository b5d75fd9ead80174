"""What a process gives up before it works on strangers' data: memory, files, priority, and outliving its parent."""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
_MEEKNESS = 5


def confine(memory_bytes: int, file_bytes: int = 0) -> None:
    """Give up what is not needed. No file can grow beyond `file_bytes`; a pipe is none."""
    if sys.platform == "linux":  # others know neither; there the process ends when its input does
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is for the parent, which ends this process
    os.nice(_MEEKNESS)  # a server on the same cores comes first
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))


def allow_cpu(seconds: int) -> None:
    """The kernel ends the process when it has used so many seconds more than up to now."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, resource.RLIM_INFINITY))
