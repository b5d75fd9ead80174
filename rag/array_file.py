"""Named arrays in one file that may be lost: whoever reads it can make them again."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


def read(path: Path) -> Arrays:
    """What `write` wrote; nothing of a file that is missing, damaged or of another kind."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, KeyError, BadZipFile, EOFError, AttributeError):
        return {}


def write(path: Path, arrays: Mapping[str, Any], *, compressed: bool = False) -> None:
    """Put them in the place of the file, at once: several programs that write do not meet. Raises OSError."""
    save = np.savez_compressed if compressed else np.savez
    handle, partial = tempfile.mkstemp(prefix=path.stem, suffix=".partial", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            save(file, **arrays)
        os.replace(partial, path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
