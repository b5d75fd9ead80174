"""Plain text: one stretch of paragraphs under the file's name."""

from rag.loader import Loader, Reading
from rag.text.decoding import decoded
from rag.types import Content


def read(data: bytes, title: str) -> Reading:
    text, note = decoded(data)
    return Reading(Content(title=title, text=text), note)


LOADER = Loader((".txt", ".text"), read)
