"""PDF: the text of each page, with the pages recorded so that an answer can name the printed page."""

import re
from threading import Lock

import pypdfium2
from pypdfium2.raw import FPDFPage_CountObjects

from rag.loader import Loader, Reading, UnreadableFile
from rag.text.builder import Draft
from rag.text.signatures import kind_of

_MAX_PAGES = 5000
_HEADER = b"%PDF-"
_HEADER_WITHIN = 1024
_NAMED_PAGES = 12
_PDFIUM = Lock()  # PDFium may be called by one thread at a time
_HYPHEN = re.compile(r"[\ufffe\x02]\s*")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read(data: bytes, title: str) -> Reading:
    if _HEADER not in data[:_HEADER_WITHIN] and (kind := kind_of(data)):
        raise UnreadableFile(f"This is {kind}, not a PDF: give it the right name, or export it as PDF.")
    with _PDFIUM:
        stated, pages = _pages(data)
    draft = Draft()
    for number, text in enumerate(pages, start=1):
        if text:
            draft.page(number)
            draft.paragraph(text)
    if not draft.lines:
        raise UnreadableFile("The PDF holds no text, only images: run text recognition (OCR) on it first.")
    scanned = [number for number, text in enumerate(pages, start=1) if text is None]
    return Reading(draft.content(stated or title), _note(scanned))


def _note(scanned: list[int]) -> str:
    if not scanned:
        return ""
    named = ", ".join(map(str, scanned[:_NAMED_PAGES])) + (" and others" if len(scanned) > _NAMED_PAGES else "")
    pages = f"Pages {named} hold" if len(scanned) > 1 else f"Page {named} holds"
    return f"{pages} no text, only images: run text recognition (OCR) to have them read too."


def _pages(data: bytes) -> tuple[str, list[str | None]]:
    """The title that the file states, and the text of every page; None for one that shows something but no text."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableFile("The PDF is protected by a password: save a copy without one.") from error
        raise UnreadableFile("The PDF is damaged or is not a PDF: export it again.") from error
    try:
        if len(document) > _MAX_PAGES:
            raise UnreadableFile(f"The PDF has more than {_MAX_PAGES:,} pages: split it into several files.")
        title = " ".join(_CONTROLS.sub(" ", document.get_metadata_value("Title")).split())
        return title, [_page_text(document, index) for index in range(len(document))]
    except pypdfium2.PdfiumError as error:
        raise UnreadableFile("A page of the PDF cannot be read: export it again.") from error
    finally:
        document.close()


def _page_text(document: pypdfium2.PdfDocument, index: int) -> str | None:
    page = document[index]
    try:
        text = page.get_textpage().get_text_bounded()
        has_objects = FPDFPage_CountObjects(page) > 0
    finally:
        page.close()
    text = _HYPHEN.sub("", text)  # a word hyphenated at the line's end is put together again
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = "\n".join(line.rstrip() for line in text.split("\n")).strip()
    return text or (None if has_objects else "")


LOADER = Loader((".pdf",), read)
