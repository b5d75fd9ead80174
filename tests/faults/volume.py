"""A small file system of the test's own that can be filled: a tmpfs in a private mount namespace, so that nothing is
left behind however the test ends."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
BLOCK = 1 << 20
CLONE_FS, CLONE_NEWNS = 0x200, 0x20000
"""Flags of unshare(2) and setns(2), which Python offers from 3.12 on."""


class Volume:
    """`path` is the mount point as the processes inside see it; `outside` the same folder for everybody else; `inside`
    the words before a command that is to run there."""

    def __init__(self, path: Path, megabytes: int) -> None:
        path.mkdir(parents=True, exist_ok=True)
        mount = f"mount -t tmpfs -o size={megabytes}m tmpfs '{path}' && echo mounted && exec sleep infinity"
        self._holder = subprocess.Popen(["unshare", "--mount", "sh", "-c", mount], stdout=subprocess.PIPE)
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != b"mounted\n":
            raise PermissionError("no private mount namespace here")
        self.path = path
        self.outside = Path(f"/proc/{self._holder.pid}/root{path}")
        self.inside = ("nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt")
        self._thread = ThreadPoolExecutor(1, "volume", self._enter)

    @staticmethod
    def allowed() -> bool:
        """Whether this user may have one."""
        if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "nsenter"))):
            return False
        return subprocess.run(["unshare", "--mount", "true"], capture_output=True, timeout=10).returncode == 0

    def _enter(self) -> None:
        """Move this thread, and it alone, into the namespace. Raises OSError."""
        calls = ctypes.CDLL(None, use_errno=True)
        with open(f"/proc/{self._holder.pid}/ns/mnt") as namespace:
            if calls.unshare(CLONE_FS) or calls.setns(namespace.fileno(), CLONE_NEWNS):
                raise OSError(ctypes.get_errno(), "cannot enter the mount namespace")

    def within(self, work: Callable[[], T]) -> T:
        """Do something where `path` is the mount: SQLite would follow `outside` to the wrong place."""
        return self._thread.submit(work).result()

    def fill(self) -> None:
        """Leave not one block free."""
        with (self.outside / "filler").open("ab", buffering=0) as filler:
            for size in (BLOCK, 4096):
                try:
                    while filler.write(b"\0" * size) == size:
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        (self.outside / "filler").unlink()

    def close(self) -> None:
        self._thread.shutdown()
        self._holder.kill()
        self._holder.communicate()
