"""The process in which strangers' files are read: `python -m rag.ingestion.reader_process`, started by `extract.py`.

Requests come on standard input and answers go to standard output, as frames of MessagePack. It starts no process,
writes no file and opens none for writing.
"""

import gc
import hashlib
import os
import resource
import sys
from importlib import import_module
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from rag.file_bytes import read_below, title_from_name
from rag.isolation.confinement import allow_cpu, confine
from rag.isolation.pipes import read_frame, write_frame
from rag.loader import EmptyFile, UnreadableFile
from rag.types import Content

_SWOLLEN = 8  # a process that has kept this part of its memory is replaced, so that the next file finds enough
_MANY_OBJECTS = 50_000


class Limits(msgspec.Struct, frozen=True):
    """What reading one file may take: seconds of processor time and by the clock, bytes of address space for the whole
    process, characters of text."""

    cpu_s: int = 60
    wall_s: float = 120.0
    memory_bytes: int = 1 << 30
    characters: int = 64 << 20

    @property
    def frame_bytes(self) -> int:
        """The longest answer: four bytes a character, and as much again for the structure."""
        return 8 * self.characters


DEFAULT = Limits()


class Request(msgspec.Struct, frozen=True):
    """A file to read: the folder and its name below it, as the file system spells them."""

    root: bytes
    name: bytes


class Answer(msgspec.Struct, frozen=True):
    """What came of it; `last`: the process will take no more."""

    status: Literal["ok", "empty", "rejected"]
    message: str
    content: Content | None = None
    sha256: str = ""
    last: bool = False


def main(limits: Limits, loaders: str) -> None:
    """Answer requests until standard input ends."""
    inbox, outbox = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)  # a library that prints must not write into the answers
    import_module(loaders).loaders()
    gc.freeze()
    gc.disable()  # the trees of large documents would be walked again and again; one walk after each file is enough
    confine(limits.memory_bytes)
    write_frame(outbox, b"")
    enough = _address_space() + limits.memory_bytes // _SWOLLEN
    while (frame := read_frame(inbox)) is not None:
        request = msgspec.msgpack.decode(frame, type=Request)
        allow_cpu(limits.cpu_s)
        answer = _answer(Path(os.fsdecode(request.root)), os.fsdecode(request.name), limits, loaders)
        answer = replace(answer, last=answer.last or _address_space() > enough)
        write_frame(outbox, msgspec.msgpack.encode(answer))
        if gc.get_count()[0] > _MANY_OBJECTS:
            gc.collect()
        if answer.last:
            return


def _answer(root: Path, name: str, limits: Limits, loaders: str) -> Answer:
    digest = ""
    try:
        data = read_below(root, name)
        digest = hashlib.sha256(data).hexdigest()
        loader = import_module(loaders).loader_for(Path(name))
        if loader is None:
            raise UnreadableFile(
                "This is no format of a document: convert it to Markdown, HTML, PDF or an Office format."
            )
        reading = loader.read(data, title_from_name(Path(name)))
        content: Content = reading.content
        if len(content.text) > limits.characters:
            raise UnreadableFile(
                f"The file holds more than {limits.characters:,} characters of text: split it into several files."
            )
        return Answer("ok", reading.note, content, digest)
    except EmptyFile as error:
        return Answer("empty", str(error), sha256=digest)
    except UnreadableFile as error:
        return Answer("rejected", str(error), sha256=digest)
    except MemoryError:
        advice = f"Reading it takes more than {limits.memory_bytes >> 20} MB of memory: split it into several files."
        return Answer("rejected", advice, sha256=digest, last=True)
    except Exception as error:
        advice = f"It cannot be read ({type(error).__name__}): the file is damaged, save it again or convert it."
        return Answer("rejected", advice, sha256=digest, last=True)


def _address_space() -> int:
    """Bytes of address space in use. (`ru_maxrss` would count the parent's, which is carried over to a new program.)"""
    if sys.platform != "linux":
        return 0
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=Limits), sys.argv[2])
