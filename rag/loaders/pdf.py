"""PDF: the text of each page, with the pages recorded so that an answer can name the printed page."""

import re
from pathlib import Path
from threading import Lock

import pypdfium2

from rag.loader import UnreadableFile
from rag.reading import read_bytes, title_from_name
from rag.types import Content, Page

_MAX_PAGES = 5000
_PDFIUM = Lock()  # PDFium may be called by one thread at a time


class PdfLoader:
    suffixes = (".pdf",)

    def load(self, path: Path) -> Content:
        data = read_bytes(path)
        with _PDFIUM:
            title, texts = _read(data)
        parts: list[str] = []
        pages: list[Page] = []
        start = 0
        for number, text in enumerate(texts, start=1):
            if text:
                pages.append(Page(number, start))
                parts.append(text)
                start += len(text) + 2
        if not parts:
            raise UnreadableFile("The PDF holds no text, only images: run text recognition (OCR) on it first.")
        return Content(title=title or title_from_name(path), text="\n\n".join(parts), pages=tuple(pages))


def _read(data: bytes) -> tuple[str, list[str]]:
    """The title that the file states, and the cleaned text of every page."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableFile("The PDF is protected by a password: save a copy without one.") from error
        raise UnreadableFile("The PDF is damaged or is not a PDF: export it again.") from error
    try:
        if len(document) > _MAX_PAGES:
            raise UnreadableFile(f"The PDF has more than {_MAX_PAGES} pages: split it into several files.")
        title = document.get_metadata_value("Title").strip()
        return title, [_page_text(document, index) for index in range(len(document))]
    except pypdfium2.PdfiumError as error:
        raise UnreadableFile("A page of the PDF cannot be read: export it again.") from error
    finally:
        document.close()


def _page_text(document: pypdfium2.PdfDocument, index: int) -> str:
    page = document[index]
    try:
        text = page.get_textpage().get_text_bounded()
    finally:
        page.close()
    text = re.sub(r"[\ufffe\x02]\s*", "", text)  # a word hyphenated at the line's end is put together again
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


LOADER = PdfLoader()
