"""The program where the system gives it few descriptors."""

import os
import resource

from api.cli import main

SPARE = 90

if __name__ == "__main__":
    most = len(os.listdir("/dev/fd")) + SPARE + 64
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    main()
