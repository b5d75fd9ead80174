"""Word documents: headings by their styles, paragraphs, lists, tables, text boxes and footnotes, in reading order.

mammoth makes HTML of them, which is then read as any page is. Tracked deletions are left out, insertions kept.
"""

import re

import mammoth

from rag.loader import EmptyFile, Loader, Reading, UnreadableFile
from rag.text.archive import checked
from rag.text.markup import drafted

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
b =>
i =>
"""
_BACK_TO_TEXT = re.compile(r'<a href="#(?:foot|end)note-ref-[^"]*">[^<]*</a>')


def read(data: bytes, title: str) -> Reading:
    file = checked(data, "wordprocessingml", ".docx")
    try:
        html = mammoth.convert_to_html(file, style_map=_STYLES, convert_image=lambda image: []).value
    except RecursionError as error:
        raise UnreadableFile("The document nests its parts too deeply: save it as .docx again.") from error
    except (KeyError, ValueError, AttributeError, TypeError, OSError, SyntaxError) as error:
        raise UnreadableFile("The document is damaged: open it and save it as .docx again.") from error
    draft, _, _ = drafted(_BACK_TO_TEXT.sub("", html))
    if not any(draft.lines):
        raise EmptyFile("The document holds no text, only images or nothing: write its text or remove it.")
    return Reading(draft.content(title))


LOADER = Loader((".docx",), read)
