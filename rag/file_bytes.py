"""Reading the bytes of a file that somebody else put there; every refusal says what to do about it."""

import os
import stat
from pathlib import Path, PurePosixPath

MAX_BYTES = 20 * 1024 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class UnreadableFile(Exception):
    """A file that cannot be made sense of; the message names the cause to the person who ingests it."""


class EmptyFile(UnreadableFile):
    """A file that is what its suffix promises, but holds no text."""


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file of at most MAX_BYTES. Raises UnreadableFile, EmptyFile for nothing but blanks."""
    return read_below(path.parent, path.name)


def read_below(root: Path, name: str) -> bytes:
    """The bytes of the file `name` below the folder `root`, as `read_bytes`. No link below `root` is followed, because
    one inside the folder could point at any file of the machine."""
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts or "\0" in name:
        raise UnreadableFile("The file's name leads out of the folder: rename it or move it into the folder.")
    try:
        descriptor = _opened(root, parts)
    except OSError as error:
        if any(root.joinpath(*parts[:end]).is_symlink() for end in range(1, len(parts) + 1)):
            raise UnreadableFile("This is a symbolic link: put the file itself into the folder.") from error
        if isinstance(error, FileNotFoundError):
            raise UnreadableFile("The file is no longer there: put it back, or ingest the folder again.") from error
        raise UnreadableFile(f"The file cannot be opened ({error.strerror}): check its permissions.") from error
    try:
        return _all_bytes(descriptor)
    finally:
        os.close(descriptor)


def _opened(root: Path, parts: tuple[str, ...]) -> int:
    """A descriptor of the file; each folder on the way is opened in the one before it, so none can be swapped."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(parts[-1], _FILE, dir_fd=folder)
    finally:
        os.close(folder)


def _all_bytes(descriptor: int) -> bytes:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise UnreadableFile("This is a folder or a device, not a regular file: move it out of the folder.")
    try:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableFile(f"The file cannot be read ({error.strerror}): copy it again from its source.") from error
    if len(data) > MAX_BYTES:
        raise UnreadableFile(f"The file is larger than {MAX_BYTES // 2**20} MB: split it into several files.")
    if not data.strip():
        raise EmptyFile("The file is empty: write its text or remove it.")
    return data


def title_from_name(path: Path) -> str:
    """A readable title for a document that names none: `plant-care.txt` becomes `Plant care`."""
    words = path.stem.replace("-", " ").replace("_", " ").split()
    name = " ".join(words) or path.name
    return name[0].upper() + name[1:]
