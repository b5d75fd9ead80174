"""Plain text: one stretch of paragraphs under the file's name."""

from pathlib import Path

from rag.reading import read_text, title_from_name
from rag.types import Content


class TextLoader:
    suffixes = (".txt", ".text")

    def load(self, path: Path) -> Content:
        return Content(title=title_from_name(path), text=read_text(path))


LOADER = TextLoader()
