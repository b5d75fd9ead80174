"""Which changes of a folder are to be believed while other programs are at work in it.

A file that is being copied or downloaded is there before it is whole; a program that synchronises folders takes a file
away and puts it back a moment later; a drive that is not mounted is an empty folder.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag.ingestion.scan import File

GONE_S = 5.0
"""How long a file has to be gone before its document goes."""
FEW = 5
"""As many documents may lose their files at once, however few there are."""


def whole(before: Sequence[File], after: Sequence[File]) -> tuple[File, ...]:
    """The files that were the same at two looks, a moment apart: nobody is writing them."""
    first = {file.id: file.content_hash for file in before}
    return tuple(file for file in after if first.get(file.id) == file.content_hash)


@dataclass(frozen=True, slots=True)
class Missed:
    """Documents whose file is gone. `to_go`: those that are to go with it. `too_many`: how many are gone at once, where
    that is not believed."""

    to_go: tuple[str, ...] = ()
    too_many: int = 0


class Absences:
    """Remembers since when files are gone."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def look(self, gone: Collection[str], shown: int, now: float) -> Missed:
        """What is to become of documents whose file is gone, of `shown` documents that there are of the folder; `now`
        is a time in seconds that only grows."""
        self._since = {name: self._since.get(name, now) for name in gone}
        if len(gone) > max(FEW, shown // 2):
            return Missed(too_many=len(gone))
        return Missed(tuple(sorted(name for name in gone if now - self._since[name] >= GONE_S)))
