"""Reading a file that somebody else wrote: bytes within limits, then text; every refusal says what to do about it."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from rag.loader import UnreadableFile

MAX_BYTES = 20 * 1024 * 1024


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file of at most MAX_BYTES. Links are not followed: a link inside the folder could point
    at any file of the machine. Raises UnreadableFile."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise UnreadableFile("This is a symbolic link: put the file itself into the folder.") from error
        raise UnreadableFile(f"The file cannot be opened ({error.strerror}): check its permissions.") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnreadableFile("This is not a regular file: move it out of the folder.")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(data) > MAX_BYTES:
        raise UnreadableFile(f"The file is larger than {MAX_BYTES // 2**20} MB: split it into several files.")
    if not data.strip():
        raise UnreadableFile("The file is empty: write its text or remove it.")
    return data


def read_text(path: Path, encodings: Sequence[str] = ("utf-8-sig",)) -> str:
    """The file's text in the first of `encodings` that fits, with every line end as a single newline."""
    data = read_bytes(path)
    if b"\0" in data:
        raise UnreadableFile("The file holds NUL bytes, so it is not plain text: save it as UTF-8 text.")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not text.strip():
            raise UnreadableFile("The file is empty: write its text or remove it.")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    raise UnreadableFile("The file is not valid UTF-8: save it again with the encoding UTF-8.")


def title_from_name(path: Path) -> str:
    """A readable title for a document that names none: `tyre-care.txt` becomes `Tyre care`."""
    words = path.stem.replace("-", " ").replace("_", " ").split()
    name = " ".join(words) or path.name
    return name[0].upper() + name[1:]
