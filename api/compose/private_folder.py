"""The data folder is its owner's alone: what customers wrote lies in it."""

import contextlib
import os
import stat
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_folder(folder: Path) -> Path:
    """The folder, made where it is not there. Nobody but its owner reads it, or what is at its top; what this process
    makes from now on is for its owner too. A folder of somebody else's stays as it is."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.umask(os.umask(OTHERS) | OTHERS)
    for path in (folder, *folder.iterdir()):
        with contextlib.suppress(OSError):
            mode = path.lstat().st_mode
            if mode & OTHERS and not stat.S_ISLNK(mode):
                path.chmod(stat.S_IMODE(mode) & ~OTHERS)
    return folder
