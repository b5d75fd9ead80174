"""HTML: what a reader of the page sees."""

import re

from rag.loader import EmptyFile, Loader, Reading, UnreadableFile
from rag.text.decoding import decoded
from rag.text.markup import drafted

_HEAD = 4096
_STATED = re.compile(rb"<(?:meta\s[^>]*charset|\?xml\s[^>]*encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)


def read(data: bytes, title: str) -> Reading:
    encoding = _STATED.search(data[:_HEAD])
    text, note = decoded(data, encoding[1].decode() if encoding else "")
    draft, stated, deep = drafted(text)
    if not any(draft.lines):
        if deep:
            raise UnreadableFile("The page nests its elements too deeply: simplify it.")
        raise EmptyFile("The page shows no text: save it with its content, not only its frame.")
    missing = "What lies more than 2,048 elements deep was left out." if deep else ""
    return Reading(draft.content(stated or title), " ".join(filter(None, (note, missing))))


LOADER = Loader((".html", ".htm", ".xhtml"), read)
